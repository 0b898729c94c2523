package transporttest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRunAcceptsATransportWithAllCapabilities(t *testing.T) {
	transporttest.Run(t, func(*testing.T) transport.Transport { return newFake() }, reading, readingNotices, outage)
}

func TestRunAcceptsATransportWithNone(t *testing.T) {
	transporttest.Run(t, func(*testing.T) transport.Transport { return &plain{peer: &peer{}} }, reading)
	transporttest.Run(t, func(*testing.T) transport.Transport { return &plain{peer: &peer{}} })
}

// Behaviour that is unusual and allowed.
func TestAcceptsToo(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(f *fake)
		opts   []transporttest.Option
	}{
		{"points of one channel before those of another", func(f *fake) {
			f.send = func(ctx context.Context, b *transport.Batch) error {
				reordered := &transport.Batch{Series: slices.Clone(b.Series)}
				slices.SortStableFunc(reordered.Series, func(a, b transport.Series) int { return int(a.Kind) - int(b.Kind) })
				return f.goodSend(ctx, reordered)
			}
		}, []transporttest.Option{transporttest.OrderedWithinSeries()}},
		{"a wire without times and hosts", func(f *fake) {
			f.send = func(ctx context.Context, b *transport.Batch) error {
				before := len(f.received())
				err := f.goodSend(ctx, b)
				for i := range f.got[before:] {
					f.got[before+i].Unix, f.got[before+i].Host = 0, ""
				}
				return err
			}
		}, []transporttest.Option{transporttest.Arrives(func(f transporttest.Flat) transporttest.Flat {
			f.Unix, f.Host = 0, ""
			return f
		})}},
		{"names that the peer rejects one by one", func(f *fake) {
			f.send = func(ctx context.Context, b *transport.Batch) error {
				for i := range b.Series {
					if !strings.HasPrefix(b.Series[i].Name, "\ufeff") && !strings.Contains(b.Series[i].Name, `"`) {
						continue
					}
					head := &transport.Batch{Series: b.Series[:i]}
					if err := f.goodSend(ctx, head); err != nil {
						return err
					}
					return &transport.SendError{
						Outcome: transport.Retry, Delivered: head.Points(), Err: errors.New("fake: a name was rejected"),
						Rejected: []transport.Rejection{{Index: head.Points(), Reason: "bad name"}},
					}
				}
				return f.goodSend(ctx, b)
			}
		}, nil},
		{"an answer that was lost", func(f *fake) {
			f.send = func(ctx context.Context, b *transport.Batch) error {
				if ctx.Err() != nil {
					f.take(f.spelled(b)...)
					return &transport.SendError{Outcome: transport.Unknown, Err: ctx.Err()}
				}
				return f.goodSend(ctx, b)
			}
		}, nil},
		{"points that arrive a moment after Send", func(f *fake) {
			late := make(chan []transporttest.Flat, 64)
			go func() {
				for flats := range late {
					f.take(flats...)
				}
			}()
			f.send = func(_ context.Context, b *transport.Batch) error {
				f.mu.Lock()
				defer f.mu.Unlock()
				switch {
				case f.closed:
					return transport.ErrClosed
				case f.isAway():
					return &transport.SendError{Outcome: transport.Unknown}
				}
				late <- f.spelled(b)
				return nil
			}
			f.close = func(context.Context) error {
				f.mu.Lock()
				defer f.mu.Unlock()
				if !f.closed {
					f.closed = true
					close(late)
				}
				return nil
			}
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := transporttest.Audit(func() transport.Transport {
				f := newFake()
				c.change(f)
				return f
			}, append(c.opts, reading, outage)...)
			assert.Empty(t, found)
		})
	}
}

// A transport gets nothing that it does not say it takes.
func TestNoEventsForATransportThatTakesNone(t *testing.T) {
	for _, d := range []transport.Description{{}, {Events: true}, {Checks: true}} {
		var events, checks atomic.Int64
		found := transporttest.Audit(func() transport.Transport {
			f := newFake()
			f.describe = func() transport.Description { return d }
			f.send = func(ctx context.Context, b *transport.Batch) error {
				events.Add(int64(len(b.Events)))
				checks.Add(int64(len(b.Checks)))
				return f.goodSend(ctx, b)
			}
			return f
		}, reading, readingNotices, outage)
		assert.Empty(t, found)
		assert.Equal(t, d.Events, events.Load() > 0, "%+v", d)
		assert.Equal(t, d.Checks, checks.Load() > 0, "%+v", d)
	}
}

// A suite that is told nothing about the wire still looks at the calls.
func TestWithoutReceivedItStillSeesWrongCalls(t *testing.T) {
	found := transporttest.Audit(func() transport.Transport {
		f := newFake()
		f.send = func(context.Context, *transport.Batch) error { return nil }
		return f
	})
	assert.Equal(t, []string{"refuses to send when closed", "refuses events and checks when closed"}, keys(found))
}

func TestNilFromTheConstructorIsReported(t *testing.T) {
	found := transporttest.Audit(func() transport.Transport { return nil })
	require.Len(t, found, len(transporttest.AllChecksBut("survives an outage of its peer", "survives an outage with events and checks")))
	for _, messages := range found {
		assert.Equal(t, []string{"newT returned nil"}, messages)
	}
}

func TestAHangDoesNotHoldUpTheOtherChecks(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	began := time.Now()
	found := transporttest.Audit(func() transport.Transport {
		f := newFake()
		f.close = func(context.Context) error { <-release; return nil }
		return f
	}, transporttest.Within(20*time.Millisecond))
	assert.Len(t, found, len(transporttest.CheckNames())-2, "every check closes what it opened")
	assert.Less(t, time.Since(began), 20*time.Second)
}

func keys(found map[string][]string) []string {
	var names []string
	for _, name := range transporttest.CheckNames() {
		if len(found[name]) > 0 {
			names = append(names, name)
		}
	}
	return names
}
