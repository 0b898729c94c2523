package servers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/e2e/servers"
)

func TestVictoriaMetricsShowsWhatCameTwice(t *testing.T) {
	t.Parallel()
	vm := servers.VictoriaMetrics(t)
	const body = `{"series":[{"metric":"m","points":[[1700000000,2.5]],"host":"h","tags":["a:b"]}]}`
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range 2 {
		resp, err := client.Post(vm.URL+"/datadog/api/v1/series", "application/json", strings.NewReader(body))
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, http.StatusAccepted, resp.StatusCode)
	}
	want := []servers.VMSeries{{
		Metric:     map[string]string{"__name__": "m", "host": "h", "a": "b"},
		Values:     []float64{2.5, 2.5},
		Timestamps: []int64{1_700_000_000_000, 1_700_000_000_000},
	}}
	assert.Equal(t, want, vm.Export(`{__name__="m"}`))
	assert.InDelta(t, 2, vm.Metrics()[`vm_rows_inserted_total{type="datadog"}`], 0)

	vm.Terminate()
	vm.Start()
	assert.Equal(t, want, vm.Export(`{__name__="m"}`), "it keeps its data")
}
