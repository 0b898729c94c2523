package datadog_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/datadog"
)

var quietLog = log.New(io.Discard, "", 0)

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

// printed returns v in all the ways that it may end up in a log.
func printed(t *testing.T, v any) string {
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", v)
	}
	doc, err := json.Marshal(v)
	require.NoError(t, err)
	out.Write(doc)
	slog.New(slog.NewTextHandler(&out, nil)).Info("text", "v", v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "v", v)
	return out.String()
}

func TestConfigPrintsWithoutTheKey(t *testing.T) {
	for _, key := range []string{testKey, awkwardKey} {
		cfg := datadog.Config{APIKey: key, Site: "datadoghq.eu", Timeout: 3 * time.Second}
		for _, v := range []any{cfg, &cfg, []datadog.Config{cfg}, map[string]datadog.Config{"dd": cfg}} {
			text := printed(t, v)
			assertHidden(t, key, text)
			assert.Contains(t, text, "***")
			assert.Contains(t, text, "datadoghq.eu")
			assert.Contains(t, text, "3s")
		}
	}
	assert.NotContains(t, fmt.Sprint(datadog.Config{}), "***", "an empty key shows as empty")
	for _, bad := range []string{"https://me:secret@host", "https://host?api_key=secret", "https://host\nsecret"} {
		assert.NotContains(t, printed(t, datadog.Config{URL: bad}), "secret")
	}
	assert.Contains(t, printed(t, datadog.Config{URL: "https://host/path"}), "https://host/path")
}

func TestTransportPrintsWithoutTheKey(t *testing.T) {
	in := newIntake(t)
	in.answers(1, status(400, `{"errors":["`+testKey+`"]}`))
	dd := open(t, in.URL)
	assertHidden(t, testKey, printed(t, dd))
	failure(t, dd, batch(gauge("g", 1)))
	assertHidden(t, testKey, printed(t, dd))
}

func TestErrorsDoNotQuoteTheKey(t *testing.T) {
	for _, key := range []string{testKey, awkwardKey} {
		for _, form := range keyForms(key)[:9] {
			escaped, err := json.Marshal(form)
			require.NoError(t, err)
			answers := []http.HandlerFunc{
				status(202, `{"errors":["key `+string(escaped[1:len(escaped)-1])+` is odd"]}`),
				status(400, `{"errors":["key `+string(escaped[1:len(escaped)-1])+` is odd"]}`),
				status(403, `{"errors":[{"key":`+string(escaped)+`}]}`),
				status(302, "", "Location", "https://elsewhere/?key="+url.QueryEscape(form)),
				status(307, "", "Location", ":"+form),
				status(307, "", "Location", "https://elsewhere:bad-"+form),
			}
			for _, answer := range answers {
				in := newIntake(t)
				in.answers(1, answer)
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
	client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		r.Body.Close()
		return nil, fmt.Errorf("cannot send %v", r.Header)
	})}
	dd := open(t, "http://localhost", func(c *datadog.Config) { c.Client = client })
	se := failure(t, dd, batch(gauge("g", 1)))
	assertHidden(t, testKey, fmt.Sprintf("%v %+v %#v", se, se, se))
	assert.Contains(t, se.Error(), "quotes a key")

	// An application key alone is enough.
	client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
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
	in.answer = func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		assertHidden(t, testKey, r.URL.String())
		return true
	}
	require.NoError(t, open(t, in.URL).Send(t.Context(), mixed()))
	assert.Len(t, in.got(), 2)
}
