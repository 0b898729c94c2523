package memory_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
	"github.com/shardstats/shardstats/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	received := transporttest.Received(func(t transport.Transport) []transporttest.Flat {
		return transporttest.Flatten(t.(*memory.Transport).Series())
	})
	notices := transporttest.ReceivedNotices(func(t transport.Transport) []transporttest.Notice {
		var all []transporttest.Notice
		for _, b := range t.(*memory.Transport).Batches() {
			all = append(all, transporttest.Notices(&b)...)
		}
		return all
	})
	t.Run("with summaries", func(t *testing.T) {
		transporttest.Run(t, func(*testing.T) transport.Transport { return memory.New() }, received, notices)
	})
	t.Run("flat", func(t *testing.T) {
		transporttest.Run(t, func(*testing.T) transport.Transport { return memory.New(memory.Flat()) }, received, notices)
	})
	t.Run("without events", func(t *testing.T) {
		transporttest.Run(t, func(*testing.T) transport.Transport { return memory.New(memory.WithoutEvents()) }, received, notices)
	})
}

func count(name string, value float64, tags ...string) transport.Series {
	return transport.Series{
		Name: name, Tags: tags, Kind: transport.KindCount, Interval: 10 * time.Second,
		Points: []transport.Point{{Unix: 100, Value: value}},
	}
}

func batch(series ...transport.Series) *transport.Batch {
	return &transport.Batch{ID: transport.BatchID{Process: 1, Seq: 1}, Series: series}
}

func send(t *testing.T, m *memory.Transport, series ...transport.Series) {
	t.Helper()
	require.NoError(t, m.Send(t.Context(), batch(series...)))
}

func TestDescription(t *testing.T) {
	assert.Equal(t, transport.Description{Name: "memory", Summaries: true, Members: true, Events: true, Checks: true}, memory.New().Describe())
	assert.Equal(t, transport.Description{Name: "memory", Events: true, Checks: true}, memory.New(memory.Flat()).Describe())
	assert.Equal(t, transport.Additive, memory.New().Temporality(transport.KindGauge))
	m := memory.New(memory.WithTemporality(func(transport.Kind) transport.Temporality { return transport.Overwrite }))
	assert.Equal(t, transport.Overwrite, m.Temporality(transport.KindGauge))
}

func TestReadingByNameAndTags(t *testing.T) {
	m := memory.New()
	send(t, m, count("req", 1, "code:200", "route:a"), count("req", 2, "code:500", "route:a"), count("other", 50))
	send(t, m, count("req", 4, "code:200", "route:b"))

	assert.Equal(t, 7.0, m.Sum("req"))
	assert.Equal(t, 5.0, m.Sum("req", "code:200"))
	assert.Equal(t, 1.0, m.Sum("req", "route:a", "code:200"), "in any order")
	assert.Zero(t, m.Sum("req", "code:404"))
	assert.Zero(t, m.Sum("re"))

	p, ok := m.Last("req", "code:200")
	assert.True(t, ok)
	assert.Equal(t, 4.0, p.Value)
	_, ok = m.Last("req", "code:404")
	assert.False(t, ok)

	assert.Len(t, m.Batches(), 2)
	assert.Equal(t, 2, m.Sends())
	assert.Equal(t, []string{"req", "req", "other", "req"}, names(m.Series()))
	m.Reset()
	assert.Empty(t, m.Series())
	assert.Zero(t, m.Sends())
	assert.Zero(t, m.Sum("req"))
}

func names(series []transport.Series) []string {
	var out []string
	for _, s := range series {
		out = append(out, s.Name)
	}
	return out
}

func TestSummaries(t *testing.T) {
	m := memory.New()
	s := count("latency", 0)
	s.Kind = transport.KindTiming
	s.Points[0].Summary = &transport.Summary{Count: 3, Sum: 12, Min: 1, Max: 9}
	send(t, m, s)
	send(t, m, s)
	assert.Equal(t, 24.0, m.Sum("latency"))
	assert.Equal(t, 6.0, m.Observations("latency"))
	send(t, m, count("flat", 3))
	assert.Zero(t, m.Observations("flat"))
}

func TestRevisions(t *testing.T) {
	first, second, third := count("c", 0.1), count("c", 0.3), count("c", 7)
	second.Points[0].Rev = 1
	third.Points[0].Unix = 110
	otherHost := count("c", 100)
	otherHost.HostSet = true // the empty host is a host of its own

	overwrite := memory.New(memory.WithTemporality(func(transport.Kind) transport.Temporality { return transport.Overwrite }))
	send(t, overwrite, first, second, third, otherHost)
	assert.Equal(t, 0.3+7+100, overwrite.Sum("c"))
	send(t, overwrite, first) // a repetition that was overtaken
	assert.Equal(t, 0.3+7+100, overwrite.Sum("c"))

	additive := memory.New()
	send(t, additive, first, second, third, otherHost)
	assert.InDelta(t, 107.4, additive.Sum("c"), 1e-9)
}

func TestWhatIsReadBelongsToTheReader(t *testing.T) {
	m := memory.New()
	s := count("c", 1, "a:b")
	s.Points[0].Members = []string{"ann"}
	s.Points[0].Summary = &transport.Summary{Count: 1, Samples: []transport.Sample{{Value: 1, Weight: 1}}}
	send(t, m, s)

	spoil := func(s transport.Series) {
		s.Tags[0] = "spoilt"
		s.Points[0].Members[0] = "spoilt"
		s.Points[0].Summary.Samples[0].Value = -1
		s.Points[0].Summary.Count = -1
		s.Points[0].Unix = -1
	}
	before := m.Series()
	spoil(m.Series()[0])
	spoil(m.Batches()[0].Series[0])
	p, _ := m.Last("c")
	p.Members[0], p.Summary.Samples[0].Value, p.Summary.Count = "spoilt", -1, -1
	assert.Equal(t, before, m.Series())
}

func TestFailNext(t *testing.T) {
	m := memory.New()
	boom := errors.New("boom")
	m.FailNext(2, boom)
	for range 2 {
		require.ErrorIs(t, m.Send(t.Context(), batch(count("c", 1))), boom)
	}
	send(t, m, count("c", 2))
	assert.Equal(t, 2.0, m.Sum("c"))
	assert.Equal(t, 3, m.Sends())

	m.FailNext(5, boom)
	m.FailNext(0, boom)
	send(t, m, count("c", 3))
	assert.Panics(t, func() { m.FailNext(1, nil) })
}

func TestPartialDeliveries(t *testing.T) {
	three := count("three", 1)
	three.Points = []transport.Point{{Unix: 100, Value: 1}, {Unix: 110, Value: 2}, {Unix: 120, Value: 3}}
	for delivered, want := range map[int][]float64{0: nil, 1: {1}, 2: {1, 2}, 3: {1, 2, 3}, 4: {1, 2, 3, 9}, 99: {1, 2, 3, 9}, -1: nil} {
		m := memory.New()
		m.FailNext(1, &transport.SendError{Outcome: transport.Retry, Delivered: delivered})
		require.Error(t, m.Send(t.Context(), batch(three, count("one", 9))))
		var got []float64
		for _, f := range transporttest.Flatten(m.Series()) {
			got = append(got, f.Value)
		}
		assert.Equal(t, want, got, "%d delivered", delivered)
		for _, s := range m.Series() {
			assert.NotEmpty(t, s.Points, "%d delivered", delivered)
		}
	}
}

func TestSetSend(t *testing.T) {
	m := memory.New()
	lost := &transport.SendError{Outcome: transport.Unknown, Err: errors.New("the answer was lost")}
	m.SetSend(func(_ context.Context, b *transport.Batch) error {
		m.Receive(b)
		return lost
	})
	require.ErrorIs(t, m.Send(t.Context(), batch(count("c", 1))), lost)
	assert.Equal(t, 1.0, m.Sum("c"), "it arrived all the same")
	m.SetSend(nil)
	send(t, m, count("c", 1))
	assert.Equal(t, 2.0, m.Sum("c"))
}

func TestBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		release := m.Block()
		again := m.Block()
		done := make(chan error, 1)
		go func() { done <- m.Send(t.Context(), batch(count("c", 1))) }()
		synctest.Wait()
		assert.Empty(t, done)
		release()
		require.NoError(t, <-done)
		again() // nothing to release any more
		release()

		defer m.Block()()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		se := transport.AsSendError(m.Send(ctx, batch(count("c", 1))))
		require.NotNil(t, se)
		assert.Equal(t, transport.Retry, se.Outcome)
		require.ErrorIs(t, se, context.DeadlineExceeded)
		assert.Equal(t, 1.0, m.Sum("c"))
	})
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		go func() {
			for i := range 5 {
				time.Sleep(time.Second)
				assert.NoError(t, m.Send(t.Context(), batch(count("c", float64(i)))))
			}
		}()
		began := time.Now()
		require.NoError(t, m.Wait(t.Context(), func(m *memory.Transport) bool { return m.Sum("c") >= 3 }))
		assert.Equal(t, 3*time.Second, time.Since(began))

		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		err := m.Wait(ctx, func(m *memory.Transport) bool { return m.Sum("c") > 100 })
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Hour+3*time.Second, time.Since(began))
	})
}

// What is waited for may come of any call.
func TestEachChangeWakesWhoWaits(t *testing.T) {
	for name, change := range map[string]func(m *memory.Transport){
		"Receive": func(m *memory.Transport) { m.Receive(batch(count("d", 1))) },
		"Reset":   func(m *memory.Transport) { m.Reset() },
		"Close":   func(m *memory.Transport) { _ = m.Close(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := memory.New()
				send(t, m, count("c", 1))
				looks, done := 0, make(chan error, 1)
				go func() { done <- m.Wait(t.Context(), func(*memory.Transport) bool { looks++; return looks == 2 }) }()
				synctest.Wait()
				assert.Empty(t, done)
				change(m)
				synctest.Wait()
				require.Len(t, done, 1)
				require.NoError(t, <-done)
			})
		})
	}
}

func TestClosedIsAnErrorThatSaysSo(t *testing.T) {
	m := memory.New()
	send(t, m, count("c", 1))
	require.NoError(t, m.Close(t.Context()))
	err := m.Send(t.Context(), batch(count("c", 1)))
	require.ErrorIs(t, err, transport.ErrClosed)
	assert.Equal(t, transport.Permanent, transport.AsSendError(err).Outcome)
	assert.Equal(t, 1.0, m.Sum("c"), "what was kept stays")
}

func TestUseByManyGoroutinesConcurrentSafe(t *testing.T) {
	const goroutines, sends = 8, 100
	m := memory.New()
	done := make(chan struct{})
	for range goroutines {
		go func() {
			defer func() { done <- struct{}{} }()
			for range sends {
				assert.NoError(t, m.Send(t.Context(), batch(count("c", 1))))
				m.Last("c")
				m.Block()()
			}
		}()
	}
	require.NoError(t, m.Wait(t.Context(), func(m *memory.Transport) bool { return m.Sum("c") == goroutines*sends }))
	for range goroutines {
		<-done
	}
	assert.Equal(t, goroutines*sends, m.Sends())
}

func TestEventsAndChecksAreKept(t *testing.T) {
	m := memory.New()
	b := &transport.Batch{
		Series: []transport.Series{{Name: "c", Kind: transport.KindCount, Points: []transport.Point{{Unix: 1, Value: 2}}}},
		Events: []transport.Event{{Title: "one", Tags: []string{"a"}}, {Title: "two"}},
		Checks: []transport.ServiceCheck{{Name: "up", Tags: []string{"b"}}},
	}
	require.NoError(t, m.Send(t.Context(), b))
	b.Events[0].Tags[0], b.Checks[0].Tags[0] = "changed", "changed"
	assert.Equal(t, []transport.Event{{Title: "one", Tags: []string{"a"}}, {Title: "two"}}, m.Events())
	assert.Equal(t, []transport.ServiceCheck{{Name: "up", Tags: []string{"b"}}}, m.Checks())
	m.Reset()
	assert.Empty(t, m.Events())

	for delivered, want := range map[int][3]int{0: {}, 1: {1}, 2: {1, 1}, 3: {1, 2}, 4: {1, 2, 1}} {
		m.FailNext(1, &transport.SendError{Outcome: transport.Retry, Delivered: delivered})
		require.Error(t, m.Send(t.Context(), b))
		assert.Equal(t, want, [3]int{len(m.Series()), len(m.Events()), len(m.Checks())}, "%d items delivered", delivered)
		m.Reset()
	}
	assert.True(t, m.Describe().Events && m.Describe().Checks)
	none := memory.New(memory.WithoutEvents()).Describe()
	assert.False(t, none.Events || none.Checks)
}
