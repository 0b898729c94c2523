package post

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		values []string
		want   time.Duration
	}{
		{nil, 0},
		{[]string{"5"}, 5 * time.Second},
		{[]string{" 5 "}, 5 * time.Second},
		{[]string{"0"}, 0},
		{[]string{"-1"}, 0},
		{[]string{"abc"}, 0},
		{[]string{""}, 0},
		{[]string{"1.5"}, 0},
		{[]string{"1e18"}, 0},
		{[]string{"3600"}, time.Hour},
		{[]string{"3601"}, time.Hour},
		{[]string{"1000000000000000000"}, time.Hour},
		{[]string{"99999999999999999999999999"}, time.Hour},
		{[]string{"Wed, 01 May 2024 12:00:30 GMT"}, 30 * time.Second},
		{[]string{"Wed, 01 May 2024 11:59:30 GMT"}, 0},
		{[]string{"Wed, 01 May 2030 12:00:30 GMT"}, time.Hour},
		{[]string{"5", "20"}, 20 * time.Second},
		{[]string{"20", "abc"}, 20 * time.Second},
	} {
		assert.Equal(t, c.want, retryAfter(http.Header{"Retry-After": c.values}, now), "%q", c.values)
	}
}

func TestAProxyOfTheEnvironmentIsNotQuoted(t *testing.T) {
	proxy := quietly(func(*http.Request) (*url.URL, error) {
		return nil, errors.New(`invalid proxy address "http://me:secret@[": bad`)
	})
	_, err := proxy(nil)
	require.ErrorContains(t, err, "HTTPS_PROXY")
	assert.NotContains(t, err.Error(), "secret")
}

func TestRefusals(t *testing.T) {
	for status, want := range map[int]transport.Outcome{
		101: transport.Retry, 301: transport.Retry, 400: transport.Poison, 401: transport.Denied, 403: transport.Denied,
		404: transport.Permanent, 408: transport.Retry, 413: transport.TooLarge, 415: transport.Permanent,
		429: transport.Retry, 500: transport.Retry, 503: transport.Retry, 600: transport.Permanent,
	} {
		a := &Answer{Status: status, Header: http.Header{"Retry-After": {"7"}}}
		r := a.Refuse("")
		assert.Equal(t, want, r.Outcome, status)
		if status == 429 || status == 503 || status == 408 {
			assert.Equal(t, 7*time.Second, r.After)
		}
	}
	assert.EqualError(t, &Refusal{Status: 404, Hint: "check the URL", Text: "no such page"}, "status 404 Not Found: check the URL: no such page")
	assert.EqualError(t, &Refusal{Status: 600}, "status 600")
}

func TestSecrets(t *testing.T) {
	s := SecretsOf(map[string]string{"Authorization": "Bearer abcdefghijklmnop", "X-Scope": "team1", "Other": "Basic bWU6c2VjcmV0d29yZA=="}, "pass word")
	for text, hidden := range map[string]bool{
		"Bearer":                 false,
		"team1":                  false,
		"token abcdefghijklmnop": true,
		"token ABCDEFGHIJ…":      true,
		"secretword":             true,
		"the pass word is":       true,
		"pass+word":              true,
		"nothing":                false,
	} {
		assert.Equal(t, hidden, s.quotedIn(text), text)
		assert.Equal(t, hidden, s.Hide(text) != text, text)
	}
}

// roundTripper answers in the place of a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestWhetherThePeerCanHaveTakenARequest(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(*http.Request) (*http.Response, error)
		want   transport.Outcome
	}{
		"the body was not read": {func(*http.Request) (*http.Response, error) { return nil, errors.New("refused") }, transport.Retry},
		"the body was read": {func(r *http.Request) (*http.Response, error) {
			_, _ = io.ReadAll(r.Body)
			return nil, errors.New("reset")
		}, transport.Unknown},
		"the answer ended early": {func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(io.MultiReader(strings.NewReader("x"), broken{}))}, nil
		}, transport.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			client := New(Config{Name: "kind", Peer: "host", Timeout: time.Minute, Client: &http.Client{Transport: roundTripper(c.answer)}})
			_, failed := client.Do(t.Context(), &Request{Method: http.MethodPost, URL: "http://host/x?token=1", What: "/x", Body: []byte("body")})
			require.NotNil(t, failed)
			assert.Equal(t, c.want, failed.Outcome)
			assert.ErrorContains(t, failed, "kind: post /x to host: ")
			assert.NotContains(t, failed.Error(), "token")
		})
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestAContextThatHasEnded(t *testing.T) {
	client := New(Config{Name: "kind", Peer: "host", Timeout: time.Minute, Client: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		t.Error("a request was made")
		return nil, io.EOF
	})}})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	_, failed := client.Do(ctx, &Request{Method: http.MethodGet, URL: "http://host/"})
	require.NotNil(t, failed)
	assert.Equal(t, transport.Retry, failed.Outcome)
	assert.EqualError(t, failed, "kind: get to host: enough")
}

func TestAnswersAreCutOffAndUserAgentsSet(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, UserAgent(), r.UserAgent())
		assert.Equal(t, "identity", r.Header.Get("Accept-Encoding"))
		_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
	}))
	defer server.Close()
	client := New(Config{Name: "kind", Peer: "host", Timeout: time.Minute})
	defer client.Close()
	r := &Request{Method: http.MethodPost, URL: server.URL, Body: []byte("b"), Header: func(h http.Header) { h.Set("User-Agent", UserAgent()) }}
	answer, failed := client.Do(t.Context(), r)
	require.Nil(t, failed)
	assert.Equal(t, 200, answer.Status)
	assert.Len(t, answer.Body, MaxAnswer)
	assert.True(t, r.BodyFree)
	assert.False(t, client.Closed())
}
