package prometheus_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/prometheus"
)

// Whole numbers lie on the bounds of buckets, and each bucket has its bound.
func TestValuesOnTheBoundsOfClassicBuckets(t *testing.T) {
	page, err := prometheus.New(prometheus.Config{})
	require.NoError(t, err)
	client, err := stats.New(stats.WithTransport(page), stats.WithManualFlush())
	require.NoError(t, err)
	for _, v := range []float64{0.5, 1, 1, 1, 1, 2, 2, 2, 4, 10, 1024} {
		client.Distribution("d", v)
	}
	require.NoError(t, client.Flush(t.Context()))
	answer := httptest.NewRecorder()
	page.ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	for bound, count := range map[string]string{"0.5": "1", "1": "5", "2": "8", "4": "9", "8": "9", "16": "10", "1024": "11", "+Inf": "11"} {
		line := `d_bucket{le="` + bound + `"} ` + count
		if !strings.Contains(answer.Body.String(), line+"\n") {
			assert.Fail(t, "missing "+line, answer.Body.String())
		}
	}
	require.NoError(t, client.Close())
}
