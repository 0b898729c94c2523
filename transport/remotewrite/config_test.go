package remotewrite_test

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/remotewrite"
)

func TestNewNamesAllThatIsWrong(t *testing.T) {
	_, err := remotewrite.New(remotewrite.Config{
		URL: "ftp://host", Version: 9, BearerToken: "x\ny", Username: "u", Headers: map[string]string{"Content-Type": "x", "a b": "c", "D": "e\r\nf"},
		Quantiles: []float64{2}, MaxBuckets: 1, MaxSamples: -1, MaxRequestBytes: 1, Timeout: -1, TLS: &tls.Config{}, Client: &http.Client{},
	})
	require.Error(t, err)
	for _, field := range []string{"URL has the wrong scheme", "Version", "BearerToken and Username", `"Content-Type" is set`, `"a b" is no name`,
		`the value of "D"`, "Quantiles has 2", "MaxBuckets", "MaxSamples", "MaxRequestBytes", "Timeout", "TLS and Client"} {
		assert.ErrorContains(t, err, field)
	}
	for raw, problem := range map[string]string{
		"": "is empty", "http://": "has no host", "http://u:p@h": "has a user", "http://h?q": "has a query", "http://h#f": "fragment",
		"http://h/ x": "blank", "::": "no valid URL",
	} {
		_, err := remotewrite.New(remotewrite.Config{URL: raw})
		assert.ErrorContains(t, err, problem, raw)
	}
	for _, c := range []remotewrite.Config{
		{BearerToken: "a\nb"}, {Username: "a:b"}, {BearerToken: "t", Headers: map[string]string{"authorization": "x"}},
		{Headers: map[string]string{"X-Prometheus-Remote-Write-Version": "3"}},
	} {
		c.URL = "http://h/"
		_, err := remotewrite.New(c)
		assert.Error(t, err)
	}
}

const token = "tok+en/0123456789=abcdef"

func assertHidden(t *testing.T, text string) {
	t.Helper()
	for _, form := range []string{token, token[:12], fmt.Sprintf("%x", token), base64.StdEncoding.EncodeToString([]byte("user77:" + token))} {
		assert.NotContains(t, text, form)
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	for name, cfg := range map[string]remotewrite.Config{
		"bearer": {BearerToken: token}, "basic": {Username: "user77", Password: token}, "header": {Headers: map[string]string{"X-Key": token}},
	} {
		cfg.URL = "http://host.example/write"
		cfg.TLS = &tls.Config{ServerName: token} // nothing of it is printed
		tr, err := remotewrite.New(cfg)
		require.NoError(t, err)
		var out bytes.Buffer
		for _, v := range []any{cfg, &cfg, []remotewrite.Config{cfg}} {
			out.WriteString(wiretest.Printed(t, v))
		}
		assert.Contains(t, out.String(), "***", name)
		assert.Contains(t, out.String(), "host.example")
		fmt.Fprintf(&out, "%v %+v %#v", tr, tr, tr)
		assertHidden(t, out.String())
	}
	assertHidden(t, fmt.Sprint(remotewrite.Config{URL: "http://u:" + token + "@h"}))
	_, err := remotewrite.New(remotewrite.Config{URL: "http://u:" + token + "@h", BearerToken: token + "\n"})
	assertHidden(t, err.Error())
}

// They are in the header, and an answer that quotes them is not repeated.
func TestSecretsAreSentAndNotQuoted(t *testing.T) {
	for want, change := range map[string]func(*remotewrite.Config){
		"Bearer " + token: func(c *remotewrite.Config) { c.BearerToken = token },
		"Basic " + base64.StdEncoding.EncodeToString([]byte("user77:"+token)): func(c *remotewrite.Config) {
			c.Username, c.Password = "user77", token
		},
		"Other " + token: func(c *remotewrite.Config) { c.Headers = map[string]string{"Authorization": "Other " + token} },
	} {
		in := newReceiver(t)
		var got string
		in.Answers(0, func(w http.ResponseWriter, r *http.Request) {
			got = r.Header.Get("Authorization")
			http.Error(w, "no: "+got+" "+strings.ToUpper(token), http.StatusForbidden)
		})
		se := failure(t, open(t, in.URL, change), batch(point("n", transport.KindCount, 1)))
		assert.Equal(t, want, got)
		assert.Equal(t, transport.Denied, se.Outcome)
		assertHidden(t, strings.ToLower(se.Error()))
		assert.Contains(t, se.Error(), "quotes a secret")
	}
}

// A redirect within the host is followed, body and all; one elsewhere would take the
// secrets along.
func TestRedirects(t *testing.T) {
	in, other := newReceiver(t), newReceiver(t)
	in.Answers(0, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/write" {
			http.Redirect(w, r, "/there", http.StatusTemporaryRedirect)
			return
		}
		in.take(w, r)
	})
	require.NoError(t, open(t, in.URL).Send(t.Context(), batch(point("n", transport.KindCount, 1))))
	assert.Len(t, in.series(), 1)
	in.Answers(0, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	tr := open(t, in.URL, func(c *remotewrite.Config) { c.Timeout = 5 * time.Second })
	assert.Equal(t, transport.Retry, failure(t, tr, batch(point("n", transport.KindCount, 1))).Outcome)
	assert.Empty(t, other.series())
}
