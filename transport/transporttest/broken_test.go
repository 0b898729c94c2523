package transporttest_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/transporttest"
)

// broken is what breaks one rule.
type broken struct {
	name    string
	check   string // that has to fail
	message string // that it has to give
	change  func(f *fake, release <-chan struct{})
}

// Each of these breaks one rule. The suite has to say so, in a check that is
// about the rule, with a message that names it.
func TestRejectsBrokenTransports(t *testing.T) {
	for _, c := range slices.Concat(brokenDelivery, brokenLifecycle, brokenCapabilities, brokenNotices) {
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
			assert.NotEmpty(t, c.message)
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

// onCancelled answers a cancelled context with err, and sends nothing.
func onCancelled(err error) func(*fake, <-chan struct{}) {
	return sending(func(f *fake, ctx context.Context, b *transport.Batch) error {
		if ctx.Err() != nil {
			return err
		}
		return f.goodSend(ctx, b)
	})
}

// whenAway answers with err while the peer is away, and sends nothing.
func whenAway(err error) func(*fake, <-chan struct{}) {
	return sending(func(f *fake, ctx context.Context, b *transport.Batch) error {
		if f.isAway() {
			return err
		}
		return f.goodSend(ctx, b)
	})
}
