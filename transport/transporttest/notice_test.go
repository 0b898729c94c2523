package transporttest_test

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/shardstats/shardstats/transport"
)

var brokenNotices = []broken{
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
	{"says nil to events of a cancelled context", "obeys a cancelled context with events and checks", "did not arrive", onCancelled(nil)},
	{"takes checks when closed", "refuses events and checks when closed", "after Close returned nil", sending(
		func(f *fake, ctx context.Context, b *transport.Batch) error {
			if len(b.Checks) > 0 {
				return nil
			}
			return f.goodSend(ctx, b)
		})},
	{"says nil to events while its peer is away", "survives an outage with events and checks", "returned nil while", whenAway(nil)},
	{"drops events while its peer is away", "survives an outage with events and checks", "ended as permanent", whenAway(errors.New("no route"))},
}
