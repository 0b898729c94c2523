package transport

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Transport delivers batches to one backend.
//
// Send is called by one goroutine at a time and Close after the last Send;
// neither needs a lock against the other unless a Send ignored its context,
// in which case Close may run beside it.
type Transport interface {
	// Send makes one attempt to deliver b, in order. It may block until ctx
	// ends, and never retries. It packs b into as many requests or datagrams
	// as its known limits ask for. b is shared with other transports and
	// reused: read only, and gone when Send returns.
	//
	// nil means that all of b was delivered. A *SendError, possibly wrapped,
	// says what became of it. Any other error counts as Permanent.
	Send(ctx context.Context, b *Batch) error

	// Close releases what the transport holds, within ctx. It is idempotent.
	Close(ctx context.Context) error
}

// Outcome says what became of the points of a failed Send.
type Outcome int

const (
	// Permanent: the backend will never take them. They are dropped and counted.
	Permanent Outcome = iota
	// Retry: they were not taken, a later attempt may succeed. No connection,
	// or HTTP 408, 429, 5xx.
	Retry
	// Unknown: they were sent and the answer was lost. Kinds that overwrite are
	// sent again, all others are counted as unknown.
	Unknown
	// TooLarge: the request was too large (HTTP 413). The flusher halves it,
	// down to the single point.
	TooLarge
	// Poison: one point makes the backend refuse the whole (HTTP 400). The
	// flusher halves until that point stands alone.
	Poison
	// Denied: the credentials were refused (HTTP 401, 403). The data stays
	// queued and the backend gets a probe now and then.
	Denied
)

var outcomeNames = [...]string{"permanent", "retry", "unknown", "too large", "poison", "denied"}

// String returns the outcome in words.
func (o Outcome) String() string {
	if o < 0 || int(o) >= len(outcomeNames) {
		return fmt.Sprintf("outcome %d", int(o))
	}
	return outcomeNames[o]
}

// SendError says what became of a batch that was not delivered whole.
//
// Points are numbered through the batch: the points of Series[0] first, then
// those of Series[1], and so on; after the last of them each event and then each
// check has one number. The first Delivered of them arrived, but for those in
// Rejected, which were refused one by one and may be anywhere; Outcome holds for all
// others. A batch of which the peer refused some and took the rest has all of
// it as Delivered.
type SendError struct {
	Outcome   Outcome
	Delivered int           // leading points known to be delivered
	Rejected  []Rejection   // single points the peer refused
	After     time.Duration // the wait the peer asked for (Retry-After); 0 if none
	Err       error         // the cause; never holds a secret
}

// Rejection is one point that the peer refused while it took others.
type Rejection struct {
	Index  int    // number of the point in the batch; if the peer says only how many, the last ones
	Reason string // the peer's words, or ours, in a few; one of the Reason constants is what the books name, else they say "rejected"
}

// Error says what happened in one line.
func (e *SendError) Error() string {
	msg := "transport: send: " + e.Outcome.String()
	if e.Err != nil {
		msg = e.Err.Error()
	}
	arrived := e.Delivered
	for _, r := range e.Rejected {
		if r.Index < e.Delivered {
			arrived--
		}
	}
	if arrived > 0 {
		msg += fmt.Sprintf(" (after %d points were delivered)", arrived)
	}
	if n := len(e.Rejected); n > 0 {
		msg += fmt.Sprintf(" (%d points rejected, the first: %s)", n, e.Rejected[0].Reason)
	}
	return msg
}

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Err }

// AsSendError returns err as a *SendError: nil for nil, the one err wraps if
// there is one, else a Permanent one around err.
func AsSendError(err error) *SendError {
	if err == nil {
		return nil
	}
	if se, ok := errors.AsType[*SendError](err); ok {
		if se == nil { // a typed nil in an error: the caller meant "no error"
			return nil
		}
		return se
	}
	return &SendError{Outcome: Permanent, Err: err}
}
