package stats_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

// flaky is a receiver whose Send fails as it is told: it takes some of the
// leading points, all, or none, and says so or loses the answer.
type flaky struct {
	*receiver
	plan    []failure
	doubted bool // an answer was lost since the last flush
}

type failure struct {
	outcome transport.Outcome
	share   float64 // of the points that are taken
}

var errFlaky = errors.New("the test's backend fails on demand")

func (f *flaky) Send(ctx context.Context, b *transport.Batch) error {
	if len(f.plan) == 0 {
		return f.receiver.Send(ctx, b)
	}
	fail := f.plan[0]
	f.plan = f.plan[1:]
	fail.outcome = f.harmless(fail.outcome, b)
	if fail.outcome != transport.Retry && fail.outcome != transport.Unknown {
		fail.share = 0 // such answers are about the whole
	}
	taken := int(fail.share * float64(b.Points()))
	f.mu.Lock()
	left := taken
	for i := range b.Series {
		for j := range b.Series[i].Points {
			if left > 0 {
				f.take(&b.Series[i], &b.Series[i].Points[j])
				left--
			}
		}
	}
	f.mu.Unlock()
	e := &transport.SendError{Outcome: fail.outcome, Err: errFlaky}
	if fail.outcome != transport.Unknown { // an answer that was lost says nothing
		e.Delivered = taken
	}
	return e
}

// harmless returns outcome, or Retry if outcome would rightly lose a point: one
// that stands alone is dropped if it is too large or wrong, and when an answer is
// lost, one that overwrites is sent once more and any other is not sent again.
func (f *flaky) harmless(outcome transport.Outcome, b *transport.Batch) transport.Outcome {
	switch outcome {
	case transport.TooLarge, transport.Poison:
		if b.Points() < 2 {
			return transport.Retry
		}
	case transport.Unknown:
		for i := range b.Series {
			if f.Temporality(b.Series[i].Kind) != transport.Overwrite {
				return transport.Retry
			}
		}
		if f.doubted {
			return transport.Retry
		}
		f.doubted = true
	}
	return outcome
}

// model is what should be at a backend in the end, in plain maps.
type model struct {
	rollup  int64
	pending []entry // without a timestamp, since the last drain
	state   map[string]*expected
}

type entry struct {
	kind   transport.Kind
	name   string
	tag    string
	value  float64
	member string
	unix   int64
	timed  bool
}

type expected struct {
	value   float64
	untimed bool // a gauge written without a timestamp, which wins
	count   float64
	sum     float64
	min     float64
	max     float64
	members map[string]bool
}

func (m *model) put(e entry, unix int64) {
	start := unix - ((unix%m.rollup)+m.rollup)%m.rollup
	key := fmt.Sprintf("%s %s %s @%d", e.kind, e.name, e.tag, start)
	x := m.state[key]
	if x == nil {
		x = &expected{min: math.Inf(1), max: math.Inf(-1), members: map[string]bool{}}
		m.state[key] = x
	}
	switch e.kind {
	case transport.KindCount:
		x.value += e.value
	case transport.KindGauge:
		if !e.timed || !x.untimed {
			x.value = e.value
		}
		x.untimed = x.untimed || !e.timed
	case transport.KindSet:
		x.members[e.member] = true
	default:
		x.count++
		x.sum += e.value
		x.min, x.max = min(x.min, e.value), max(x.max, e.value)
	}
}

// drain gives what has no timestamp the time of a drain.
func (m *model) drain(now time.Time) {
	for _, e := range m.pending {
		unix := e.unix
		if !e.timed {
			unix = now.Add(-1).Unix()
		}
		m.put(e, unix)
	}
	m.pending = m.pending[:0]
}

func (m *model) compare(t require.TestingT, r *receiver) {
	name := r.Describe().Name
	require.Empty(t, r.broken)
	for key, want := range m.state {
		got := r.state[key]
		require.NotNil(t, got, "%s: %s did not arrive", name, key)
		switch got.kind {
		case transport.KindCount, transport.KindGauge:
			require.Equal(t, want.value, got.value, "%s: %s", name, key)
		case transport.KindSet:
			require.Equal(t, want.members, got.members, "%s: %s", name, key)
		default:
			require.Equal(t, want.count, got.count, "%s: %s", name, key)
			require.Equal(t, want.sum, got.sum, "%s: %s", name, key)
			require.Equal(t, want.min, got.min, "%s: %s", name, key)
			require.Equal(t, want.max, got.max, "%s: %s", name, key)
			require.InDelta(t, want.count, got.weights, 1e-6*want.count, "%s: %s", name, key)
		}
	}
	require.Len(t, r.state, len(m.state), "%s: something arrived that was not submitted", name)
}

// TestThePipelineFollowsAModel submits, flushes, fails and lets time pass at
// random, and compares what two backends hold in the end with plain maps.
func TestThePipelineFollowsAModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var failure any // rapid fails by a panic, which must not end in the bubble
		synctest.Test(t, func(*testing.T) {
			defer func() { failure = recover() }()
			runModel(rt)
		})
		if failure != nil {
			panic(failure)
		}
	})
}

func runModel(t *rapid.T) {
	rollup := rapid.SampledFrom([]int64{1, 5, 10, 60}).Draw(t, "roll-up")
	add, over := &flaky{receiver: newReceiver(false)}, &flaky{receiver: newReceiver(true)}
	c, err := stats.New(stats.WithTransport(add), stats.WithTransport(over), stats.WithManualFlush(),
		stats.WithRollupInterval(time.Duration(rollup)*time.Second), stats.WithLateWindow(24*time.Hour),
		stats.WithIdleExpiry(2*time.Minute), stats.WithMaxAge(0, 0), stats.WithErrorHandler(func(error) {}), stats.WithLogger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	m := &model{rollup: rollup, state: map[string]*expected{}}
	// Retries wait, and after five failures the breaker does, half a minute each.
	ctx, cancel := context.WithTimeout(context.Background(), 1000*time.Hour)
	defer cancel()
	flush := func(do func() error) {
		m.drain(time.Now())
		add.doubted, over.doubted = false, false
		require.NoError(t, do())
		for _, b := range c.Ledger().Transports {
			require.True(t, b.Balanced(), "%+v", b)
			require.Zero(t, b.Pending)
		}
	}
	value := rapid.Map(rapid.IntRange(-1000, 1000), func(n int) float64 { return float64(n) / 4 })
	t.Repeat(map[string]func(*rapid.T){
		"submit": func(t *rapid.T) {
			for range rapid.IntRange(1, 20).Draw(t, "how many") {
				m.submit(t, c, value)
			}
		},
		"let time pass": func(t *rapid.T) {
			time.Sleep(time.Duration(rapid.IntRange(1, 90_000).Draw(t, "ms")) * time.Millisecond)
		},
		"flush":       func(*rapid.T) { flush(func() error { return c.Flush(ctx) }) },
		"flush due":   func(*rapid.T) { flush(func() error { return c.FlushAt(ctx, time.Now()) }) },
		"flush early": func(*rapid.T) { flush(func() error { return c.FlushAt(ctx, time.Now().Add(-time.Hour)) }) },
		"fail": func(t *rapid.T) {
			outcomes := rapid.SampledFrom([]transport.Outcome{
				transport.Retry, transport.TooLarge, transport.Poison, transport.Denied, transport.Unknown,
			})
			share := rapid.Float64Range(0, 1)
			for _, f := range []*flaky{add, over} {
				f.plan = append(f.plan, failure{outcomes.Draw(t, "outcome"), share.Draw(t, "taken")})
			}
		},
		"": func(*rapid.T) {},
	})
	add.plan, over.plan = nil, nil
	m.drain(time.Now())
	require.NoError(t, c.Shutdown(ctx))
	m.compare(t, add.receiver)
	m.compare(t, over.receiver)
	require.Zero(t, c.Ledger().RefusedTotal())
}

// submit makes one random submission, and notes it.
func (m *model) submit(t *rapid.T, c *stats.Client, value *rapid.Generator[float64]) {
	kind := rapid.SampledFrom([]transport.Kind{
		transport.KindCount, transport.KindGauge, transport.KindHistogram, transport.KindTiming,
		transport.KindDistribution, transport.KindSet,
	}).Draw(t, "kind")
	e := entry{kind: kind, name: fmt.Sprintf("%s.%d", kind, rapid.IntRange(0, 2).Draw(t, "series")), value: value.Draw(t, "value")}
	if rapid.Bool().Draw(t, "by a child") {
		e.tag = "child:1"
		c = c.With(e.tag)
	}
	call := c.At(time.Time{})
	if e.timed = rapid.Bool().Draw(t, "timed"); e.timed {
		at := time.Now().Add(time.Duration(rapid.IntRange(-100, 100).Draw(t, "seconds off")) * time.Second)
		e.unix, call = at.Unix(), c.At(at)
	}
	switch handle := !e.timed && rapid.Bool().Draw(t, "by a handle"); kind {
	case transport.KindCount:
		if handle {
			c.NewCounter(e.name).AddFloat(e.value)
		} else if e.value == math.Trunc(e.value) {
			call.Count(e.name, int64(e.value))
		} else {
			call.CountFloat(e.name, e.value)
		}
	case transport.KindGauge:
		if handle {
			c.NewGauge(e.name).Set(e.value)
		} else {
			call.Gauge(e.name, e.value)
		}
	case transport.KindHistogram:
		if handle {
			c.NewHistogram(e.name).ObserveN([]float64{e.value})
		} else {
			call.Histogram(e.name, e.value)
		}
	case transport.KindTiming:
		e.value = math.Abs(math.Trunc(e.value))
		call.Timing(e.name, time.Duration(e.value)*time.Millisecond)
	case transport.KindDistribution:
		if handle {
			c.NewDistribution(e.name).Observe(e.value)
		} else {
			call.Distribution(e.name, e.value)
		}
	case transport.KindSet:
		e.member = strings.Repeat("m", 1+int(math.Abs(e.value)))
		if len(e.member) > 8 {
			e.member = e.member[:8]
		}
		call.Set(e.name, e.member)
	}
	m.pending = append(m.pending, e)
}
