package datadog_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/datadog"
)

func TestConfigsThatAreRefused(t *testing.T) {
	key := func(context.Context) (string, error) { return testKey, nil }
	for _, c := range []struct {
		name string
		cfg  datadog.Config
		says string
	}{
		{"no key", datadog.Config{}, "Config.APIKey is empty"},
		{"two sources of keys", datadog.Config{APIKey: testKey, APIKeyFunc: key}, "both set"},
		{"a key that ends the header", datadog.Config{APIKey: testKey + "\r\nX-Forged: 1"}, "not printable ASCII"},
		{"a key with the line end of its file", datadog.Config{APIKey: testKey + "\n"}, "not printable ASCII"},
		{"a key with a blank", datadog.Config{APIKey: " " + testKey}, "not printable ASCII"},
		{"a key beyond ASCII", datadog.Config{APIKey: testKey + "é"}, "not printable ASCII"},
		{"a key of 8 KiB", datadog.Config{APIKey: strings.Repeat("k", 8<<10)}, "has 8192 bytes: want at most 1024"},
		{"a site with a path", datadog.Config{APIKey: testKey, Site: "datadoghq.com/x"}, "no host name"},
		{"a site that leads elsewhere", datadog.Config{APIKey: testKey, Site: "datadoghq.com@evil"}, "no host name"},
		{"a site with a line end", datadog.Config{APIKey: testKey, Site: "datadoghq.com\r\n"}, "no host name"},
		{"a site with an empty label", datadog.Config{APIKey: testKey, Site: "datadoghq..com"}, "no host name"},
		{"a URL with a password", datadog.Config{APIKey: testKey, URL: "https://me:secret@host"}, "user or password"},
		{"a URL that leads elsewhere", datadog.Config{APIKey: testKey, URL: "https://api.datadoghq.com@evil"}, "user or password"},
		{"a URL with a query", datadog.Config{APIKey: testKey, URL: "https://host/?api_key=secret"}, "query"},
		{"a URL with an empty query", datadog.Config{APIKey: testKey, URL: "https://host/?"}, "query"},
		{"a URL with a fragment", datadog.Config{APIKey: testKey, URL: "https://host/#secret"}, "fragment"},
		{"a URL with a control byte", datadog.Config{APIKey: testKey, URL: "https://host/\x00secret"}, "control character"},
		{"a URL with a line end", datadog.Config{APIKey: testKey, URL: "https://host\r\nsecret"}, "control character"},
		{"a URL of a file", datadog.Config{APIKey: testKey, URL: "file:///secret"}, "scheme"},
		{"a URL without a scheme", datadog.Config{APIKey: testKey, URL: "host:80"}, "scheme"},
		{"a URL without a host", datadog.Config{APIKey: testKey, URL: "https:///secret"}, "no host"},
		{"a URL that is none", datadog.Config{APIKey: testKey, URL: "https://[secret"}, "no valid URL"},
		{"a compression that is none", datadog.Config{APIKey: testKey, Compression: 9}, "compression 9"},
		{"a negative timeout", datadog.Config{APIKey: testKey, Timeout: -time.Second}, "Timeout is -1s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dd, err := datadog.New(c.cfg)
			require.Error(t, err)
			assert.Nil(t, dd)
			assert.Contains(t, err.Error(), c.says)
			assert.Contains(t, err.Error(), "datadog: Config.")
			for _, secret := range []string{"secret", testKey, "Forged", "kkkk"} {
				assert.NotContains(t, err.Error(), secret)
			}
			assert.NotContains(t, err.Error(), "\n", "one complaint, one line")
		})
	}
}

func TestAllComplaintsComeAtOnce(t *testing.T) {
	_, err := datadog.New(datadog.Config{Site: "a b", URL: "ftp://host", Compression: 7, Timeout: -1})
	require.Error(t, err)
	for _, field := range []string{"APIKey", "Site", "URL", "Compression", "Timeout"} {
		assert.Contains(t, err.Error(), "Config."+field)
	}
	assert.Len(t, strings.Split(err.Error(), "\n"), 5)
}

func TestSites(t *testing.T) {
	for _, c := range []struct {
		cfg  datadog.Config
		want string
	}{
		{datadog.Config{}, "api.datadoghq.com"},
		{datadog.Config{Site: "us5.datadoghq.com"}, "api.us5.datadoghq.com"},
		{datadog.Config{Site: "datadoghq.eu", URL: "http://127.0.0.1:1/v"}, "127.0.0.1:1"},
	} {
		c.cfg.APIKey = testKey
		var host string
		c.cfg.Client = clientThat(func(url string) { host = url })
		dd, err := datadog.New(c.cfg)
		require.NoError(t, err)
		failure(t, dd, batch(gauge("g", 1)))
		scheme := "https://"
		if c.cfg.URL != "" {
			scheme = "http://"
			c.want += "/v"
		}
		assert.Equal(t, scheme+c.want+"/api/v1/series", host)
	}
}
