package replay_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/shardstats/shardstats/bench/replay"
)

// model does what datadogpy's ThreadStats does, written from its rules: buckets by
// the floor of the timestamp, one aggregate for each name, host and set of tags,
// every value kept. With merge, points that come after their bucket was flushed do
// not make a second one: the whole is put out again, but of distributions what is
// new.
type model struct {
	rollup    float64
	namespace string
	constant  []string
	device    *string
	merge     bool

	buckets map[float64]map[string]*aggregate
	order   []*aggregate // in the order of their making
}

// aggregate is one series in one bucket.
type aggregate struct {
	op      string // the operation that made it
	name    string
	host    *string
	tags    []string
	start   float64
	values  []float64 // in order
	members map[string]bool
	fresh   bool // something was added since the last flush
}

// add takes an operation. now is when it is done, for those without a timestamp.
func (m *model) add(op replay.Op, now float64) {
	at := now
	if op.Timestamp != nil && *op.Timestamp != 0 {
		at = float64(*op.Timestamp)
	}
	start := math.Floor(at/m.rollup) * m.rollup
	host := "none"
	if op.Host != nil {
		host = "host " + *op.Host
	}
	sorted := slices.Sorted(slices.Values(op.Tags))
	key := strings.Join(append([]string{op.MetricName, host}, sorted...), "\x00")
	if m.buckets == nil {
		m.buckets = map[float64]map[string]*aggregate{}
	}
	if m.buckets[start] == nil {
		m.buckets[start] = map[string]*aggregate{}
	}
	a := m.buckets[start][key]
	if a == nil {
		a = &aggregate{
			op: op.Op, name: op.MetricName, host: op.Host, tags: op.Tags,
			start: start, members: map[string]bool{},
		}
		m.buckets[start][key] = a
		m.order = append(m.order, a)
	}
	a.fresh = true
	if op.Op == "set" {
		a.members[string(op.Value)] = true
		return
	}
	value := 1.0
	if op.Value != nil {
		if err := json.Unmarshal(op.Value, &value); err != nil {
			panic(err) // of the generator
		}
	}
	if op.Op == "decrement" {
		value = -value
	}
	a.values = append(a.values, value)
}

// flush returns what is put out at a time.
func (m *model) flush(at replay.Time) replay.Payloads {
	cutoff := math.Floor(float64(at)/m.rollup) * m.rollup
	if at.IsInf() {
		cutoff = math.Inf(1)
	}
	out := replay.Payloads{At: at}
	var kept []*aggregate
	for _, a := range m.order {
		if !a.fresh || a.start >= cutoff {
			kept = append(kept, a)
			continue
		}
		m.emit(&out, a)
		a.fresh = false
		switch {
		case !m.merge:
			delete(m.buckets, a.start) // with all that is in it: all of it is due
		case a.op == "distribution":
			a.values = nil
			kept = append(kept, a)
		default:
			kept = append(kept, a)
		}
	}
	m.order = kept
	return out
}

func (m *model) emit(out *replay.Payloads, a *aggregate) {
	point := func(suffix, kind string, p replay.Point) replay.Metric {
		p.Unix = a.start
		name := a.name + suffix
		if m.namespace != "" {
			name = m.namespace + "." + name
		}
		return replay.Metric{
			Metric: name, Points: []replay.Point{p}, Type: kind, Host: a.host, Device: m.device,
			Tags: append(slices.Clone(a.tags), m.constant...), Interval: m.rollup,
		}
	}
	put := func(suffix, kind string, value float64) {
		out.Series = append(out.Series, point(suffix, kind, replay.Point{Value: value}))
	}
	switch a.op {
	case "increment", "decrement":
		put("", "rate", sum(a.values)/m.rollup)
	case "gauge":
		put("", "gauge", a.values[len(a.values)-1])
	case "set":
		put("", "gauge", float64(len(a.members)))
	case "distribution":
		out.Distributions = append(out.Distributions, point("", "distribution", replay.Point{Values: a.values}))
	case "histogram", "timing":
		n := float64(len(a.values))
		put(".min", "gauge", slices.Min(a.values))
		put(".max", "gauge", slices.Max(a.values))
		put(".count", "rate", n/m.rollup)
		put(".avg", "gauge", sum(a.values)/n)
		for _, p := range []float64{0.75, 0.85, 0.95, 0.99} {
			put(fmt.Sprintf(".%dpercentile", int(p*100)), "gauge", percentile(a.values, p))
		}
	default:
		panic(a.op)
	}
}

func sum(values []float64) (s float64) {
	for _, v := range values {
		s += v
	}
	return s
}

// percentile is datadogpy's: the index is rounded half to even.
func percentile(values []float64, p float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(math.RoundToEven(p*float64(len(sorted))-1))]
}
