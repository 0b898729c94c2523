package transporttest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/transporttest"
)

// Each of these breaks one rule. The suite has to say so, in a check that is
// about the rule, with a message that names it.
func TestRejectsBrokenTransports(t *testing.T) {
	for _, c := range []struct {
		name    string
		check   string // that has to fail
		message string // that it has to give
		change  func(f *fake, release <-chan struct{})
	}{
		{"loses events without tags", "takes events and service checks", "of events and checks", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				if len(b.Events) > 0 && b.Events[0].Tags == nil {
					return nil
				}
				return f.goodSend(ctx, b)
			})},
		{"appends a tag behind those of an event", "takes events and service checks", "behind the end", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				for i := range b.Events {
					_ = append(b.Events[i].Tags, "host:x")
				}
				return f.goodSend(ctx, b)
			})},
		{"cannot send a check it says it takes", "takes events and service checks", "Send failed with a healthy peer", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				if len(b.Checks) > 0 {
					return &transport.SendError{Outcome: transport.Permanent}
				}
				return f.goodSend(ctx, b)
			})},
		{"loses the last check", "takes events and service checks", "were sent", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				if len(b.Checks) > 0 && strings.HasPrefix(b.Checks[0].Message, "long.") {
					return nil
				}
				return f.goodSend(ctx, b)
			})},
		{"sends an event twice", "takes events and service checks", "of events and checks", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				f.note(&transport.Batch{Events: b.Events})
				return f.goodSend(ctx, b)
			})},
		{"lets the text of an event forge another", "takes events and service checks", "of events and checks", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				lines := &transport.Batch{Series: b.Series, Checks: b.Checks}
				for _, e := range b.Events {
					for part := range strings.SplitSeq(e.Text, "\n") {
						e.Text = part
						lines.Events = append(lines.Events, e)
					}
				}
				return f.goodSend(ctx, lines)
			})},
		{"writes the texts of checks on one line", "takes events and service checks", "of events and checks", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				flat := &transport.Batch{Series: b.Series, Events: b.Events, Checks: slices.Clone(b.Checks)}
				for i := range flat.Checks {
					flat.Checks[i].Message = strings.ReplaceAll(flat.Checks[i].Message, "\n", " ")
				}
				return f.goodSend(ctx, flat)
			})},
		{"keeps an event and sends it later", "takes events and service checks", "scribbled", func(f *fake, _ <-chan struct{}) {
			var kept *transport.Batch
			f.send = func(ctx context.Context, b *transport.Batch) error {
				if kept != nil {
					f.note(kept)
				}
				kept = &transport.Batch{Events: b.Events}
				return f.goodSend(ctx, &transport.Batch{Series: b.Series, Checks: b.Checks})
			}
		}},
		{"drops events of a cancelled context", "obeys a cancelled context with events and checks", "ended as permanent", onCancelled(
			&transport.SendError{Outcome: transport.Permanent})},
		{"numbers an event beyond the batch", "obeys a cancelled context with events and checks", "Rejected has index 1", onCancelled(
			&transport.SendError{Outcome: transport.Retry, Rejected: []transport.Rejection{{Index: 1}}})},
		{"says that the only event was delivered and fails", "obeys a cancelled context with events and checks", "return nil", onCancelled(
			&transport.SendError{Outcome: transport.Unknown, Delivered: 1})},
		{"says nil to events of a cancelled context", "obeys a cancelled context with events and checks", "did not arrive", onCancelledNil},
		{"takes checks when closed", "refuses events and checks when closed", "after Close returned nil", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				if len(b.Checks) > 0 {
					return nil
				}
				return f.goodSend(ctx, b)
			})},
		{"says nil to events while its peer is away", "survives an outage with events and checks", "returned nil while", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				if f.isAway() {
					return nil
				}
				return f.goodSend(ctx, b)
			})},
		{"drops events while its peer is away", "survives an outage with events and checks", "ended as permanent", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				if f.isAway() {
					return errors.New("no route")
				}
				return f.goodSend(ctx, b)
			})},
		{"loses the last point", "delivers every point in order", `want "first.last"`, sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				return f.goodSend(ctx, &transport.Batch{Series: b.Series[:max(0, len(b.Series)-1)]})
			})},
		{"sends a series backwards", "delivers every point in order", "arrived as", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				r := &transport.Batch{Series: slices.Clone(b.Series)}
				for i := range r.Series {
					r.Series[i].Points = slices.Clone(r.Series[i].Points)
					slices.Reverse(r.Series[i].Points)
				}
				return f.goodSend(ctx, r)
			})},
		{"sends everything twice", "delivers every point in order", "arrived as", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				_ = f.goodSend(ctx, b)
				return f.goodSend(ctx, b)
			})},
		{"sorts the tags where they are", "delivers every point in order", "changed the batch", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				for i := range b.Series {
					slices.Reverse(b.Series[i].Tags)
				}
				return f.goodSend(ctx, b)
			})},
		{"appends a tag in the room behind the tags", "delivers every point in order", "behind the end", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				for i := range b.Series {
					_ = append(b.Series[i].Tags, "sent-by:us")
				}
				return f.goodSend(ctx, b)
			})},
		{"keeps the batch and sends it at the next Send", "keeps nothing of a batch", "scribbled", keepsBatch},
		{"keeps the summaries", "keeps nothing of a batch", "arrived as", keepsSummaries},
		{"fails on an empty batch", "takes an empty batch", "index out of range", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				_ = b.Series[0].Points[0]
				return f.goodSend(ctx, b)
			})},
		{"lets a name forge a second point", "carries strange names and tags", "arrived as", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				if err := ready(f, ctx); err != nil {
					return err
				}
				for _, flat := range f.spelled(b) {
					for part := range strings.SplitSeq(flat.Name, "\u2028") {
						flat.Name = part
						f.take(flat)
					}
				}
				return nil
			})},
		{"does not send what it spells", "carries strange names and tags", "arrived as", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				if err := ready(f, ctx); err != nil {
					return err
				}
				f.take(transporttest.Flatten(b.Series)...)
				return nil
			})},
		{"loses a connection with the points in it", "delivers every point in order", "points arrived, the first missing", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				if len(f.received()) >= 20 {
					return nil
				}
				return f.goodSend(ctx, b)
			})},
		{"writes values with six digits", "carries extreme values", "arrived as", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				if err := ready(f, ctx); err != nil {
					return err
				}
				for _, flat := range f.spelled(b) {
					_, _ = fmt.Sscan(fmt.Sprintf("%.6f", flat.Value), &flat.Value)
					f.take(flat)
				}
				return nil
			})},
		{"ignores its context", "obeys a cancelled context", "did not return", func(f *fake, release <-chan struct{}) {
			f.send = func(ctx context.Context, b *transport.Batch) error {
				if ctx.Err() != nil {
					<-release
				}
				return f.goodSend(ctx, b)
			}
		}},
		{"says nil to a cancelled context and sends nothing", "obeys a cancelled context", "did not arrive", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				if ctx.Err() != nil {
					return nil
				}
				return f.goodSend(ctx, b)
			})},
		{"returns the bare error of its context", "obeys a cancelled context", "counts as Permanent", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				return f.goodSend(ctx, b)
			})},
		{"condemns points for a cancelled context", "obeys a cancelled context", "says nothing about the points", onCancelled(
			&transport.SendError{Outcome: transport.Poison})},
		{"claims more than the batch holds", "obeys a cancelled context", "Delivered is 1000", onCancelled(
			&transport.SendError{Outcome: transport.Retry, Delivered: 1000})},
		{"claims what did not arrive", "obeys a cancelled context", "did not arrive", onCancelled(
			&transport.SendError{Outcome: transport.Retry, Delivered: 2})},
		{"claims less than nothing", "obeys a cancelled context", "Delivered is -1", onCancelled(
			&transport.SendError{Outcome: transport.Retry, Delivered: -1})},
		{"fails and claims all", "obeys a cancelled context", "return nil", func(f *fake, _ <-chan struct{}) {
			f.send = func(ctx context.Context, b *transport.Batch) error {
				if ctx.Err() != nil {
					return &transport.SendError{Outcome: transport.Retry, Delivered: b.Points()}
				}
				return f.goodSend(ctx, b)
			}
		}},
		{"rejects a point twice", "obeys a cancelled context", "has index 3", onCancelled(
			&transport.SendError{Outcome: transport.Retry, Rejected: []transport.Rejection{{Index: 3}, {Index: 3}}})},
		{"rejects a point that it then delivers", "carries strange names and tags", "", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				if err := f.goodSend(ctx, b); err != nil || len(b.Series) == 0 {
					return err
				}
				return &transport.SendError{Delivered: b.Len(), Rejected: []transport.Rejection{{Index: 1}}, Err: errors.New("odd")}
			})},
		{"rejects a point beyond the batch", "obeys a cancelled context", "has index 9999", onCancelled(
			&transport.SendError{Outcome: transport.Retry, Rejected: []transport.Rejection{{Index: 9999}}})},
		{"makes up an outcome", "obeys a cancelled context", "there is no outcome 17", onCancelled(
			&transport.SendError{Outcome: 17})},
		{"asks to wait for less than nothing", "obeys a cancelled context", "After is -1s", onCancelled(
			&transport.SendError{Outcome: transport.Retry, After: -time.Second})},
		{"writes errors of several lines", "obeys a cancelled context", "more than one line", onCancelled(
			&transport.SendError{Outcome: transport.Retry, Err: errors.New("first\nsecond")})},
		{"returns a nil SendError", "delivers every point in order", "return nil", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				if err := f.goodSend(ctx, b); err != nil {
					return err
				}
				var none *transport.SendError
				return none
			})},
		{"fails the second Close", "closes twice", "already closed", func(f *fake, _ <-chan struct{}) {
			f.close = func(ctx context.Context) error {
				if f.isClosed() {
					return errors.New("already closed")
				}
				return f.goodClose(ctx)
			}
		}},
		{"panics at the second Close", "closes twice", "close of closed channel", func(f *fake, _ <-chan struct{}) {
			done := make(chan struct{})
			f.close = func(ctx context.Context) error {
				close(done)
				return f.goodClose(ctx)
			}
		}},
		{"waits in Close for longer than it may", "closes within its context", "did not return", func(f *fake, release <-chan struct{}) {
			f.close = func(ctx context.Context) error {
				if ctx.Err() != nil {
					<-release
				}
				return f.goodClose(ctx)
			}
		}},
		{"panics in Send when closed", "refuses to send when closed", "send on closed channel", func(f *fake, _ <-chan struct{}) {
			f.send = func(ctx context.Context, b *transport.Batch) error {
				if f.isClosed() {
					panic("send on closed channel")
				}
				return f.goodSend(ctx, b)
			}
		}},
		{"takes points when closed", "refuses to send when closed", "returned nil", func(f *fake, _ <-chan struct{}) {
			f.close = func(context.Context) error { return nil }
		}},
		{"keeps its peer in a global variable", "shares nothing with its twin", "arrived as", sharesPeer},
		{"closes its twin", "shares nothing with its twin", "closed", sharesClosed},
		{"changes its description", "describes itself the same each time", "and after a Send", func(f *fake, _ <-chan struct{}) {
			f.describe = func() transport.Description {
				return transport.Description{Name: "fake", Summaries: true, Members: len(f.received()) == 0}
			}
		}},
		{"has a name with a line end", "describes itself the same each time", "no control characters", func(f *fake, _ <-chan struct{}) {
			f.describe = func() transport.Description { return transport.Description{Name: "fake\n"} }
		}},
		{"changes its temporality", "describes itself the same each time", "additive, and after a Send overwrite", func(f *fake, _ <-chan struct{}) {
			f.temporality = func(transport.Kind) transport.Temporality {
				if len(f.received()) > 0 {
					return transport.Overwrite
				}
				return transport.Additive
			}
		}},
		{"makes up a temporality", "describes itself the same each time", "want Additive, Overwrite or Cumulative", func(f *fake, _ <-chan struct{}) {
			f.temporality = func(transport.Kind) transport.Temporality { return 9 }
		}},
		{"identifies a series by nothing", "tells series apart the same each time", "want something appended", func(f *fake, _ <-chan struct{}) {
			f.identity = func(dst []byte, _ *transport.Series) []byte { return dst }
		}},
		{"identifies a series elsewhere", "tells series apart the same each time", "want something appended", func(f *fake, _ <-chan struct{}) {
			f.identity = func(_ []byte, s *transport.Series) []byte { return []byte(s.Name) }
		}},
		{"numbers the series it identifies", "tells series apart the same each time", "pure function", func(f *fake, _ <-chan struct{}) {
			var n atomic.Int64
			f.identity = func(dst []byte, s *transport.Series) []byte { return fmt.Append(dst, n.Add(1), s.Name) }
		}},
		{"spells a name to nothing", "spells names the same each time", "is empty", func(f *fake, _ <-chan struct{}) {
			f.name = func(s string) string { return strings.Trim(s, "_") }
		}},
		{"numbers the names it spells", "spells names the same each time", "pure function", func(f *fake, _ <-chan struct{}) {
			var n atomic.Int64
			f.name = func(s string) string {
				if strings.HasPrefix(s, "n.") {
					return s
				}
				return fmt.Sprintf("n.%d.%s", n.Add(1), s)
			}
		}},
		{"escapes its own escapes", "spells names the same each time", "a spelling that stays", func(f *fake, _ <-chan struct{}) {
			f.tag = func(s string) string { return strings.ReplaceAll(s, `\`, `\\`) }
		}},
		{"cuts letters in two", "spells names the same each time", "not UTF-8", func(f *fake, _ <-chan struct{}) {
			f.tag = func(s string) string { return s[:min(len(s), 3)] }
		}},
		{"panics where it spells", "spells names the same each time", "out of range", func(f *fake, _ <-chan struct{}) {
			f.name = func(s string) string { return s[:1] + s[1:2] + s[2:] }
		}},
		{"leaves a goroutine behind", "closes twice", "goroutines are left", func(f *fake, release <-chan struct{}) {
			f.send = func(ctx context.Context, b *transport.Batch) error {
				go func() { <-release }()
				return f.goodSend(ctx, b)
			}
		}},
		{"leaves a goroutine of its constructor behind", "closes twice", "goroutines are left", func(_ *fake, release <-chan struct{}) {
			go func() { <-release }()
		}},
		{"says nil while its peer is away", "survives an outage of its peer", "returned nil while", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				if f.isAway() {
					return nil
				}
				return f.goodSend(ctx, b)
			})},
		{"drops points while its peer is away", "survives an outage of its peer", "ended as permanent", sending(
			func(f *fake, ctx context.Context, b *transport.Batch) error {
				if f.isAway() {
					return errors.New("no route")
				}
				return f.goodSend(ctx, b)
			})},
		{"does not come back after an outage", "survives an outage of its peer", "after its peer came back", func(f *fake, _ <-chan struct{}) {
			var dead atomic.Bool
			f.send = func(ctx context.Context, b *transport.Batch) error {
				if f.isAway() {
					dead.Store(true)
				}
				if dead.Load() {
					return &transport.SendError{Outcome: transport.Retry}
				}
				return f.goodSend(ctx, b)
			}
		}},
		{"says nil after an outage and sends nothing", "survives an outage of its peer", "did not arrive", func(f *fake, _ <-chan struct{}) {
			var dead atomic.Bool
			f.send = func(ctx context.Context, b *transport.Batch) error {
				switch {
				case f.isAway():
					dead.Store(true)
				case dead.Load():
					return nil
				}
				return f.goodSend(ctx, b)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			release := make(chan struct{})
			defer close(release)
			only := func(check string) bool { return check == c.check }
			found := transporttest.AuditOnly(only, func() transport.Transport {
				f := newFake()
				c.change(f, release)
				return f
			}, reading, readingNotices, outage, transporttest.Within(2*time.Second))
			assert.Contains(t, strings.Join(found[c.check], "\n"), c.message)
		})
	}
}

// ready is what goodSend refuses.
func ready(f *fake, ctx context.Context) error {
	return f.goodSend(ctx, &transport.Batch{})
}

func sending(send func(f *fake, ctx context.Context, b *transport.Batch) error) func(*fake, <-chan struct{}) {
	return func(f *fake, _ <-chan struct{}) {
		f.send = func(ctx context.Context, b *transport.Batch) error { return send(f, ctx, b) }
	}
}

// onCancelled answers a cancelled context with err.
func onCancelled(err *transport.SendError) func(*fake, <-chan struct{}) {
	return sending(func(f *fake, ctx context.Context, b *transport.Batch) error {
		if ctx.Err() != nil {
			return err
		}
		return f.goodSend(ctx, b)
	})
}

// onCancelledNil answers a cancelled context with nil and sends nothing.
func onCancelledNil(f *fake, _ <-chan struct{}) {
	f.send = func(ctx context.Context, b *transport.Batch) error {
		if ctx.Err() != nil {
			return nil
		}
		return f.goodSend(ctx, b)
	}
}

func keepsBatch(f *fake, _ <-chan struct{}) {
	var mu sync.Mutex
	var kept *transport.Batch
	f.send = func(ctx context.Context, b *transport.Batch) error {
		mu.Lock()
		defer mu.Unlock()
		if err := ready(f, ctx); err != nil {
			return err
		}
		if kept != nil {
			f.take(f.spelled(kept)...)
		}
		kept = b
		return nil
	}
	f.close = func(ctx context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		if kept != nil {
			f.take(f.spelled(kept)...)
			kept = nil
		}
		return f.goodClose(ctx)
	}
}

func keepsSummaries(f *fake, _ <-chan struct{}) {
	var mu sync.Mutex
	summaries := map[int]*transport.Summary{} // by number of the point that arrived
	f.send = func(ctx context.Context, b *transport.Batch) error {
		mu.Lock()
		defer mu.Unlock()
		n := len(f.received())
		if err := f.goodSend(ctx, b); err != nil {
			return err
		}
		for i := range b.Series {
			for _, p := range b.Series[i].Points {
				if p.Summary != nil {
					summaries[n] = p.Summary
				}
				n++
			}
		}
		return nil
	}
	f.close = func(ctx context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		for n, s := range summaries {
			f.got[n].Value = s.Sum
		}
		return f.goodClose(ctx)
	}
}

var (
	commonPeer   = &peer{}
	commonClosed sync.Map // of the test "closes its twin"
)

func sharesPeer(f *fake, _ <-chan struct{}) { f.peer = commonPeer }

func sharesClosed(f *fake, _ <-chan struct{}) {
	f.close = func(ctx context.Context) error {
		commonClosed.Store("closed", true)
		return f.goodClose(ctx)
	}
	f.send = func(ctx context.Context, b *transport.Batch) error {
		if _, closed := commonClosed.Load("closed"); closed {
			return transport.ErrClosed
		}
		return f.goodSend(ctx, b)
	}
}
