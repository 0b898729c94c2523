package datadog_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
)

// awkwardKey changes when it is escaped.
const awkwardKey = "aw+ward/key=%&?0123456789"

// keyForms are what must not be found in any text.
func keyForms(key string) []string {
	return []string{
		key, key[:8], strings.ToUpper(key), url.QueryEscape(key), url.PathEscape(key),
		base64.StdEncoding.EncodeToString([]byte(key)),
		base64.URLEncoding.EncodeToString([]byte(key)),
		base64.StdEncoding.EncodeToString([]byte("user:" + key)),
		base64.StdEncoding.EncodeToString([]byte("me:" + key)),
		fmt.Sprintf("%x", key),
		fmt.Sprintf("%v", []byte(key)),
	}
}

func assertHidden(t *testing.T, key, text string) {
	t.Helper()
	for _, form := range keyForms(key) {
		assert.NotContains(t, text, form)
	}
}

func TestConfigPrintsWithoutTheKey(t *testing.T) {
	for _, key := range []string{testKey, awkwardKey} {
		cfg := datadog.Config{APIKey: key, Site: "datadoghq.eu", Timeout: 3 * time.Second}
		for _, v := range []any{cfg, &cfg, []datadog.Config{cfg}, map[string]datadog.Config{"dd": cfg}} {
			text := wiretest.Printed(t, v)
			assertHidden(t, key, text)
			assert.Contains(t, text, "***")
			assert.Contains(t, text, "datadoghq.eu")
			assert.Contains(t, text, "3s")
		}
	}
	assert.NotContains(t, fmt.Sprint(datadog.Config{}), "***", "an empty key shows as empty")
	for _, bad := range []string{"https://me:secret@host", "https://host?api_key=secret", "https://host\nsecret"} {
		assert.NotContains(t, wiretest.Printed(t, datadog.Config{URL: bad}), "secret")
	}
	assert.Contains(t, wiretest.Printed(t, datadog.Config{URL: "https://host/path"}), "https://host/path")
}

func TestTransportPrintsWithoutTheKey(t *testing.T) {
	in := newIntake(t)
	in.Answers(1, wiretest.Status(400, `{"errors":["`+testKey+`"]}`))
	dd := open(t, in.URL)
	assertHidden(t, testKey, wiretest.Printed(t, dd))
	failure(t, dd, batch(gauge("g", 1)))
	assertHidden(t, testKey, wiretest.Printed(t, dd))
}

func TestErrorsDoNotQuoteTheKey(t *testing.T) {
	for _, key := range []string{testKey, awkwardKey} {
		for _, form := range keyForms(key)[:9] {
			escaped, err := json.Marshal(form)
			require.NoError(t, err)
			answers := []http.HandlerFunc{
				wiretest.Status(202, `{"errors":["key `+string(escaped[1:len(escaped)-1])+` is odd"]}`),
				wiretest.Status(400, `{"errors":["key `+string(escaped[1:len(escaped)-1])+` is odd"]}`),
				wiretest.Status(403, `{"errors":[{"key":`+string(escaped)+`}]}`),
				wiretest.Status(302, "", "Location", "https://elsewhere/?key="+url.QueryEscape(form)),
				wiretest.Status(307, "", "Location", ":"+form),
				wiretest.Status(307, "", "Location", "https://elsewhere:bad-"+form),
			}
			for _, answer := range answers {
				in := newIntake(t)
				in.Answers(1, answer)
				dd := open(t, in.URL, func(c *datadog.Config) { c.APIKey = key })
				se := failure(t, dd, batch(gauge("g", 1)))
				assertHidden(t, key, fmt.Sprintf("%v %+v %#v %v", se, se, se, se.Err))
				for cause := error(se); cause != nil; cause = errors.Unwrap(cause) {
					assertHidden(t, key, fmt.Sprintf("%v %+v", cause, cause))
				}
			}
		}
	}
}

func TestErrorsOfAClientThatQuoteTheKeyAreLeftOut(t *testing.T) {
	client := &http.Client{Transport: wiretest.RoundTripper(func(r *http.Request) (*http.Response, error) {
		r.Body.Close()
		return nil, fmt.Errorf("cannot send %v", r.Header)
	})}
	dd := open(t, "http://localhost", func(c *datadog.Config) { c.Client = client })
	se := failure(t, dd, batch(gauge("g", 1)))
	assertHidden(t, testKey, fmt.Sprintf("%v %+v %#v", se, se, se))
	assert.Contains(t, se.Error(), "quotes a key")

	// An application key alone is enough.
	client.Transport = wiretest.RoundTripper(func(r *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("cannot send with %q", r.Header.Get("DD-APPLICATION-KEY"))
	})
	dd = open(t, "http://localhost", func(c *datadog.Config) { c.Client, c.AppKey = client, awkwardKey })
	err := dd.Validate(t.Context())
	require.Error(t, err)
	assertHidden(t, awkwardKey, fmt.Sprintf("%v %+v %#v", err, err, err))
	assert.Contains(t, err.Error(), "quotes a key")
}

func TestTheKeyIsInNoURL(t *testing.T) {
	in := newIntake(t)
	in.Ask(func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		assertHidden(t, testKey, r.URL.String())
		return true
	})
	require.NoError(t, open(t, in.URL).Send(t.Context(), mixed()))
	assert.Len(t, in.got(), 2)
}

func TestTheApplicationKeyGoesAlongIfThereIsOne(t *testing.T) {
	r := newRecorder(t)
	dd := open(t, r.URL, func(c *datadog.Config) { c.AppKey = "an-application-key" })
	require.NoError(t, dd.Send(t.Context(), batch(gauge("g", 1))))
	require.NoError(t, dd.Send(t.Context(), &transport.Batch{Events: []transport.Event{{Title: "T"}}}))
	require.NoError(t, dd.Validate(t.Context()))
	for _, req := range r.got() {
		assert.Equal(t, "an-application-key", req.header.Get("DD-APPLICATION-KEY"), req.path)
	}
	assert.Len(t, r.got(), 3)
}

func TestTheApplicationKeyIsNowhereElse(t *testing.T) {
	cfg := datadog.Config{APIKey: testKey, AppKey: awkwardKey}
	text := wiretest.Printed(t, cfg)
	assertHidden(t, awkwardKey, text)
	assertHidden(t, testKey, text)
	r := newRecorder(t)
	r.answer = func(_ int, w http.ResponseWriter) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string][]string{"errors": {"your key " + awkwardKey + " is odd"}})
	}
	dd := open(t, r.URL, func(c *datadog.Config) { c.AppKey = awkwardKey })
	assertHidden(t, awkwardKey, wiretest.Printed(t, dd))
	assertHidden(t, awkwardKey, failure(t, dd, batch(gauge("g", 1))).Error())
	_, err := datadog.New(datadog.Config{APIKey: testKey, AppKey: "with a line end\n"})
	assert.ErrorContains(t, err, "Config.AppKey has a character that is not printable ASCII")
	assert.NotContains(t, err.Error(), "with a line end")
}
