package post

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestURLs(t *testing.T) {
	const example = "https://host.example/write"
	for raw, want := range map[string]string{
		"":                       "is empty: want one like " + example,
		"http://ho st":           "has a blank or a control character: want one like " + example,
		"http://host\r\nsecret":  "has a blank or a control character: want one like " + example,
		"https://[secret":        "is no valid URL: want one like " + example,
		"http://host/%zz":        "is no valid URL: want one like " + example,
		"http://me:secret@host":  "has a user or password: set Headers",
		"ftp://secret":           "has the wrong scheme: want http or https, as in " + example,
		"host:80":                "has the wrong scheme: want http or https, as in " + example,
		"https:///secret":        "has no host: want one like " + example,
		"https://host/?k=secret": "has a query: want scheme, host and path only",
		"https://host/?":         "has a query: want scheme, host and path only",
		"https://host/#secret":   "has a fragment: want scheme, host and path only",
		"https://host/#":         "has a fragment: want scheme, host and path only",
	} {
		u, problem := ParseURL(raw, example, "set Headers")
		assert.Equal(t, want, problem, "%q", raw)
		assert.Nil(t, u)
	}
	u, problem := ParseURL("http://[::1]:80/a/b", example, "")
	require.Empty(t, problem)
	assert.Equal(t, "[::1]:80", u.Host)
	assert.Equal(t, "/a/b", u.Path)
}
