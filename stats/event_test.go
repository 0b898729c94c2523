package stats_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

// board takes events and checks, and keeps copies.
type board struct {
	mu     sync.Mutex
	events []transport.Event
	checks []transport.ServiceCheck
	points int
}

func (b *board) Describe() transport.Description {
	return transport.Description{Name: "board", Events: true, Checks: true}
}

func (b *board) Send(_ context.Context, batch *transport.Batch) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = append(b.events, batch.Events...)
	b.checks = append(b.checks, batch.Checks...)
	b.points += batch.Points()
	return nil
}

func (b *board) Close(context.Context) error { return nil }

func newBoard(t *testing.T, opts ...stats.Option) (*stats.Client, *board) {
	t.Helper()
	b := &board{}
	c, err := stats.New(append([]stats.Option{stats.WithTransport(b), stats.WithManualFlush()}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c, b
}

func TestEventsAndChecksArriveWithAllTheirFields(t *testing.T) {
	c, b := newBoard(t, stats.WithTags("k:v", "a:constant"), stats.WithNamespace("ns"), stats.WithHost("home"))
	tags := []string{"e:1", "", "e:1", "d\n2"}
	c.Event(stats.Event{
		Title: "T\n1", Text: "one\r\ntwo\x00\nthree", Time: noon, AlertType: stats.AlertError, Priority: stats.PriorityLow,
		AggregationKey: "ak", SourceTypeName: "st", Tags: tags, Host: "eh",
	})
	tags[0] = "changed"
	c.With("child").Event(stats.Event{Text: "text alone"})
	c.ServiceCheck(stats.ServiceCheck{Name: "db.up", Status: stats.CheckCritical, Message: "m\nm", Time: noon, Tags: []string{"x"}})
	require.NoError(t, c.Flush(t.Context()))
	assert.Equal(t, []transport.Event{
		{
			Title: "T 1", Text: "one\ntwo_\nthree", Time: noon, AlertType: "error", Priority: "low",
			AggregationKey: "ak", SourceTypeName: "st", Tags: []string{"e:1", "d_2", "k:v", "a:constant"}, Host: "eh",
		},
		{Text: "text alone", Tags: []string{"child", "k:v", "a:constant"}, Host: "home"},
	}, b.events)
	assert.Equal(t, []transport.ServiceCheck{{
		Name: "db.up", Status: stats.CheckCritical, Message: "m\nm", Time: noon, Tags: []string{"x", "k:v", "a:constant"}, Host: "home",
	}}, b.checks)
	l := c.Ledger()
	assert.Equal(t, uint64(3), l.Events[0].Delivered)
	assert.Equal(t, "board events", l.Events[0].Transport)
	assert.Zero(t, l.Transports[0].RolledUp, "they are no points")
}

func TestEventsThatAreRefused(t *testing.T) {
	c, b := newBoard(t)
	c.Event(stats.Event{Tags: []string{"neither title nor text"}})
	c.ServiceCheck(stats.ServiceCheck{Message: "no name"})
	c.ServiceCheck(stats.ServiceCheck{Name: "c", Status: stats.CheckUnknown + 1})
	require.NoError(t, c.Close())
	c.Event(stats.Event{Title: "late"})
	c.ServiceCheck(stats.ServiceCheck{Name: "late"})
	assert.Empty(t, b.events)
	assert.Empty(t, b.checks)
	assert.Equal(t, map[stats.Reason]uint64{
		transport.ReasonBadName: 2, transport.ReasonBadValue: 1, transport.ReasonAfterStop: 2,
	}, c.Ledger().Refused)
}

func TestAnEventThatIsTooLongIsCutAtARune(t *testing.T) {
	c, b := newBoard(t)
	c.Event(stats.Event{Title: strings.Repeat("é", 40_000), Text: strings.Repeat("x", 1<<20)})
	require.NoError(t, c.Flush(t.Context()))
	assert.Equal(t, strings.Repeat("é", 32_768), b.events[0].Title)
	assert.Len(t, b.events[0].Text, 64<<10)
}

// plainTransport takes points alone.
type plainTransport struct{ board }

func (p *plainTransport) Describe() transport.Description {
	return transport.Description{Name: "plain", Checks: true}
}

func TestATransportWithoutEventsCountsThemAsUnsupported(t *testing.T) {
	plain := &plainTransport{}
	c, b := newBoard(t, stats.WithTransport(plain))
	c.Event(stats.Event{Title: "T"})
	c.ServiceCheck(stats.ServiceCheck{Name: "c"})
	require.NoError(t, c.Flush(t.Context()))
	assert.Len(t, b.events, 1)
	assert.Empty(t, plain.events)
	assert.Len(t, plain.checks, 1)
	books := c.Ledger().Events
	require.Len(t, books, 2)
	assert.Equal(t, stats.Books{Transport: "board events", RolledUp: 2, Delivered: 2}, books[0])
	assert.Equal(t, stats.Books{
		Transport: "plain events", RolledUp: 2, Delivered: 1, Dropped: map[stats.Reason]uint64{transport.ReasonUnsupported: 1},
	}, books[1])
}

// Events from many goroutines, and a Shutdown in their midst: each is delivered or
// counted.
func TestEventsThatRaceShutdownAreDeliveredOrCountedConcurrentSafe(t *testing.T) {
	for range 20 {
		b := &board{}
		c, err := stats.New(stats.WithTransport(b))
		require.NoError(t, err)
		const submitters, each = 4, 100
		var wg sync.WaitGroup
		started := make(chan struct{}, submitters)
		for w := range submitters {
			wg.Go(func() {
				for i := range each {
					c.Event(stats.Event{Title: fmt.Sprint(w, i)})
					if i == each/4 {
						started <- struct{}{}
					}
				}
			})
		}
		<-started
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		_ = c.Shutdown(ctx) // it may tell of events that came too late
		cancel()
		wg.Wait()
		l := c.Ledger()
		require.True(t, l.Balanced(), "%+v", l)
		books := l.Events[0]
		assert.Zero(t, books.Pending)
		assert.Equal(t, int(books.Delivered), len(b.events))
		assert.Equal(t, uint64(submitters*each), books.Delivered+books.Dropped[transport.ReasonAfterStop]+l.Refused[transport.ReasonAfterStop])
	}
}
