package servers

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"testing"
)

// VM is a VictoriaMetrics, single-node. It takes Datadog v1 series below
// URL/datadog and remote write 1.0 at URL/api/v1/write.
type VM struct {
	*Process
	URL string // http://host:port
}

// VMSeries is what it has of one series. Points that came twice are there twice.
type VMSeries struct {
	Metric     map[string]string `json:"metric"` // labels, and the name as __name__
	Values     []float64         `json:"values"`
	Timestamps []int64           `json:"timestamps"` // ms, ascending
}

// VictoriaMetrics starts one with an empty store of its own.
func VictoriaMetrics(t testing.TB) *VM {
	t.Helper()
	addr := address(t)
	vm := &VM{URL: "http://" + addr}
	vm.Process = launch(t, "victoria-metrics", program(t, "victoria-metrics", "victoria-metrics"),
		answers(vm.URL+"/health"),
		"-storageDataPath="+t.TempDir(), "-httpListenAddr="+addr, "-retentionPeriod=100y",
		"-search.latencyOffset=0s", "-memory.allowedBytes=256MB", "-loggerLevel=WARN")
	return vm
}

// Export makes what was taken visible and returns the series that a selector
// fits, as `{__name__=~"http.*"}`, ordered by name and labels.
func (vm *VM) Export(selector string) []VMSeries {
	vm.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := get(ctx, vm.URL+"/internal/force_flush"); err != nil {
		vm.t.Errorf("servers: flush VictoriaMetrics: %v", err)
		return nil
	}
	body, err := get(ctx, vm.URL+"/api/v1/export?match="+url.QueryEscape(selector))
	if err != nil {
		vm.t.Errorf("servers: export from VictoriaMetrics: %v", err)
		return nil
	}
	var all []VMSeries
	for line := range bytes.Lines(body) {
		var s VMSeries
		if err := json.Unmarshal(line, &s); err != nil {
			vm.t.Errorf("servers: export from VictoriaMetrics: %v in %q", err, line)
			return nil
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b VMSeries) int { return bytes.Compare(order(a), order(b)) })
	return all
}

// order encodes labels so that they compare; json sorts the keys.
func order(s VMSeries) []byte {
	b, _ := json.Marshal(s.Metric) // a map of strings
	return append([]byte(s.Metric["__name__"]), b...)
}

// Metrics returns its own metrics, as vm_rows_inserted_total{type="datadog"}.
func (vm *VM) Metrics() map[string]float64 { return exposition(vm.t, vm.URL+"/metrics") }
