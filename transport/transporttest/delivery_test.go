package transporttest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/transporttest"
)

var brokenDelivery = []broken{
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
	{"says nil to a cancelled context and sends nothing", "obeys a cancelled context", "did not arrive", onCancelled(nil)},
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
	{"rejects a point that it then delivers", "carries strange names and tags", "point 1 arrived as", sending(
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
	{"says nil while its peer is away", "survives an outage of its peer", "returned nil while", whenAway(nil)},
	{"drops points while its peer is away", "survives an outage of its peer", "ended as permanent", whenAway(errors.New("no route"))},
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
