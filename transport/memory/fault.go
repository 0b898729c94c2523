package memory

import (
	"context"
	"sync"

	"github.com/shardstats/shardstats/transport"
)

// FailNext makes the next n Sends return err, and take of their batches the
// leading items that a [transport.SendError] calls delivered, else nothing. It
// replaces what an earlier call asked for; 0 ends it. err must not be nil.
func (t *Transport) FailNext(n int, err error) {
	if err == nil {
		panic("memory: FailNext without an error")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures, t.failure = n, err
}

// SetSend has f decide about each Send from now on: f's error is returned, and
// as much of the batch is kept as it calls delivered. f is called by the sender,
// without a lock, must obey its ctx, and must not keep the batch. nil ends it.
// FailNext comes first.
func (t *Transport) SetSend(f func(ctx context.Context, b *transport.Batch) error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.send = f
}

// Receive keeps a copy of b as if it had been sent. With SetSend it makes an
// answer that was lost: f calls Receive and returns Unknown.
func (t *Transport) Receive(b *transport.Batch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keep(b, b.Len())
	t.wake()
}

// Block makes each Send wait until release is called or its context ends, when
// it fails as Retry. A second Block before release is the same as the first;
// release may be called more than once.
func (t *Transport) Block() (release func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gate == nil {
		t.gate = make(chan struct{})
	}
	gate := t.gate
	return sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.gate == gate { // else another release was faster
			close(gate)
			t.gate = nil
		}
	})
}

// pass waits at the gate. Its error says that nothing of the batch was looked at.
func (t *Transport) pass(ctx context.Context) error {
	for {
		t.mu.Lock()
		closed, gate := t.closed, t.gate
		t.mu.Unlock()
		switch {
		case closed:
			return &transport.SendError{Outcome: transport.Permanent, Err: transport.ErrClosed}
		case ctx.Err() != nil:
			return retry(ctx)
		case gate == nil:
			return nil
		}
		select {
		case <-gate:
		case <-ctx.Done():
			return retry(ctx)
		}
	}
}

func retry(ctx context.Context) error {
	return &transport.SendError{Outcome: transport.Retry, Err: context.Cause(ctx)}
}

// attempt returns what the test asked this Send to return.
func (t *Transport) attempt(ctx context.Context, b *transport.Batch) error {
	t.mu.Lock()
	if t.failures > 0 {
		t.failures--
		err := t.failure
		t.mu.Unlock()
		return err
	}
	send := t.send
	t.mu.Unlock()
	if send == nil {
		return nil
	}
	return send(ctx, b)
}
