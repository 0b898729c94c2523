package main

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// oneRun is what two clients counted, and the same as it would arrive.
func oneRun() (*tally, map[string]float64, *intake) {
	t := newTally()
	t.requests[routeStatus{"/users", 200}] = 7
	t.requests[routeStatus{"/upload", 201}] = 2
	t.requests[routeStatus{"/upload", 413}] = 1
	t.bytes["/users"], t.bytes["/upload"] = 700, 90
	t.sessions[10], t.sessions[11] = 2, 1
	t.last["c00"], t.last["c01"] = 6, 4
	t.bodies = bodyTally{3, 60_000, 10, 50_000}
	gauges := map[string]float64{"runtime.goroutines": 12}

	in := newIntake()
	flat := func(kind, metric string, unix int64, v float64, tags ...string) {
		in.addSeries([]flatSeries{{
			identity: identity{Metric: namespace + "." + metric, Type: kind, Tags: append(tags, constantTag)},
			Points:   []flatPoint{{unix, v}},
		}})
	}
	sizes := func(path string, values ...float64) {
		in.addDistributions([]distribution{{
			identity: identity{Metric: namespace + "." + metricSize, Tags: []string{"route:" + path, constantTag}},
			Points:   []distributionPoint{{10, values}},
		}})
	}
	flat("count", metricRequests, 10, 4, "route:/users", "status:200")
	flat("count", metricRequests, 11, 2, "route:/users", "status:200")
	flat("count", metricRequests, 11, 3, "route:/users", "status:200") // a revision: replaces the 2
	flat("count", metricRequests, 10, 2, "route:/upload", "status:201")
	flat("count", metricRequests, 10, 1, "route:/upload", "status:413")
	flat("count", metricTotal, 10, 10)
	flat("count", metricBytes, 10, 700, "route:/users")
	flat("count", metricBytes, 10, 90, "route:/upload")
	flat("count", metricLatency+".count", 10, 7, "route:/users")
	flat("count", metricLatency+".count", 10, 3, "route:/upload")
	flat("count", metricBodyBytes+".count", 10, 3)
	flat("gauge", metricBodyBytes+".sum", 10, 60_000)
	flat("gauge", metricBodyBytes+".min", 10, 10)
	flat("gauge", metricBodyBytes+".max", 10, 50_000)
	flat("gauge", metricSessions, 10, 2)
	flat("gauge", metricSessions, 11, 1)
	flat("gauge", metricClients, 10, 2)
	flat("gauge", metricClients, 11, 1)
	flat("gauge", metricSequence, 10, 3, "client:c00")
	flat("gauge", metricSequence, 11, 6, "client:c00")
	flat("gauge", metricSequence, 10, 4, "client:c01")
	flat("gauge", metricInFlight, 11, 0)
	flat("gauge", "runtime.goroutines", 11, 12)
	sizes("/users", 100, 100, 100, 100, 100, 100, 100)
	sizes("/upload", 30, 30, 30)
	return t, gauges, in
}

func different(findings []finding) (what []string) {
	for _, f := range findings {
		if !f.equal() {
			what = append(what, f.what)
		}
	}
	return what
}

func TestCheckFindsNothingWhenAllArrived(t *testing.T) {
	counted, gauges, in := oneRun()
	findings := check(counted, gauges, in)
	assert.Empty(t, different(findings))
	assert.Greater(t, len(findings), 20)
}

// Each case spoils one thing; the checker has to name the figure it is about.
func TestCheckNames(t *testing.T) {
	flat := func(metric string, tags ...string) func(*intake, float64) {
		return func(in *intake, v float64) {
			for key, times := range in.flat {
				if key.metric == namespace+"."+metric && key.has(tags...) {
					for unix := range times {
						if v == 0 {
							delete(times, unix)
						} else {
							times[unix] += v
						}
					}
				}
			}
		}
	}
	tests := map[string]struct {
		spoil func(*intake)
		want  string
	}{
		"a lost count":           {func(in *intake) { flat(metricRequests, "route:/users")(in, 0) }, metricRequests + "{route:/users,status:200}"},
		"a count sent twice":     {func(in *intake) { flat(metricTotal)(in, 10) }, metricTotal},
		"a lost timing":          {func(in *intake) { flat(metricLatency+".count", "route:/upload")(in, -1) }, metricLatency + ".count{route:/upload}"},
		"a wrong histogram sum":  {func(in *intake) { flat(metricBodyBytes+".sum")(in, 1) }, metricBodyBytes + ".sum"},
		"a wrong minimum":        {func(in *intake) { flat(metricBodyBytes+".min")(in, -1) }, metricBodyBytes + ".min"},
		"a wrong maximum":        {func(in *intake) { flat(metricBodyBytes+".max")(in, 1) }, metricBodyBytes + ".max"},
		"a session too many":     {func(in *intake) { flat(metricSessions)(in, 1) }, metricSessions + " at " + clock(10)},
		"a client too few":       {func(in *intake) { flat(metricClients)(in, -1) }, metricClients + ", fullest bucket"},
		"an old gauge":           {func(in *intake) { flat(metricSequence, "client:c01")(in, -1) }, metricSequence + ", last{client:c01}"},
		"no gauge":               {func(in *intake) { flat(metricInFlight)(in, 0) }, metricInFlight + ", last"},
		"an old runtime gauge":   {func(in *intake) { flat("runtime.goroutines")(in, 1) }, "runtime.goroutines, last"},
		"a lost response's size": {func(in *intake) { shorten(in) }, metricSize + ", values{route:/users}"},
		"a missing constant tag": {func(in *intake) {
			in.addSeries([]flatSeries{{identity{Metric: namespace + ".x", Type: "gauge"}, nil, []flatPoint{{1, 1}}}})
		}, "series without the tag " + constantTag},
		"a foreign name": {func(in *intake) {
			in.addSeries([]flatSeries{{identity{Metric: "x", Type: "gauge", Tags: []string{constantTag}}, nil, []flatPoint{{1, 1}}}})
		}, "series outside the namespace " + namespace},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			counted, gauges, in := oneRun()
			test.spoil(in)
			assert.Contains(t, different(check(counted, gauges, in)), test.want)
		})
	}
}

// shorten takes one value out of the distribution of /users.
func shorten(in *intake) {
	for key, times := range in.distributions {
		if key.has("route:/users") {
			times[10] = times[10][1:]
		}
	}
}

func TestReportSaysWhatIsMissing(t *testing.T) {
	var out bytes.Buffer
	differ := reportFindings(&out, []finding{{"a", 1_234_567, 1_234_000}, {"b", 1, 3}, {"c", 2, 2}})
	assert.Equal(t, []finding{{"a", 1_234_567, 1_234_000}, {"b", 1, 3}}, differ)
	assert.Contains(t, out.String(), "a: 567 missing (1,234,567 expected, 1,234,000 arrived)")
	assert.Contains(t, out.String(), "b: 2 too much (1 expected, 3 arrived)")
	assert.NotContains(t, out.String(), "c: ")
	assert.Empty(t, reportFindings(&out, []finding{{"c", 2, 2}}))
}

func TestResultNeedsAllThree(t *testing.T) {
	tests := map[string]struct {
		differ        []finding
		clean, smooth bool
		says          string
	}{
		"everything is right":     {nil, true, true, "OK: "},
		"a figure differs":        {[]finding{{"a", 2, 1}}, true, true, "FAILED: figures that differ: 1, such as a: 1 missing"},
		"the ledger shows a loss": {nil, false, true, "FAILED: the ledger"},
		"a request got no answer": {nil, true, false, "FAILED: not every request"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			assert.Equal(t, name == "everything is right", reportResult(&out, test.differ, test.clean, test.smooth))
			assert.Contains(t, out.String(), test.says)
		})
	}
}

func TestSpansKeepTheirPlace(t *testing.T) {
	for _, ns := range []int64{0, 1, 1023, 1024, 1025, 2047, 2048, 123_456, 1 << 30, 1 << 38} {
		start := spanStart(spanOf(time.Duration(ns)))
		assert.LessOrEqual(t, int64(start), ns, fmt.Sprint(ns))
		assert.InEpsilon(t, ns+1, int64(start)+1, 0.002, fmt.Sprint(ns))
	}
	assert.Equal(t, len(spans{})-1, spanOf(1<<62), "beyond the end the last place")

	s := new(spans)
	for ns := range int64(100) {
		s[spanOf(time.Duration(ns+1))].Add(1)
	}
	n, found := s.percentiles(0.5, 0.99)
	require.EqualValues(t, 100, n)
	assert.EqualValues(t, 50, found[0])
	assert.EqualValues(t, 99, found[1])
}
