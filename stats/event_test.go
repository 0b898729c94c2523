package stats_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

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

func TestNoClientTakesEventsInSilence(t *testing.T) {
	off, err := stats.New(stats.WithDisabled(), stats.WithTransport(&board{}))
	require.NoError(t, err)
	for name, c := range map[string]*stats.Client{"nil": nil, "zero": {}, "disabled": off} {
		assert.NotPanics(t, func() {
			c.Event(stats.Event{Title: "T"})
			c.Event(stats.Event{})
			c.ServiceCheck(stats.ServiceCheck{Name: "c", Status: 99})
			assert.Empty(t, c.Ledger().Refused)
			assert.Empty(t, c.Ledger().Events)
			assert.NoError(t, c.Close())
		}, name)
	}
}

func TestAnEventGoesOutWithoutAFlushUnlessByHand(t *testing.T) {
	for _, byHand := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := &board{}
			opts := []stats.Option{stats.WithTransport(b)}
			if byHand {
				opts = append(opts, stats.WithManualFlush())
			}
			c, err := stats.New(opts...)
			require.NoError(t, err)
			c.Event(stats.Event{Title: "T"})
			c.ServiceCheck(stats.ServiceCheck{Name: "c"})
			synctest.Wait() // and no time passes
			want := 1
			if byHand {
				want = 0
			}
			b.mu.Lock()
			assert.Len(t, b.events, want)
			assert.Len(t, b.checks, want)
			b.mu.Unlock()
			require.NoError(t, c.Close())
			assert.Len(t, b.events, 1)
			assert.Len(t, b.checks, 1)
		})
	}
}

// The caller's slices are its own again when the call returns, and what a
// transport gets is its own, too.
func TestAnEventIsCopiedAtTheCall(t *testing.T) {
	c, b := newBoard(t, stats.WithTags("k:v"))
	text := []byte("text of a buffer")
	tags := make([]string, 2, 8)
	tags[0], tags[1] = "a:1", "b:2"
	c.Event(stats.Event{Title: "T", Text: string(text), Tags: tags})
	c.ServiceCheck(stats.ServiceCheck{Name: "c", Tags: tags})
	assert.Equal(t, []string{"a:1", "b:2", "", ""}, tags[:4], "nothing is appended in place")
	tags[0], tags[1] = "changed", "changed"
	c.Event(stats.Event{Title: "U", Tags: tags[:1]})
	require.NoError(t, c.Flush(t.Context()))
	want := []string{"a:1", "b:2", "k:v"}
	assert.Equal(t, want, b.events[0].Tags)
	assert.Equal(t, want, b.checks[0].Tags)
	assert.Equal(t, []string{"changed", "k:v"}, b.events[1].Tags)
}

func TestTagsOfEventsKeepTheirOrderWithoutDuplicates(t *testing.T) {
	c, b := newBoard(t, stats.WithTags("z:const", "a:const"))
	child := c.With("m:child", "z:const")
	child.Event(stats.Event{Title: "T", Tags: []string{"y", "a:const", "b", "y", ""}})
	child.WithNamespace("ns").ServiceCheck(stats.ServiceCheck{Name: "up", Tags: nil})
	require.NoError(t, c.Flush(t.Context()))
	assert.Equal(t, []string{"y", "a:const", "b", "m:child", "z:const"}, b.events[0].Tags)
	assert.Equal(t, "up", b.checks[0].Name)
	assert.Equal(t, []string{"m:child", "z:const", "a:const"}, b.checks[0].Tags)
}

func took(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func TestAnEventOfManyTagsIsTakenInTime(t *testing.T) {
	c, b := newBoard(t)
	tags := make([]string, 100_000)
	for i := range tags {
		tags[i] = fmt.Sprintf("tag:%06d", i/2)
	}
	// Sorting them says how quick the machine is. It may be disturbed, but hardly five
	// times.
	assert.Condition(t, func() bool {
		for range 5 {
			shuffled := slices.Clone(tags)
			rand.Shuffle(len(tags), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			sorting := took(func() { slices.Sort(shuffled) })
			event := took(func() { c.Event(stats.Event{Title: "T", Tags: tags}) })
			t.Log(sorting, event)
			if event < 50*sorting {
				return true
			}
		}
		return false
	}, "it takes too much longer than sorting")
	require.NoError(t, c.Flush(t.Context()))
	assert.Len(t, b.events[0].Tags, 50_000)
	assert.Equal(t, "tag:049999", b.events[0].Tags[49_999])
}

func TestTheHostOfAnEventIsItsOwnOrTheClients(t *testing.T) {
	for _, home := range []string{"", "home"} {
		c, b := newBoard(t, stats.WithHost(home))
		c.Event(stats.Event{Title: "1"})
		c.With("a").Event(stats.Event{Title: "2", Host: "own"})
		c.ServiceCheck(stats.ServiceCheck{Name: "3"})
		require.NoError(t, c.Flush(t.Context()))
		assert.Equal(t, []string{home, "own", home}, []string{b.events[0].Host, b.events[1].Host, b.checks[0].Host})
	}
}

// No text of an event can forge a line or a field, whatever it holds.
func TestWhateverTheTextsAnEventArrivesSane(t *testing.T) {
	c, b := newBoard(t)
	sane := func(s string, most int, lines bool) {
		t.Helper()
		assert.True(t, utf8.ValidString(s), "%.40q is not UTF-8", s)
		assert.LessOrEqual(t, len(s), most)
		if lines {
			s = strings.ReplaceAll(s, "\n", "")
		}
		assert.False(t, strings.ContainsFunc(s, unicode.IsControl), "%.40q holds a control character", s)
		assert.False(t, strings.ContainsAny(s, "\u2028\u2029"), "%.40q holds a line separator", s)
	}
	for _, s := range append(awkward, strings.Repeat("\r\n", 40_000), strings.Repeat("\n", 100_000), strings.Repeat("\xff", 100_000)) {
		c.Event(stats.Event{
			Title: s, Text: s, AlertType: stats.AlertType(s), Priority: stats.Priority(s),
			AggregationKey: s, SourceTypeName: s, Tags: []string{s}, Host: s,
		})
		c.ServiceCheck(stats.ServiceCheck{Name: s, Message: s, Tags: []string{s}, Host: s})
	}
	require.NoError(t, c.Flush(t.Context()))
	require.Len(t, b.events, len(awkward)+3)
	require.Len(t, b.checks, len(awkward)+3)
	for i := range b.events {
		e, sc := &b.events[i], &b.checks[i]
		for _, s := range []string{e.Title, string(e.AlertType), string(e.Priority), e.AggregationKey, e.SourceTypeName} {
			sane(s, 64<<10, false)
		}
		sane(e.Text, 64<<10, true)
		sane(sc.Message, 64<<10, true)
		for _, s := range append([]string{e.Host, sc.Name, sc.Host}, append(e.Tags, sc.Tags...)...) {
			sane(s, 200, false)
		}
	}
}

func TestAFullQueueOfEventsIsInTheBooks(t *testing.T) {
	c, b := newBoard(t)
	for i := range 1003 {
		c.Event(stats.Event{Title: fmt.Sprint(i)})
	}
	c.Count("points", 1)
	l := c.Ledger()
	assert.True(t, l.Balanced())
	assert.EqualValues(t, 1000, l.Events[0].Pending)
	assert.Equal(t, map[stats.Reason]uint64{transport.ReasonQueueFull: 3}, l.Events[0].Dropped)
	require.NoError(t, c.Flush(t.Context()))
	assert.Len(t, b.events, 1000)
	assert.Equal(t, "3", b.events[0].Title, "the oldest were dropped")
	assert.Equal(t, 1, b.points)
}
