package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// finding is one figure as the clients have it and as it arrived.
type finding struct {
	what          string
	want, arrived float64
}

func (f finding) equal() bool { return f.want == f.arrived }

// String says what is wrong, in one line.
func (f finding) String() string {
	switch {
	case f.equal():
		return fmt.Sprintf("%s: %s", f.what, figure(f.want))
	case f.arrived < f.want:
		return fmt.Sprintf("%s: %s missing (%s expected, %s arrived)", f.what, figure(f.want-f.arrived), figure(f.want), figure(f.arrived))
	}
	return fmt.Sprintf("%s: %s too much (%s expected, %s arrived)", f.what, figure(f.arrived-f.want), figure(f.want), figure(f.arrived))
}

// check compares what the clients counted, and the last gauges of the runtime,
// with what arrived. Counts are exact, so figures must be equal, not close.
func check(t *tally, gauges map[string]float64, in *intake) []finding {
	c := &checker{in: in}
	c.requests(t)
	c.perRoute(t)
	c.bodies(t.bodies)
	c.sets(t)
	c.gauges(t, gauges)
	c.identity()
	return c.findings
}

type checker struct {
	in       *intake
	findings []finding
}

func (c *checker) expect(want, arrived float64, what string, tags ...string) {
	if len(tags) > 0 {
		what += "{" + strings.Join(tags, ",") + "}"
	}
	c.findings = append(c.findings, finding{what, want, arrived})
}

func (c *checker) counts(metric string, tags ...string) float64 {
	return total(c.in.values(namespace+"."+metric, "count", tags...))
}

func (c *checker) gaugeValues(metric string, tags ...string) map[int64][]float64 {
	return c.in.values(namespace+"."+metric, "gauge", tags...)
}

func (c *checker) requests(t *tally) {
	keys := slices.SortedFunc(maps.Keys(t.requests), func(a, b routeStatus) int {
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
	for _, key := range keys {
		tags := []string{"route:" + key.path, fmt.Sprint("status:", key.status)}
		c.expect(float64(t.requests[key]), c.counts(metricRequests, tags...), metricRequests, tags...)
	}
	c.expect(float64(t.total()), c.counts(metricRequests), metricRequests+", all")
	c.expect(float64(t.total()), c.counts(metricTotal), metricTotal)
}

func (c *checker) perRoute(t *tally) {
	for _, r := range routes {
		n, bytes, tag := float64(t.byRoute(r.path)), float64(t.bytes[r.path]), "route:"+r.path
		c.expect(bytes, c.counts(metricBytes, tag), metricBytes, tag)
		c.expect(n, c.counts(metricLatency+".count", tag), metricLatency+".count", tag)
		values := c.in.samples(namespace+"."+metricSize, tag)
		c.expect(n, number(values), metricSize+", values", tag)
		c.expect(bytes, total(values), metricSize+", sum", tag)
	}
}

func (c *checker) bodies(b bodyTally) {
	c.expect(float64(b.n), c.counts(metricBodyBytes+".count"), metricBodyBytes+".count")
	c.expect(float64(b.sum), total(c.gaugeValues(metricBodyBytes+".sum")), metricBodyBytes+".sum")
	c.expect(float64(b.least), extreme(c.gaugeValues(metricBodyBytes+".min"), math.Min), metricBodyBytes+".min")
	c.expect(float64(b.most), extreme(c.gaugeValues(metricBodyBytes+".max"), math.Max), metricBodyBytes+".max")
}

// sets: sessions carry the time they began, so each bucket's number is known.
// Clients do not, but all of them are in the fullest bucket and no bucket can
// have more.
func (c *checker) sets(t *tally) {
	arrived := c.gaugeValues(metricSessions)
	for _, unix := range slices.Sorted(maps.Keys(t.sessions)) {
		c.expect(float64(t.sessions[unix]), total(map[int64][]float64{unix: arrived[unix]}),
			metricSessions+" at "+clock(unix))
		delete(arrived, unix)
	}
	c.expect(0, total(arrived), metricSessions+" in other buckets")
	c.expect(float64(len(t.last)), extreme(c.gaugeValues(metricClients), math.Max), metricClients+", fullest bucket")
}

func (c *checker) gauges(t *tally, runtime map[string]float64) {
	for _, id := range slices.Sorted(maps.Keys(t.last)) {
		c.lastGauge(float64(t.last[id]), metricSequence, "client:"+id)
	}
	c.lastGauge(0, metricInFlight)
	for _, name := range slices.Sorted(maps.Keys(runtime)) {
		c.lastGauge(runtime[name], name)
	}
}

func (c *checker) lastGauge(want float64, metric string, tags ...string) {
	v, ok := last(c.gaugeValues(metric, tags...))
	if !ok {
		v = math.NaN() // never equal
	}
	c.expect(want, v, metric+", last", tags...)
}

// identity: what every series must have and no series may be.
func (c *checker) identity() {
	untagged, foreign := 0, 0
	for _, key := range c.in.keys() {
		if !key.has(constantTag) {
			untagged++
		}
		if !strings.HasPrefix(key.metric, namespace+".") {
			foreign++
		}
	}
	c.expect(0, float64(untagged), "series without the tag "+constantTag)
	c.expect(0, float64(foreign), "series outside the namespace "+namespace)
}

func clock(unix int64) string { return time.Unix(unix, 0).Format(time.TimeOnly) }
