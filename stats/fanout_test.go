package stats_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

// witness is a backend that notes what it takes, and when.
type witness struct {
	name        string
	temporality transport.Temporality
	begin       time.Time
	fail        failing       // nil: takes all
	end         chan struct{} // closed at the end of the test

	mu    sync.Mutex
	notes []note
}

// failing decides about one Send, so long after the test began. If it returns an
// error, nothing is taken.
type failing func(ctx context.Context, since time.Duration, end <-chan struct{}) error

type note struct {
	at   time.Duration // since the test began
	text string
}

func (n note) String() string { return fmt.Sprintf("%v %s", n.at, n.text) }

func (w *witness) Describe() transport.Description {
	return transport.Description{Name: w.name, Events: true, Checks: true}
}

func (w *witness) Temporality(transport.Kind) transport.Temporality { return w.temporality }
func (w *witness) Close(context.Context) error                      { return nil }

func (w *witness) Send(ctx context.Context, b *transport.Batch) error {
	if w.fail != nil {
		if err := w.fail(ctx, time.Since(w.begin), w.end); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	at := time.Since(w.begin)
	for i := range b.Series {
		s := &b.Series[i]
		for _, p := range s.Points {
			w.notes = append(w.notes, note{at, fmt.Sprintf("%s %s%v@%d=%v/%d", s.Kind, s.Name, s.Tags, p.Unix-w.begin.Unix(), p.Value, p.Rev)})
		}
	}
	for i := range b.Events {
		w.notes = append(w.notes, note{at, "event " + b.Events[i].Title})
	}
	return nil
}

// seen returns what was taken from one time until before another.
func (w *witness) seen(from, to time.Duration) []note {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []note
	for _, n := range w.notes {
		if n.at >= from && n.at < to {
			out = append(out, n)
		}
	}
	return out
}

const (
	outageBegin = 5 * time.Minute
	outageEnd   = outageBegin + time.Hour
	outageOver  = outageEnd + 10*time.Minute
	forEver     = time.Duration(math.MaxInt64)
)

// fanOut is one run of a client with three backends that work and one that may not.
type fanOut struct {
	steady, whole, few, down *witness
	ledger                   stats.Ledger
	duringOutage             stats.Books // of down, just before the end of the outage
	shutdown                 error
}

// runFanOut submits once a second for an hour and a half. fail decides about each
// Send of the backend "down"; opts are how that one is fed.
func runFanOut(t *testing.T, fail failing, opts ...stats.TransportOption) *fanOut {
	t.Helper()
	begin := time.Now()
	f := &fanOut{
		steady: &witness{name: "steady", begin: begin},
		whole:  &witness{name: "whole", begin: begin, temporality: transport.Overwrite},
		few:    &witness{name: "few", begin: begin},
		down:   &witness{name: "down", begin: begin, temporality: transport.Overwrite, fail: fail, end: make(chan struct{})},
	}
	c, err := stats.New(quiet(
		stats.WithTransport(f.steady),
		stats.WithTransport(f.down, opts...),
		stats.WithTransport(f.whole, stats.UseProfile(stats.ProfileThreadStats)),
		stats.WithTransport(f.few, stats.OnlyMetrics(func(name string) bool { return name == "depth" })),
		stats.WithFlushInterval(10*time.Second), stats.WithRollupInterval(10*time.Second), stats.WithFlushJitter(0),
		stats.WithLateWindow(30*time.Second), stats.WithTags("env:test"),
	)...)
	require.NoError(t, err)
	time.Sleep(500 * time.Millisecond) // submit between the ticks
	for i := range int(outageOver / time.Second) {
		now := time.Now()
		c.Count("requests", 1, "route:cart")
		c.Gauge("depth", float64(i))
		if i%7 == 0 {
			c.Histogram("latency", float64(i%13))
		}
		if i%60 == 33 {
			c.At(now.Add(-20*time.Second)).Count("requests", 100, "route:cart") // its bucket was sent
			c.Event(stats.Event{Title: fmt.Sprint("e", i)})
			assert.True(t, c.Ledger().Balanced())
		}
		if !now.Equal(time.Now()) {
			t.Fatal("a submission has waited for somebody")
		}
		if time.Since(begin) < outageEnd && time.Since(begin) >= outageEnd-time.Second {
			f.duringOutage = c.Ledger().Transports[1]
		}
		time.Sleep(time.Second)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	f.shutdown = c.Shutdown(ctx)
	f.ledger = c.Ledger()
	assert.True(t, f.ledger.Balanced())
	close(f.down.end)
	synctest.Wait() // a Send that was left behind ends now
	return f
}

// books returns those of a backend at the end.
func (f *fanOut) books(t *testing.T, name string) stats.Books {
	t.Helper()
	i := slices.IndexFunc(f.ledger.Transports, func(b stats.Books) bool { return b.Transport == name })
	require.GreaterOrEqual(t, i, 0)
	return f.ledger.Transports[i]
}

// sameNotes reports the first difference only: there are thousands.
func sameNotes(t *testing.T, want, got []note, what string) {
	t.Helper()
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			t.Errorf("%s: note %d is %v, want %v", what, i, got[i], want[i])
			return
		}
	}
	assert.Len(t, got, len(want), what)
}

// undisturbed checks that the other backends got the same at the same times as in
// a run in which the fourth was well, and that their books are the same.
func undisturbed(t *testing.T, well, got *fanOut) {
	t.Helper()
	sameNotes(t, well.steady.notes, got.steady.notes, "steady")
	sameNotes(t, well.whole.notes, got.whole.notes, "whole")
	sameNotes(t, well.few.notes, got.few.notes, "few")
	for _, name := range []string{"steady", "whole", "few"} {
		assert.Equal(t, well.books(t, name), got.books(t, name), name)
	}
	for i := range got.ledger.Events {
		if b := &got.ledger.Events[i]; b.Transport != "down events" {
			assert.Equal(t, well.ledger.Events[i], *b, b.Transport)
		}
	}
}

// during returns err while the outage lasts.
func during(err error) failing {
	return func(_ context.Context, since time.Duration, _ <-chan struct{}) error {
		if since >= outageBegin && since < outageEnd {
			return err
		}
		return nil
	}
}

func answered(outcome transport.Outcome) error {
	return &transport.SendError{Outcome: outcome, Err: errors.New("the test's backend is down")}
}

// wellRun is what happens if all four backends work.
func wellRun(t *testing.T) (well *fanOut) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { well = runFanOut(t, nil) })
	require.NoError(t, well.shutdown)
	for i := range well.ledger.Transports {
		b := &well.ledger.Transports[i]
		require.Equal(t, b.RolledUp, b.Delivered, b.Transport)
	}
	require.Equal(t, well.down.notes[0], well.steady.notes[0], "both in the default profile")
	return well
}

// A backend that is down for an hour keeps nothing from the others: they get the
// same points at the same instants as without it. With room for that hour in its
// queue nothing is lost for it either.
func TestABackendThatIsDownForAnHourDisturbsNobody(t *testing.T) {
	well := wellRun(t)
	wait := func(ctx context.Context, since time.Duration, _ <-chan struct{}) error {
		if since < outageBegin || since >= outageEnd {
			return nil
		}
		<-ctx.Done()
		return &transport.SendError{Outcome: transport.Retry, Err: context.Cause(ctx)}
	}
	for name, fail := range map[string]failing{
		"no connection":            during(answered(transport.Retry)),
		"refused credentials":      during(answered(transport.Denied)),
		"no answer until ctx ends": wait,
		"it ignores its context": func(_ context.Context, since time.Duration, _ <-chan struct{}) error {
			if since >= outageBegin && since < outageEnd {
				time.Sleep(outageEnd - since)
			}
			return nil
		},
		"it asks for five minutes each time": during(&transport.SendError{Outcome: transport.Retry, After: 5 * time.Minute, Err: errFlaky}),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := runFanOut(t, fail)
				undisturbed(t, well, got)
				assert.NoError(t, got.shutdown)
				assert.Empty(t, got.down.seen(outageBegin, outageEnd), "it was down")
				assert.Positive(t, got.duringOutage.Pending)

				// It has caught up: all at once when it is next tried, and from then
				// on it gets each flush as if nothing had been.
				b := got.books(t, "down")
				assert.Zero(t, b.DroppedTotal(), "%+v", b)
				assert.Equal(t, b.RolledUp, b.Delivered+b.Superseded)
				back := pointsOf(got.down.seen(outageEnd, forEver))
				require.NotEmpty(t, back)
				assert.LessOrEqual(t, back[0].at, outageEnd+5*time.Minute)
				tail := back[0].at + time.Minute
				sameNotes(t, well.down.seen(tail, forEver), got.down.seen(tail, forEver), "down, after it has caught up")
				assert.Equal(t, lastValues(well.down.notes), lastValues(got.down.notes), "what stands in the end")
				assert.IsNonDecreasing(t, revisionless(back), "in the order of time, but for late ones")
			})
		})
	}
}

// lastValues returns what a backend that overwrites has in the end.
func lastValues(notes []note) map[string]string {
	out := map[string]string{}
	for _, n := range notes {
		key, value, timed := strings.Cut(n.text, "=")
		if timed {
			out[key] = strings.Split(value, "/")[0]
		}
	}
	return out
}

// revisionless returns the times of the buckets of first sendings of one series.
func revisionless(notes []note) []int {
	var out []int
	for _, n := range notes {
		var at, value, rev int
		if k, err := fmt.Sscanf(n.text, "count requests[env:test route:cart]@%d=%d/%d", &at, &value, &rev); err == nil && k == 3 && rev == 0 {
			out = append(out, at)
		}
	}
	return out
}

// At the bound of its queue a backend that is down loses the oldest, or the newest
// if it is asked to, and exactly that is on its books.
func TestTheQueueOfABackendThatIsDownIsBounded(t *testing.T) {
	well := wellRun(t)
	const batches = 60
	for name, test := range map[string]struct {
		opts []stats.TransportOption
		from time.Duration // the first bucket of the outage that arrives
	}{
		"oldest first": {[]stats.TransportOption{stats.Queue(batches, 1<<30)}, outageEnd - batches*10*time.Second},
		"newest first": {[]stats.TransportOption{stats.Queue(batches, 1<<30), stats.DropNewest()}, outageBegin},
		"by bytes":     {[]stats.TransportOption{stats.Queue(1<<20, 20_000)}, outageEnd - 20*time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := runFanOut(t, during(answered(transport.Retry)), test.opts...)
				undisturbed(t, well, got)
				assert.NoError(t, got.shutdown)

				b := got.books(t, "down")
				lost := b.Dropped[transport.ReasonQueueFull]
				assert.Positive(t, lost)
				assert.Equal(t, lost, b.DroppedTotal())
				assert.Equal(t, b.RolledUp, b.Delivered+b.Superseded+lost)
				back := pointsOf(got.down.seen(outageEnd, forEver))
				require.NotEmpty(t, back)
				assert.LessOrEqual(t, back[0].at, outageEnd+30*time.Second, "a probe each 30 s")
				assert.IsNonDecreasing(t, revisionless(back))
				var first int
				_, err := fmt.Sscanf(back[0].text[strings.Index(back[0].text, "@"):], "@%d", &first)
				require.NoError(t, err)
				if name != "by bytes" {
					assert.LessOrEqual(t, got.duringOutage.Pending, uint64(batches+2)*5, "a batch has three series, and a late one now and then")
					assert.InDelta(t, test.from.Seconds(), float64(first), 40, "where what was kept begins")
				} else {
					assert.Greater(t, float64(first), test.from.Seconds(), "20 kB do not hold twenty minutes")
				}
			})
		})
	}
}

// Whatever one backend's code does, the others get what they get without it.
func TestABackendThatMisbehavesDisturbsNobody(t *testing.T) {
	well := wellRun(t)
	broken := func(do func() error) failing {
		return func(_ context.Context, since time.Duration, _ <-chan struct{}) error {
			if since >= outageBegin && since < outageEnd {
				return do()
			}
			return nil
		}
	}
	var typedNil *transport.SendError
	for name, test := range map[string]struct {
		fail  failing
		stuck bool // Shutdown has to leave it behind
		lies  bool // it says it took what it did not
	}{
		"it panics":                       {fail: broken(func() error { panic("the test's backend") })},
		"it panics with nil":              {fail: broken(func() error { var e error; panic(e) })},
		"it ends the goroutine":           {fail: broken(func() error { runtime.Goexit(); return nil })},
		"an outcome that there is not":    {fail: broken(func() error { return answered(99) })},
		"numbers outside the batch":       {fail: broken(func() error { return nonsense() })},
		"a typed nil":                     {fail: broken(func() error { return typedNil }), lies: true},
		"an error of no kind":             {fail: broken(func() error { return errFlaky })},
		"each point is too large":         {fail: during(answered(transport.TooLarge))},
		"each point is poison":            {fail: during(answered(transport.Poison))},
		"no answer is ever known":         {fail: during(answered(transport.Unknown))},
		"a Send that blocks for ever":     {fail: blockFrom(outageBegin), stuck: true},
		"blocked from the first Send on":  {fail: blockFrom(0), stuck: true},
		"an error of 64 KiB":              {fail: broken(func() error { return errors.New(strings.Repeat("x", 1<<16)) })},
		"a wait for a hundred years more": {fail: during(&transport.SendError{Outcome: transport.Retry, After: 100 * 365 * 24 * time.Hour})},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := runFanOut(t, test.fail)
				undisturbed(t, well, got)
				b := got.books(t, "down")
				if test.stuck {
					var loss *stats.LossError
					require.ErrorAs(t, got.shutdown, &loss)
					for _, lost := range loss.Transports {
						assert.Contains(t, []string{"down", "down events"}, lost.Transport, "the others have lost nothing")
					}
					assert.Contains(t, got.shutdown.Error(), "ignores the end of its context")
					assert.Positive(t, b.Pending+b.Unknown)
					return
				}
				assert.NoError(t, got.shutdown)
				assert.Zero(t, b.Pending)
				// When it works again it works as ever.
				tail := outageEnd + 6*time.Minute
				sameNotes(t, well.down.seen(tail, forEver), got.down.seen(tail, forEver), "down, after its trouble")
				if !test.lies {
					assert.EqualValues(t, unitsOf(got.down.notes), b.Delivered)
				}
			})
		})
	}
}

// nonsense is an answer of which every number is wrong.
func nonsense() error {
	return &transport.SendError{
		Outcome: -1, Delivered: -7, After: -time.Hour,
		Rejected: []transport.Rejection{{Index: -1}, {Index: math.MaxInt}, {Index: math.MinInt}},
	}
}

// blockFrom returns a failure that blocks from a time on, whatever its context says.
func blockFrom(from time.Duration) failing {
	return func(_ context.Context, since time.Duration, end <-chan struct{}) error {
		if since >= from {
			<-end
		}
		return nil
	}
}

// pointsOf leaves out the events, which have a queue of their own.
func pointsOf(notes []note) []note {
	return slices.DeleteFunc(slices.Clone(notes), func(n note) bool { return strings.HasPrefix(n.text, "event ") })
}

// unitsOf returns how many parts of the books they are: a histogram is one, of
// several points.
func unitsOf(notes []note) (n int) {
	for _, note := range pointsOf(notes) {
		if !strings.Contains(note.text, " latency.") || strings.Contains(note.text, " latency.count[") {
			n++
		}
	}
	return n
}
