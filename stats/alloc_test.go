//go:build !race

package stats_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/stats"
)

func TestSubmissionsDoNotAllocate(t *testing.T) {
	c := newManual(t)
	counter, gauge, hist := c.NewCounter("c"), c.NewGauge("g"), c.NewHistogram("h")
	dist, timer, set := c.NewDistribution("d"), c.NewTimer("t"), c.NewSet("s")
	child := c.With("child:1").WithNamespace("ns")
	values := []float64{1, 2, 3}
	n := 0
	for name, submit := range map[string]func(){
		"counter":            func() { counter.Inc() },
		"counter float":      func() { counter.AddFloat(0.5) },
		"gauge":              func() { gauge.Set(float64(n)) },
		"gauge add":          func() { gauge.Add(1) },
		"histogram":          func() { hist.Observe(1) },
		"histogram several":  func() { hist.ObserveN(values) },
		"timer":              func() { timer.Observe(time.Second) },
		"watch":              func() { timer.Start().Stop() },
		"set, known member":  func() { set.Add("m") },
		"one-shot count":     func() { c.Count("c", 1, "route:users", "status:200", "zone:b") },
		"one-shot large":     func() { c.Count("c", 1<<40) },
		"one-shot increment": func() { c.Increment("c") },
		"one-shot gauge":     func() { c.Gauge("g", float64(n), "a:b") },
		"one-shot histogram": func() { c.Histogram("h", 1, "a:b", "c:d") },
		"one-shot timing":    func() { c.Timing("t", time.Second, "a:b") },
		"one-shot set":       func() { c.Set("s", "member", "a:b") },
		"long strings":       func() { c.Count("http.server.requests.total", 1, "route:/api/v1/users/{id}/orders") },
		"five tags":          func() { c.Count("c", 1, "a", "b", "c", "d", "e") },
		"child":              func() { child.Count("c", 1, "a") },
		"watch by name":      func() { c.StartTimer("t", "a:b").Stop() },
		"at":                 func() { c.At(time.Now()).Count("at", 1, "a:b") },
		"at, histogram":      func() { c.At(time.Now()).Histogram("at.h", 1, "a:b") },
		"on a host":          func() { c.OnHost("a-host.example").Count("on", 1, "a:b") },
		"on a host, gauge":   func() { c.OnHost("").Gauge("on.g", float64(n), "a:b") },
		"on a built host":    func() { n++; c.OnHost("host" + strconv.Itoa(n%7)).Increment("on.built") },
		"sampled":            func() { c.Sampled(0.5).Count("sampled", 1, "a:b") },
		"sampled, histogram": func() { c.Sampled(0.3).Histogram("sampled.h", 1, "a:b") },
		"all three":          func() { c.At(time.Now()).OnHost("h").Sampled(0.5).Timing("all", time.Second, "a:b") },
		"rate":               func() { c.Rate("r", float64(n), "a:b") },
		"bad rate":           func() { c.Sampled(0).Increment("c") },
		"untimed call":       func() { c.At(time.Time{}).Count("c", 1, "a:b") },
		"a tag built by concatenation": func() {
			n++
			// the tag itself lives on the stack, for nothing of the call escapes
			c.Count("c", 1, "code:"+strconv.Itoa(n%7))
		},
		"refused": func() { c.Gauge("g", nan()) },
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 { // first sights
				submit()
			}
			assert.Zero(t, testing.AllocsPerRun(1000, submit))
		})
	}
	_ = dist
	var _ *stats.Client = c
}
