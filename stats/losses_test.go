package stats_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

// lossy is a backend that answers at random, and keeps books of its own of what
// it took and what it said. Every point that it gets is worth 1.
type lossy struct {
	name     string
	rng      *rand.Rand
	outcomes []transport.Outcome

	mu       sync.Mutex
	taken    float64 // the worth of the points that it took
	accepted uint64  // points that it said it took
	rejected uint64  // and that it said it refused, one by one
	unsaid   uint64  // taken, and the answer was lost
}

func (l *lossy) Describe() transport.Description { return transport.Description{Name: l.name} }
func (l *lossy) Close(context.Context) error     { return nil }

func (l *lossy) Send(_ context.Context, b *transport.Batch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := b.Points()
	if l.rng.IntN(3) == 0 {
		l.take(b, n)
		l.accepted += uint64(n)
		return nil
	}
	outcome := l.outcomes[l.rng.IntN(len(l.outcomes))]
	e := &transport.SendError{Outcome: outcome, Err: errFlaky}
	took := l.rng.IntN(n + 1)
	switch outcome {
	case transport.TooLarge, transport.Poison, transport.Denied:
		took = 0
	case transport.Unknown:
		l.take(b, took)
		l.unsaid += uint64(took)
		return e
	}
	l.take(b, took)
	l.accepted += uint64(took)
	e.Delivered = took
	if took < n && l.rng.IntN(2) == 0 {
		e.Rejected = []transport.Rejection{{Index: took, Reason: "the test's"}}
		l.rejected++
	}
	return e
}

// take adds up the first n points.
func (l *lossy) take(b *transport.Batch, n int) {
	for i := range b.Series {
		for _, p := range b.Series[i].Points {
			if n == 0 {
				return
			}
			l.taken += p.Value
			n--
		}
	}
}

// Each submission is a series of its own, so that points and submissions can be
// compared one to one: every submission was rolled up, and every point is where
// the backend says, whatever it answered.
func TestWhatABackendLosesIsOnTheBooksConcurrentSafe(t *testing.T) {
	surely := []transport.Outcome{transport.Retry, transport.TooLarge, transport.Poison, transport.Denied, transport.Permanent}
	for _, test := range []struct{ goroutines, procs int }{{1, 1}, {4, 2}, {8, 8}} {
		for _, manual := range []bool{true, false} {
			t.Run(fmt.Sprintf("goroutines=%d/GOMAXPROCS=%d/manual=%t", test.goroutines, test.procs, manual), func(t *testing.T) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(test.procs))
				synctest.Test(t, func(t *testing.T) {
					loseAtRandom(t, test.goroutines, manual, []*lossy{
						{name: "harmless", outcomes: []transport.Outcome{transport.Retry}},
						{name: "lossy", outcomes: surely},
						{name: "silent", outcomes: append(surely[:len(surely):len(surely)], transport.Unknown)},
					})
				})
			})
		}
	}
}

func loseAtRandom(t *testing.T, goroutines int, manual bool, backends []*lossy) {
	const each = 2000
	opts := quiet(stats.WithSeriesLimit(goroutines*each), stats.WithFlushInterval(time.Second), stats.WithRollupInterval(time.Second))
	if manual {
		opts = append(opts, stats.WithManualFlush())
	}
	for i, b := range backends {
		b.rng = rand.New(rand.NewPCG(uint64(i), 1))
		opts = append(opts, stats.WithTransport(b))
	}
	c, err := stats.New(opts...)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range each {
				c.Count("c", 1, fmt.Sprint("n:", g, "/", i))
				if i%100 == 0 {
					assert.True(t, c.Ledger().Balanced())
					if manual && g == 0 {
						_ = c.FlushAt(t.Context(), time.Now()) // a backend may be down for longer than it waits
					}
					time.Sleep(200 * time.Millisecond)
				}
			}
		})
	}
	wg.Wait()
	shut := c.Shutdown(t.Context())
	l := c.Ledger()
	assert.True(t, l.Balanced())
	assert.Empty(t, l.Refused)
	for i, backend := range backends {
		b := l.Transports[i]
		assert.EqualValues(t, goroutines*each, b.RolledUp, "%s: what was submitted", b.Transport)
		assert.Zero(t, b.Pending, b.Transport)
		assert.Equal(t, backend.accepted, b.Delivered, "%s: %+v", b.Transport, b)
		assert.Equal(t, backend.accepted+backend.unsaid, uint64(backend.taken), b.Transport)
		assert.LessOrEqual(t, backend.unsaid, b.Unknown, b.Transport)
		assert.GreaterOrEqual(t, b.Dropped[transport.ReasonRejected], backend.rejected, b.Transport)
	}
	assert.Equal(t, l.Transports[0].RolledUp, l.Transports[0].Delivered+l.Transports[0].DroppedTotal(), "harmless")
	assert.Equal(t, backends[0].rejected, l.Transports[0].DroppedTotal(), "harmless")
	if shut != nil {
		var loss *stats.LossError
		require.ErrorAs(t, shut, &loss)
	}
}
