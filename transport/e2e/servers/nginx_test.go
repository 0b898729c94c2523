package servers_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/e2e/servers"
)

// backend answers 202 with the text it got.
func backend(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.Copy(w, r.Body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestNginxRefusesAndPassesOn(t *testing.T) {
	t.Parallel()
	n := servers.Nginx(t, servers.NginxConfig{Backend: backend(t), Server: "client_max_body_size 10;"})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	post := func(body string) *http.Response {
		resp, err := client.Post(n.URL+"/path?q", "text/plain", strings.NewReader(body))
		require.NoError(t, err)
		resp.Body.Close()
		return resp
	}
	assert.Equal(t, http.StatusAccepted, post("text").StatusCode)
	assert.Equal(t, http.StatusRequestEntityTooLarge, post("eleven byte").StatusCode)
	n.Refuse(503)
	busy := post("text")
	assert.Equal(t, http.StatusServiceUnavailable, busy.StatusCode)
	assert.Equal(t, "1", busy.Header.Get("Retry-After"))
	n.Refuse(403)
	forbidden := post("text")
	assert.Equal(t, http.StatusForbidden, forbidden.StatusCode)
	assert.Empty(t, forbidden.Header.Get("Retry-After"))
	n.Refuse(0)
	assert.Equal(t, http.StatusAccepted, post("text").StatusCode)

	require.Eventually(t, func() bool { return len(n.Requests()) == 5 }, patience, 10*time.Millisecond)
	var statuses []int
	for _, r := range n.Requests() {
		statuses = append(statuses, r.Status)
		assert.Equal(t, "/path?q", r.URI)
		assert.Equal(t, r.Status == http.StatusAccepted, r.Upstream == "202")
	}
	assert.ElementsMatch(t, []int{202, 413, 503, 403, 202}, statuses)
}

func TestNginxSpeaksTLSAndHTTP2(t *testing.T) {
	t.Parallel()
	n := servers.Nginx(t, servers.NginxConfig{Backend: backend(t), TLS: true})
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: n.RootCAs}, ForceAttemptHTTP2: true,
	}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get(n.URL)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, 2, resp.ProtoMajor)
	require.Eventually(t, func() bool { return len(n.Requests()) == 1 }, patience, 10*time.Millisecond)
	assert.Equal(t, "HTTP/2.0", n.Requests()[0].Protocol)
}
