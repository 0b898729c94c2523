package otlp_test

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/otlp"
)

const token = "tok+en/0123456789=abcdef"

// secretHeaders are the ways in which a token is sent.
var secretHeaders = []string{
	token, "Bearer " + token, "Basic " + base64.StdEncoding.EncodeToString([]byte("user77:"+token)), "Api-Token key=1, " + token,
}

// forms are what must not be found in any text.
func forms(secret string) []string {
	return []string{
		secret, secret[:12], strings.ToUpper(secret), url.QueryEscape(secret), url.PathEscape(secret), fmt.Sprintf("%x", secret),
		base64.StdEncoding.EncodeToString([]byte("user77:" + secret)),
	}
}

func assertHidden(t *testing.T, text string) {
	t.Helper()
	for _, form := range forms(token) {
		assert.NotContains(t, text, form)
	}
}

func TestConfigPrintsWithoutSecrets(t *testing.T) {
	for _, value := range secretHeaders {
		cfg := otlp.Config{
			Endpoint: "https://otlp.example.com", Headers: map[string]string{"Authorization": value}, ServiceName: "shop",
			TLS: &tls.Config{ServerName: token}, // nothing of it is printed
		}
		for _, v := range []any{cfg, &cfg, []otlp.Config{cfg}, map[string]otlp.Config{"c": cfg}} {
			text := wiretest.Printed(t, v)
			assertHidden(t, text)
			assert.Contains(t, text, "***")
			assert.Contains(t, text, "Authorization")
			assert.Contains(t, text, "otlp.example.com")
			assert.Contains(t, text, "shop")
		}
		assert.Equal(t, value, cfg.Headers["Authorization"], "printing changes nothing")
	}
	assert.NotContains(t, fmt.Sprint(otlp.Config{}), "***")
	for _, bad := range []string{"https://me:" + token + "@host", "https://host?api_key=" + token, "https://host\n" + token} {
		assertHidden(t, wiretest.Printed(t, otlp.Config{Endpoint: bad}))
		assertHidden(t, wiretest.Printed(t, otlp.Config{MetricsURL: bad}))
	}
}

func TestTransportPrintsWithoutSecrets(t *testing.T) {
	in := newReceiver(t)
	tr := open(t, in.URL, func(c *otlp.Config) { c.Headers = map[string]string{"Authorization": "Bearer " + token} })
	require.NoError(t, tr.Send(t.Context(), batch(gauge("g", 1))))
	assert.Equal(t, "Bearer "+token, in.got()[0].header.Get("Authorization"))
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		assertHidden(t, fmt.Sprintf(verb, tr))
	}
}

func TestAnAnswerThatQuotesASecretIsLeftOut(t *testing.T) {
	for _, value := range secretHeaders {
		for _, quote := range forms(token)[:3] {
			in := newReceiver(t)
			tr := open(t, in.URL, func(c *otlp.Config) { c.Headers = map[string]string{"X-Token": value} })
			in.Answers(1, wiretest.Status(400, "your token "+quote+" is bad", "Content-Type", "text/plain"))
			se := failure(t, tr, batch(gauge("g", 1)))
			assertHidden(t, se.Error())
			assert.Contains(t, se.Error(), "it quotes a secret")

			in.Answers(1, wiretest.Status(200, proto(1, proto(1, 1, 2, quote)), "Content-Type", protobuf))
			se = failure(t, tr, batch(gauge("g", 1)))
			assertHidden(t, se.Rejected[0].Reason)
			assert.Len(t, se.Rejected, 1)
		}
	}
	in := newReceiver(t)
	tr := open(t, in.URL, func(c *otlp.Config) {
		c.Headers = map[string]string{"X-Scope-OrgID": "7", "Authorization": "Bearer " + token}
	})
	in.Answers(1, wiretest.Status(400, "bearer of bad news: 7 points", "Content-Type", "text/plain"))
	assert.Contains(t, failure(t, tr, batch(gauge("g", 1))).Error(), "bearer of bad news: 7 points", "a number and a scheme are no secrets")
}

func TestAnErrorThatQuotesASecretIsLeftOut(t *testing.T) {
	client := &http.Client{Transport: wiretest.RoundTripper(func(r *http.Request) (*http.Response, error) {
		return nil, errors.New("cannot send " + r.Header.Get("Authorization"))
	})}
	tr := open(t, "", func(c *otlp.Config) {
		c.Client, c.Headers = client, map[string]string{"Authorization": "Bearer " + token}
	})
	se := failure(t, tr, batch(gauge("g", 1)))
	assertHidden(t, se.Error())
	assert.Contains(t, se.Error(), "it quotes a secret")
}

func TestSecretsDoNotFollowARedirect(t *testing.T) {
	elsewhere := newReceiver(t)
	in := newReceiver(t)
	for _, code := range []int{301, 302, 303, 307, 308} {
		in.Answers(1, wiretest.Status(code, "", "Location", elsewhere.URL+"/v1/metrics"))
		tr := open(t, in.URL, func(c *otlp.Config) { c.Headers = map[string]string{"X-Token": token} })
		failure(t, tr, batch(gauge("g", 1)))
	}
	assert.Zero(t, elsewhere.Seen())
}
