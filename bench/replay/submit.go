package replay

import (
	"math"
	"time"

	"github.com/shardstats/shardstats/stats"
)

// isMetric reports whether an operation is a submission to a series.
func isMetric(op string) bool { return op != "event" && op != "service_check" && op != "flush" }

// submit does one operation that was checked.
func (p *Player) submit(op Op) error {
	if !isMetric(op.Op) {
		p.tell(op)
		return nil
	}
	call := p.client.At(time.Time{})
	if at, ok := op.timed(); ok {
		call = call.At(at.Go())
	}
	if op.Host != nil {
		call = call.OnHost(*op.Host)
	}
	if op.SampleRate != nil {
		call = call.Sampled(*op.SampleRate)
	}
	if op.Op == "set" {
		member, err := op.member()
		if err != nil {
			return err
		}
		call.Set(op.MetricName, member, op.Tags...)
		return nil
	}
	value, whole, err := op.number()
	if err != nil {
		return err
	}
	p.submitNumber(call, op, value, whole)
	return nil
}

func (p *Player) submitNumber(call stats.Call, op Op, value float64, whole *int64) {
	name, tags := op.MetricName, op.Tags
	switch op.Op {
	case "increment", "decrement":
		sign := int64(1)
		if op.Op == "decrement" {
			sign = -1
		}
		switch {
		case whole == nil:
			call.CountFloat(name, float64(sign)*value, tags...)
		case !present(op.Value) && sign > 0:
			call.Increment(name, tags...)
		case !present(op.Value):
			call.Decrement(name, tags...)
		default:
			call.Count(name, sign**whole, tags...)
		}
	case "gauge":
		call.Gauge(name, value, tags...)
	case "histogram":
		call.Histogram(name, value, tags...)
	case "distribution":
		call.Distribution(name, value, tags...)
	case "rate":
		call.Rate(name, value, tags...)
	case "timing":
		if p.durations[name] {
			d, _ := duration(value)
			call.Timing(name, d, tags...)
			return
		}
		call.Histogram(name, value, tags...)
	}
}

// duration returns a number of milliseconds as a duration, and whether it is
// exactly that.
func duration(ms float64) (time.Duration, bool) {
	ns := math.Round(ms * float64(time.Millisecond))
	if math.Abs(ns) >= math.MaxInt64 {
		return 0, false
	}
	d := time.Duration(ns)
	return d, float64(d)/float64(time.Millisecond) == ms
}

// durationsOf returns the metrics of which every submission is a timing of whole
// nanoseconds. Client.Timing takes a duration, so another number of milliseconds
// would be rounded; and in ThreadStats a timing is a histogram, so that a metric
// used as both is one series.
func durationsOf(ops []Op) map[string]bool {
	durations := map[string]bool{}
	for _, op := range ops {
		if op.Op != "timing" && op.Op != "histogram" {
			continue
		}
		exact, known := durations[op.MetricName]
		value, _, err := op.number()
		_, whole := duration(value)
		durations[op.MetricName] = (exact || !known) && err == nil && whole && op.Op == "timing"
	}
	return durations
}
