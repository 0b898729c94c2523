package otlp_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/otlp"
	"github.com/shardstats/shardstats/transport/transporttest"
)

func TestHostilePeers(t *testing.T) {
	transporttest.RunHTTP(t, func(t *testing.T, url string) transport.Transport {
		o, err := otlp.New(otlp.Config{Endpoint: url})
		require.NoError(t, err)
		return o
	}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-protobuf")
		w.WriteHeader(http.StatusOK)
	}))
}
