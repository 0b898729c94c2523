//go:build !race

package stats_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
)

// once are the methods that a program calls once or seldom, and that may allocate
// on a client that discards as well: those that return something new.
var once = map[string]bool{
	"Client.Ledger": true, "Client.Close": true,
	"Client.NewCounter": true, "Client.NewGauge": true, "Client.NewHistogram": true,
	"Client.NewDistribution": true, "Client.NewTimer": true, "Client.NewSet": true, "Client.NewRate": true,
}

// doors are the methods that export_test.go adds.
var doors = map[string]bool{
	"Client.SeriesOf": true, "Client.Seen": true, "Client.Store": true, "Client.Sweep": true,
	"Client.TableSizes": true, "Client.Counts": true, "Client.Reachable": true,
}

// TestADisabledClientDiscardsWithoutAllocating calls every method that there is:
// one that is added must be added here.
func TestADisabledClientDiscardsWithoutAllocating(t *testing.T) {
	disabled, err := stats.New(stats.WithDisabled())
	require.NoError(t, err)
	ctx, now, values := t.Context(), time.Now(), []float64{1, 2}
	f, gauge := func() {}, func() float64 { panic("the function of a gauge that nobody sends") }
	for name, c := range map[string]*stats.Client{"disabled": disabled, "nil": nil, "zero": new(stats.Client)} {
		k := c.At(now).OnHost("h").Sampled(0.5)
		counter, g, hist, dist := c.NewCounter("c"), c.NewGauge("g"), c.NewHistogram("h"), c.NewDistribution("d")
		timer, set, rate := c.NewTimer("t"), c.NewSet("s"), c.NewRate("r")
		calls := map[string]func(){
			"Client.Increment":    func() { c.Increment("a", "b:c") },
			"Client.Decrement":    func() { c.Decrement("a", "b:c") },
			"Client.Count":        func() { c.Count("a", 1, "b:c") },
			"Client.CountFloat":   func() { c.CountFloat("a", nan(), "b:c") },
			"Client.Gauge":        func() { c.Gauge("a", 1, "b:c") },
			"Client.GaugeAdd":     func() { c.GaugeAdd("a", 1, "b:c") },
			"Client.Histogram":    func() { c.Histogram("a", 1, "b:c") },
			"Client.Distribution": func() { c.Distribution("a", 1, "b:c") },
			"Client.Timing":       func() { c.Timing("a", time.Second, "b:c") },
			"Client.Set":          func() { c.Set("a", "m", "b:c") },
			"Client.Rate":         func() { c.Rate("a", 1, "b:c") },
			"Client.GaugeFunc":    func() { c.GaugeFunc("a", gauge, "b:c")() },
			"Client.StartTimer":   func() { c.StartTimer("a", "b:c").Stop() },
			"Client.Timed":        func() { c.Timed("a", f, "b:c") },
			"Client.Event":        func() { c.Event(stats.Event{Title: "a"}) },
			"Client.ServiceCheck": func() { c.ServiceCheck(stats.ServiceCheck{Name: "a"}) },
			"Client.At":           func() { c.At(now) },
			"Client.OnHost":       func() { c.OnHost("h") },
			"Client.Sampled":      func() { c.Sampled(2) },

			"Client.NewCounter":      func() { c.NewCounter("a", "b:c") },
			"Client.NewGauge":        func() { c.NewGauge("a", "b:c") },
			"Client.NewHistogram":    func() { c.NewHistogram("a", "b:c") },
			"Client.NewDistribution": func() { c.NewDistribution("a", "b:c") },
			"Client.NewTimer":        func() { c.NewTimer("a", "b:c") },
			"Client.NewSet":          func() { c.NewSet("a", "b:c") },
			"Client.NewRate":         func() { c.NewRate("a", "b:c") },

			"Client.With":          func() { assert.Same(t, c, c.With("b:c")) },
			"Client.WithNamespace": func() { assert.Same(t, c, c.WithNamespace("ns")) },
			"Client.Flush":         func() { require.NoError(t, c.Flush(ctx)) },
			"Client.FlushAt":       func() { require.NoError(t, c.FlushAt(ctx, now)) },
			"Client.Shutdown":      func() { require.NoError(t, c.Shutdown(ctx)) },
			"Client.Close":         func() { require.NoError(t, c.Close()) },
			"Client.Ledger":        func() { assert.Zero(t, c.Ledger().RefusedTotal()) },

			"Call.At":           func() { k.At(now) },
			"Call.OnHost":       func() { k.OnHost("h") },
			"Call.Sampled":      func() { k.Sampled(2) },
			"Call.Increment":    func() { k.Increment("a", "b:c") },
			"Call.Decrement":    func() { k.Decrement("a", "b:c") },
			"Call.Count":        func() { k.Count("a", 1, "b:c") },
			"Call.CountFloat":   func() { k.CountFloat("a", 1, "b:c") },
			"Call.Gauge":        func() { k.Gauge("a", 1, "b:c") },
			"Call.GaugeAdd":     func() { k.GaugeAdd("a", 1, "b:c") },
			"Call.Histogram":    func() { k.Histogram("a", 1, "b:c") },
			"Call.Distribution": func() { k.Distribution("a", 1, "b:c") },
			"Call.Timing":       func() { k.Timing("a", time.Second, "b:c") },
			"Call.Set":          func() { k.Set("a", "m", "b:c") },
			"Call.Rate":         func() { k.Rate("a", 1, "b:c") },

			"Counter.Inc":           func() { counter.Inc() },
			"Counter.Add":           func() { counter.Add(1) },
			"Counter.AddFloat":      func() { counter.AddFloat(nan()) },
			"Gauge.Set":             func() { g.Set(1) },
			"Gauge.Add":             func() { g.Add(1) },
			"Histogram.Observe":     func() { hist.Observe(1) },
			"Histogram.ObserveN":    func() { hist.ObserveN(values) },
			"Distribution.Observe":  func() { dist.Observe(1) },
			"Distribution.ObserveN": func() { dist.ObserveN(values) },
			"Timer.Observe":         func() { timer.Observe(time.Second) },
			"Timer.Start":           func() { timer.Start().Stop() },
			"Set.Add":               func() { set.Add("m") },
			"Rate.Observe":          func() { rate.Observe(1) },
			"Stopwatch.Stop":        func() { c.StartTimer("a").Stop() },
			"Stopwatch.Elapsed":     func() { c.StartTimer("a").Elapsed() },
		}
		for method, call := range calls {
			if !once[method] {
				assert.Zero(t, testing.AllocsPerRun(100, call), "%s of a %s client", method, name)
				continue
			}
			call()
		}
		for _, v := range []any{c, k, counter, g, hist, dist, timer, set, rate, stats.Stopwatch{}} {
			typ := reflect.TypeOf(v)
			plain := typ
			if plain.Kind() == reflect.Pointer {
				plain = plain.Elem()
			}
			for m := range typ.Methods() {
				method := plain.Name() + "." + m.Name
				assert.True(t, calls[method] != nil || doors[method], "this test does not call %s", method)
			}
		}
		l := c.Ledger()
		assert.Empty(t, l.Transports)
		assert.Empty(t, l.Refused)
		assert.True(t, l.Balanced())
	}
}

func TestADisabledClientTakesAnyOptions(t *testing.T) {
	c, err := stats.New(stats.WithDisabled(), stats.WithRollupInterval(-1), stats.WithTransport(nil), stats.FromEnv(), nil)
	require.NoError(t, err)
	c.Count("a", 1)
	require.NoError(t, c.Flush(context.Background()))
	require.NoError(t, c.Close())
}
