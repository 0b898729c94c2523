package datadog_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
	"github.com/shardstats/shardstats/transport/transporttest"
)

func TestHostilePeers(t *testing.T) {
	transporttest.RunHTTP(t, func(t *testing.T, url string) transport.Transport {
		dd, err := datadog.New(datadog.Config{APIKey: "0123456789abcdef0123456789abcdef", URL: url})
		require.NoError(t, err)
		return dd
	}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"status":"ok"}`)
	}))
}
