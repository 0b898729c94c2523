package stats

import (
	"context"
	"time"

	"github.com/shardstats/shardstats/flush"
)

// LossError says what was undelivered or lost during a Shutdown, by transport and
// reason. For the whole life of a client read its Ledger.
type LossError = flush.LossError

// ErrClosed is what Flush returns after Shutdown.
var ErrClosed = flush.ErrClosed

// Flush sends everything accepted before the call, open and future buckets
// included, and returns when every transport has delivered or dropped it, or at
// the end of ctx (of 30 s if it has none), or earlier if no further attempt fits
// into it, with an error that names each transport and how much it still holds;
// that stays queued. What is submitted later to a
// bucket sent early is sent as the backend needs it, so a Flush in mid-interval
// changes no figure. A nil error says that nothing is left in the queues; what the
// backend refused for good is in the Ledger.
func (c *Client) Flush(ctx context.Context) error {
	if !c.live() {
		return nil
	}
	return c.core.flusher.Flush(ctx)
}

// FlushAt is Flush for the buckets that are closed at now.
func (c *Client) FlushAt(ctx context.Context, now time.Time) error {
	if !c.live() {
		return nil
	}
	return c.core.flusher.FlushAt(ctx, now)
}

// Shutdown closes the door, flushes for the last time and stops. Submissions
// after it are counted as after_stop. If something is undelivered at the end of
// ctx, the error is a *LossError. It returns earlier if no further attempt fits
// before that, and at once if the credentials are refused. A ctx without a deadline
// lets it wait for a backend that is down until that is back, a day at most: give it
// one, or use Close. It acts on the client,
// its parents and its children; a second call waits for the first and returns the
// same.
func (c *Client) Shutdown(ctx context.Context) error {
	if !c.live() {
		return nil
	}
	return c.core.flusher.Shutdown(ctx)
}

// Close is Shutdown with a deadline of 5 s.
func (c *Client) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), defaultCloseTimeout)
	defer cancel()
	return c.Shutdown(ctx)
}
