package peers

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/uber-go/tally/v4"
)

// Tally returns tally with a reporter that writes lines.
func Tally() Library {
	return Library{
		Name: "tally", Module: "github.com/uber-go/tally/v4",
		Note:    "by name is Tagged(map).Counter(name); the histogram has 10 linear buckets and nothing else: no samples, no sum, no minimum, no maximum; it reports at intervals and cannot be told to, so that here it reports once, at its end, to a reporter of ours that writes a line for each value",
		StandIn: true,
		New: func(w io.Writer) (*Session, error) {
			reporter := &tallyReporter{w: bufio.NewWriter(w)}
			buckets, err := tally.LinearValueBuckets(0, 0.1, 10)
			if err != nil {
				return nil, err
			}
			scope, closer := tally.NewRootScope(tally.ScopeOptions{Reporter: reporter, OmitCardinalityMetrics: true}, 0)
			s := &tallySession{scope: scope, buckets: buckets}
			return &Session{
				Counters: s.counters, Gauges: s.gauges, Histograms: s.histograms,
				Count: s.count, Set: s.set, Observe: s.observe, Build: buildValues,
				Flush: nothing,
				Close: func() error { return errors.Join(closer.Close(), reporter.err) },
			}, nil
		},
	}
}

// tallyReporter writes what it is given, all by one goroutine.
type tallyReporter struct {
	w   *bufio.Writer
	err error
}

// Flush ends a report.
func (r *tallyReporter) Flush() { r.err = r.w.Flush() }

func (r *tallyReporter) line(name string, tags map[string]string, value any, kind string) {
	// A write that fails shows at Flush: bufio keeps the error.
	_, _ = fmt.Fprintf(r.w, "%s,%s=%s,%s=%s,%s=%s:%v|%s\n", name,
		routeKey, tags[routeKey], methodKey, tags[methodKey], statusKey, tags[statusKey], value, kind)
}

func (r *tallyReporter) ReportCounter(name string, tags map[string]string, value int64) {
	r.line(name, tags, value, "c")
}

func (r *tallyReporter) ReportGauge(name string, tags map[string]string, value float64) {
	r.line(name, tags, value, "g")
}

func (r *tallyReporter) ReportTimer(name string, tags map[string]string, interval time.Duration) {
	r.line(name, tags, interval.Milliseconds(), "ms")
}

func (r *tallyReporter) ReportHistogramValueSamples(name string, tags map[string]string, _ tally.Buckets, _, _ float64, samples int64) {
	r.line(name, tags, samples, "h")
}

func (r *tallyReporter) ReportHistogramDurationSamples(name string, tags map[string]string, _ tally.Buckets, _, _ time.Duration, samples int64) {
	r.line(name, tags, samples, "h")
}

func (r *tallyReporter) Capabilities() tally.Capabilities { return r }
func (r *tallyReporter) Reporting() bool                  { return true }
func (r *tallyReporter) Tagging() bool                    { return true }

type tallySession struct {
	scope   tally.Scope
	buckets tally.Buckets
}

// tagged returns the scope of a series.
func (s *tallySession) tagged(series *Series) tally.Scope {
	v := &series.Values
	return s.scope.Tagged(map[string]string{routeKey: v[0], methodKey: v[1], statusKey: v[2]})
}

func (s *tallySession) counters(over Over) Submit {
	handles := make([]tally.Counter, len(over.Series))
	for i := range over.Series {
		handles[i] = s.tagged(&over.Series[i]).Counter(counterName)
	}
	if len(handles) == 1 {
		one := handles[0]
		return func(n int) {
			for range n {
				one.Inc(1)
			}
		}
	}
	place := over.walk()
	return func(n int) {
		at := *place
		for range n {
			handles[at.next()].Inc(1)
		}
		*place = at
	}
}

func (s *tallySession) gauges(over Over) Submit {
	handles := make([]tally.Gauge, len(over.Series))
	for i := range over.Series {
		handles[i] = s.tagged(&over.Series[i]).Gauge(gaugeName)
	}
	if len(handles) == 1 {
		one := handles[0]
		return func(n int) {
			for i := range n {
				one.Update(float64(i))
			}
		}
	}
	place := over.walk()
	return func(n int) {
		at := *place
		for i := range n {
			handles[at.next()].Update(float64(i))
		}
		*place = at
	}
}

func (s *tallySession) histograms(over Over) Submit {
	handles := make([]tally.Histogram, len(over.Series))
	for i := range over.Series {
		handles[i] = s.tagged(&over.Series[i]).Histogram(histogramName, s.buckets)
	}
	if len(handles) == 1 {
		one := handles[0]
		return func(n int) {
			for i := range n {
				one.RecordValue(value(i))
			}
		}
	}
	place := over.walk()
	return func(n int) {
		at := *place
		for i := range n {
			handles[at.next()].RecordValue(value(i))
		}
		*place = at
	}
}

func (s *tallySession) count(from Strings, over Over) Submit {
	scope, all, place := s.scope, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for range n {
				scope.Tagged(map[string]string{routeKey: literalRoute, methodKey: literalMethod, statusKey: literalStatus}).Counter(counterName).Inc(1)
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for range n {
				v := &all[at.next()].Values
				scope.Tagged(map[string]string{routeKey: v[0], methodKey: v[1], statusKey: v[2]}).Counter(counterName).Inc(1)
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for range n {
			id := all[at.next()].ID
			scope.Tagged(map[string]string{routeKey: routePrefix + id, methodKey: methodPrefix + id, statusKey: statusPrefix + id}).Counter(counterName).Inc(1)
		}
		*place = at
	}
}

func (s *tallySession) set(from Strings, over Over) Submit {
	scope, all, place := s.scope, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				scope.Tagged(map[string]string{routeKey: literalRoute, methodKey: literalMethod, statusKey: literalStatus}).Gauge(gaugeName).Update(float64(i))
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for i := range n {
				v := &all[at.next()].Values
				scope.Tagged(map[string]string{routeKey: v[0], methodKey: v[1], statusKey: v[2]}).Gauge(gaugeName).Update(float64(i))
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			id := all[at.next()].ID
			scope.Tagged(map[string]string{routeKey: routePrefix + id, methodKey: methodPrefix + id, statusKey: statusPrefix + id}).Gauge(gaugeName).Update(float64(i))
		}
		*place = at
	}
}

func (s *tallySession) observe(from Strings, over Over) Submit {
	scope, buckets, all, place := s.scope, s.buckets, over.Series, over.walk()
	switch from {
	case Literal:
		return func(n int) {
			for i := range n {
				scope.Tagged(map[string]string{routeKey: literalRoute, methodKey: literalMethod, statusKey: literalStatus}).Histogram(histogramName, buckets).RecordValue(value(i))
			}
		}
	case Kept:
		return func(n int) {
			at := *place
			for i := range n {
				v := &all[at.next()].Values
				scope.Tagged(map[string]string{routeKey: v[0], methodKey: v[1], statusKey: v[2]}).Histogram(histogramName, buckets).RecordValue(value(i))
			}
			*place = at
		}
	}
	return func(n int) {
		at := *place
		for i := range n {
			id := all[at.next()].ID
			scope.Tagged(map[string]string{routeKey: routePrefix + id, methodKey: methodPrefix + id, statusKey: statusPrefix + id}).Histogram(histogramName, buckets).RecordValue(value(i))
		}
		*place = at
	}
}
