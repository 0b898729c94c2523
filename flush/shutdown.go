package flush

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// LossError says what a Shutdown could not deliver.
type LossError struct {
	// Transports are the books of those that still hold points or have lost some,
	// as they stood at the end.
	Transports []Books
	// Err joins what went wrong: contexts that ended, transports that were left
	// behind in a Send or Close that ignores its context.
	Err error
}

// Error names each transport with what it did not deliver, by reason, and with
// its last failure. It is one line.
func (e *LossError) Error() string {
	var why string
	if e.Err != nil {
		why = oneLine(e.Err.Error())
	}
	var b strings.Builder
	b.WriteString("flush: not everything was delivered")
	for i := range e.Transports {
		t := &e.Transports[i]
		fmt.Fprintf(&b, "; %s: %d pending", t.Transport, t.Pending)
		if t.Unknown > 0 {
			fmt.Fprintf(&b, ", %d unknown", t.Unknown)
		}
		for _, reason := range slices.Sorted(maps.Keys(t.Dropped)) {
			fmt.Fprintf(&b, ", %d dropped (%s)", t.Dropped[reason], reason)
		}
		if last := oneLine(t.LastError); !strings.Contains(why, last) { // "" is in any text
			b.WriteString(", last failure: " + last)
		}
	}
	if why != "" {
		b.WriteString("; " + why)
	}
	return b.String()
}

// oneLine joins the lines of a text; errors.Join makes one of each error.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}

// Unwrap returns the causes.
func (e *LossError) Unwrap() error { return e.Err }

// Shutdown closes the door, hands out everything, delivers until ctx ends and
// stops. The error is a *LossError if something is undelivered. A second call
// waits for the first, within its own ctx, and returns the same.
func (f *Flusher) Shutdown(ctx context.Context) error {
	if ctx == nil {
		ctx = context.Background()
	}
	f.mu.Lock()
	first, ticking := !f.closing, f.ticking
	f.closing = true
	f.shut.Store(true)
	f.mu.Unlock()
	if first {
		if ticking {
			f.halt()
			<-f.done
		}
		f.lossErr = f.stop(ctx)
		close(f.stopped)
		return f.lossErr
	}
	select {
	case <-f.stopped:
		return f.lossErr
	case <-ctx.Done():
		return fmt.Errorf("flush: another Shutdown is still under way: %w", context.Cause(ctx))
	}
}

// stop is Shutdown after the goroutine has ended.
func (f *Flusher) stop(ctx context.Context) error {
	before := f.allBooks()
	f.beforeSwap(ctx)
	err := f.collectLast(ctx)
	f.complain()
	err = errors.Join(err, f.each(func(s *sender) error { return s.stop(ctx) }), f.complained(ctx))
	return lossSince(before, f.allBooks(), err)
}

// allBooks returns the books of points and then those of events.
func (f *Flusher) allBooks() []Books { return append(f.Books(), f.EventBooks()...) }

// collectLast closes the door and hands out everything.
func (f *Flusher) collectLast(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.prepare(f.cfg.Clock.Now())
	f.source.Stop(f.now.Unix(), (*fold)(f))
	err := f.drainHeld(ctx)
	f.settle()
	f.handOutAll()
	f.deliver()
	return err
}

// lossSince returns nil if nothing is pending, nothing was lost since before,
// and nothing went wrong.
func lossSince(before, after []Books, err error) error {
	loss := &LossError{Err: err}
	for i := range after {
		lost := func(b *Books) uint64 { return b.Unknown + b.DroppedTotal() }
		if after[i].Pending > 0 || lost(&after[i]) > lost(&before[i]) {
			loss.Transports = append(loss.Transports, after[i])
		}
	}
	if len(loss.Transports) == 0 && err == nil {
		return nil
	}
	return loss
}
