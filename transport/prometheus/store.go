package prometheus

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/prom"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

// store has the newest values. Its lock is held to take a batch or to copy what a scrape
// shows, never while anybody reads or writes a connection.
type store struct {
	quantiles []summary.Quantile
	expiry    time.Duration
	maxSeries int
	maxBytes  int

	mu       sync.Mutex
	closed   bool
	families *prom.Families
	shown    []*family // by name
	byFamily map[*prom.Family]*family
	series   map[string]*series // by identity
	bytes    int
	swept    time.Time

	// Scratch of take.
	labels prom.Labels
	key    []byte
	values []float64
}

// family is a name and its series, in no order.
type family struct {
	*prom.Family
	series []*series
}

// series is one of them. Its labels never change, so that scrapes share them.
type series struct {
	key    string
	family *family
	at     int       // in family.series
	text   string    // labels as text: a="b",c="d"
	pairs  []byte    // labels as protobuf
	last   time.Time // when a point came
	bytes  int

	value     float64 // of a counter or a gauge, or the sum
	count     float64
	quantiles []float64
	samples   []transport.Sample // of a distribution
}

const seriesBytes = 256 // what a series takes beside its texts and samples

func newStore(cfg Config, quantiles []summary.Quantile) *store {
	return &store{
		quantiles: quantiles, expiry: cfg.Expiry, maxSeries: cfg.MaxSeries, maxBytes: cfg.MaxBytes,
		families: prom.NewFamilies(5*cfg.MaxSeries + 64), // a family needs five names at most, and has a series
		byFamily: map[*prom.Family]*family{}, series: map[string]*series{},
	}
}

// take keeps the points of b and returns those that it did not, and false if the store
// is closed.
func (st *store) take(b *transport.Batch, now time.Time) (rejected []transport.Rejection, open bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return nil, false
	}
	st.sweep(now)
	defer st.labels.Forget()
	number := 0
	for i := range b.Series {
		s := &b.Series[i]
		var own *series
		ready, problem := false, ""
		for j := range s.Points {
			p := &s.Points[j]
			reason := prom.Unfit(s, p)
			if reason == "" && !ready {
				own, problem = st.find(s)
				ready = true
			}
			if reason == "" {
				reason = problem
			}
			if reason == "" {
				if reason = st.put(own, s.Kind, p, now); own.last.IsZero() {
					problem = reason // it is not kept at all
				}
			}
			if reason != "" {
				rejected = append(rejected, transport.Rejection{Index: number, Reason: reason})
			}
			number++
		}
	}
	return rejected, true
}

// find returns the series that s is on the wire, or why there is none.
func (st *store) find(s *transport.Series) (own *series, problem string) {
	named := st.families.Of(s)
	if named == nil {
		return nil, string(transport.ReasonCollision)
	}
	list := st.labels.Of(s)
	st.key = prom.AppendKey(st.key[:0], named.Name, list)
	if own = st.series[string(st.key)]; own != nil {
		return own, ""
	}
	own = &series{key: string(st.key), text: labelText(list), pairs: prom.AppendLabels(nil, metricLabel, list)}
	own.bytes = seriesBytes + len(own.key) + len(own.text) + len(own.pairs)
	switch {
	case len(st.series) >= st.maxSeries:
		problem = string(transport.ReasonSeriesLimit)
	case st.bytes+own.bytes > st.maxBytes:
		problem = string(transport.ReasonByteBudget)
	}
	f := st.byFamily[named]
	if problem != "" {
		if f == nil { // nobody has the name, then
			st.families.Release(named)
		}
		return nil, problem
	}
	if f == nil {
		f = st.show(named)
	}
	own.family, own.at = f, len(f.series)
	f.series = append(f.series, own)
	st.series[own.key] = own
	st.bytes += own.bytes
	return own, ""
}

// show adds a family to those that are shown.
func (st *store) show(named *prom.Family) *family {
	f := &family{Family: named}
	at, _ := st.place(named.Name)
	st.shown = slices.Insert(st.shown, at, f)
	st.byFamily[named] = f
	return f
}

func (st *store) place(name string) (int, bool) {
	return slices.BinarySearchFunc(st.shown, name, func(f *family, name string) int { return strings.Compare(f.Name, name) })
}

// put makes p the value of a series, or says why it cannot.
func (st *store) put(own *series, kind transport.Kind, p *transport.Point, now time.Time) string {
	sum := p.Summary
	switch own.family.Form {
	case prom.Counter, prom.Gauge:
		own.value = p.Value
	case prom.Summary:
		// A late part comes without samples: the quantiles of the last bucket stay.
		if st.values = summary.Read(st.values[:0], st.quantiles, sum); len(st.values) > 0 {
			if len(own.quantiles) == 0 {
				if !st.grow(own, 8*len(st.values)) {
					return string(transport.ReasonByteBudget)
				}
			}
			own.quantiles = own.quantiles[:0]
			for _, value := range st.values {
				own.quantiles = append(own.quantiles, prom.Scale(kind, value))
			}
		}
		own.value, own.count = prom.Scale(kind, sum.Sum), sum.Count
	case prom.Histogram:
		if need := len(sum.Samples); need > cap(own.samples) {
			room := need + need/2
			if !st.grow(own, 16*(room-cap(own.samples))) {
				return string(transport.ReasonByteBudget)
			}
			own.samples = make([]transport.Sample, 0, room)
		}
		own.samples = append(own.samples[:0], sum.Samples...)
		own.value, own.count = sum.Sum, sum.Count
	}
	own.last = now
	return ""
}

// grow accounts for more bytes of a series, if there is room for them.
func (st *store) grow(own *series, bytes int) bool {
	if st.bytes+bytes > st.maxBytes {
		if own.last.IsZero() { // it has never had a value
			st.remove(own)
		}
		return false
	}
	own.bytes += bytes
	st.bytes += bytes
	return true
}

// sweep removes what has expired, now and then.
func (st *store) sweep(now time.Time) {
	if now.Sub(st.swept) < st.expiry/8 {
		return
	}
	st.swept = now
	for _, own := range st.series {
		if now.Sub(own.last) >= st.expiry {
			st.remove(own)
		}
	}
}

func (st *store) remove(own *series) {
	delete(st.series, own.key)
	st.bytes -= own.bytes
	f := own.family
	last := f.series[len(f.series)-1]
	f.series[own.at], last.at = last, own.at
	f.series[len(f.series)-1] = nil
	f.series = f.series[:len(f.series)-1]
	if len(f.series) > 0 {
		return
	}
	if at, found := st.place(f.Name); found {
		st.shown = slices.Delete(st.shown, at, at+1)
	}
	delete(st.byFamily, f.Family)
	st.families.Release(f.Family)
}

func (st *store) close() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.closed, st.shown, st.byFamily, st.series, st.families = true, nil, nil, nil, nil
}
