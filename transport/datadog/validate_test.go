package datadog_test

import (
	"context"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
)

func TestValidate(t *testing.T) {
	r := newRecorder(t)
	dd := open(t, r.URL)
	require.NoError(t, dd.Validate(t.Context()))
	req := r.got()[0]
	assert.Equal(t, "GET /api/v1/validate", req.method+" "+req.path)
	assert.Empty(t, req.body)
	assert.NotContains(t, req.header, "Content-Type")

	r.answer = func(_ int, w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) }
	se := transport.AsSendError(dd.Validate(t.Context()))
	require.NotNil(t, se)
	assert.Equal(t, transport.Denied, se.Outcome)
	assert.Contains(t, se.Error(), "datadog: get /api/v1/validate to 127.0.0.1:")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Equal(t, transport.Retry, transport.AsSendError(dd.Validate(ctx)).Outcome)

	r.answer = func(_ int, w http.ResponseWriter) { _, _ = io.WriteString(w, `{"valid":false}`) }
	se = transport.AsSendError(dd.Validate(t.Context()))
	require.NotNil(t, se)
	assert.Equal(t, transport.Denied, se.Outcome)
	r.answer = func(_ int, w http.ResponseWriter) { _, _ = io.WriteString(w, `{"valid":true}`) }
	assert.NoError(t, dd.Validate(t.Context()))

	require.NoError(t, dd.Close(t.Context()))
	before := len(r.got())
	assert.ErrorIs(t, dd.Validate(t.Context()), transport.ErrClosed)
	assert.Len(t, r.got(), before, "nothing is asked after Close")
}

// Validate opens the connection that the next Send uses.
func TestValidateWarmsTheConnectionUp(t *testing.T) {
	in := newIntake(t)
	var mu sync.Mutex
	addresses := map[string]bool{}
	in.Ask(func(_ int, w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		addresses[r.RemoteAddr] = true
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusOK)
			return false
		}
		return true
	})
	dd := open(t, in.URL)
	require.NoError(t, dd.Validate(t.Context()))
	require.NoError(t, dd.Send(t.Context(), batch(gauge("g", 1))))
	mu.Lock()
	defer mu.Unlock()
	assert.Len(t, addresses, 1)
}
