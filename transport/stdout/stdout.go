package stdout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"sync/atomic"

	"github.com/shardstats/shardstats/transport"
)

// chunkBytes is about how much one Write gets: few system calls, and little to
// repeat when a pipe is full.
const chunkBytes = 32 << 10

// Transport writes lines to an io.Writer. Make it with [New].
type Transport struct {
	w      io.Writer
	closed atomic.Bool

	// Owned by Send.
	buf  []byte
	torn bool // the last write ended inside a line
}

// New returns a transport that writes to w, a few whole lines with each Write.
// It does not close w. Others may write to w as far as w allows it: os.Stdout
// does, a bytes.Buffer does not.
func New(w io.Writer) *Transport { return &Transport{w: w} }

// Describe implements [transport.Describer].
func (t *Transport) Describe() transport.Description {
	return transport.Description{Name: "stdout", Events: true, Checks: true}
}

// Temporality implements [transport.TemporalityReporter]: the figures of an
// expanded histogram cannot be added up, so a late part comes as a new line for
// the whole, with a higher rev.
func (t *Transport) Temporality(transport.Kind) transport.Temporality { return transport.Overwrite }

// Send writes b, a line for each item. Between writes it looks at ctx; a Write that
// blocks, as one to a full pipe does, cannot be interrupted. When a Write fails, the
// lines that were written whole count as delivered, and the next Send begins on a
// new line. A writer that is closed fails for good, any other error is Retry.
func (t *Transport) Send(ctx context.Context, b *transport.Batch) error {
	if t.closed.Load() {
		return &transport.SendError{Outcome: transport.Permanent, Err: transport.ErrClosed}
	}
	t.begin()
	lines, delivered := b.Len(), 0
	for line := range items(b) {
		t.buf = line(t.buf)
		if len(t.buf) < chunkBytes {
			continue
		}
		n, err := t.write(ctx)
		delivered += n
		if err != nil {
			return failed(delivered, lines, err)
		}
		t.begin()
	}
	if delivered == lines {
		return nil
	}
	n, err := t.write(ctx)
	return failed(delivered+n, lines, err)
}

// items yields what appends each line of b, in the order of [transport.SendError].
func items(b *transport.Batch) iter.Seq[func([]byte) []byte] {
	return func(yield func(func([]byte) []byte) bool) {
		for i := range b.Series {
			s := &b.Series[i]
			for j := range s.Points {
				if !yield(func(dst []byte) []byte { return appendLine(dst, s, &s.Points[j]) }) {
					return
				}
			}
		}
		for i := range b.Events {
			if !yield(func(dst []byte) []byte { return appendEvent(dst, &b.Events[i]) }) {
				return
			}
		}
		for i := range b.Checks {
			if !yield(func(dst []byte) []byte { return appendCheck(dst, &b.Checks[i]) }) {
				return
			}
		}
	}
}

// Close makes each later Send fail. It leaves the writer open.
func (t *Transport) Close(context.Context) error {
	t.closed.Store(true)
	return nil
}

// begin empties the buffer, or starts it with the end of a line cut before.
func (t *Transport) begin() {
	t.buf = t.buf[:0]
	if t.torn {
		t.buf = append(t.buf, '\n')
	}
}

// write writes the buffer and returns how many of its lines are out.
func (t *Transport) write(ctx context.Context) (lines int, err error) {
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	healing := t.torn // the first line end is that of the line cut before
	n, err := t.w.Write(t.buf)
	n = max(0, min(n, len(t.buf)))
	if err == nil && n < len(t.buf) {
		err = io.ErrShortWrite
	}
	written := t.buf[:n]
	if n > 0 {
		t.torn = written[n-1] != '\n'
	}
	lines = bytes.Count(written, []byte{'\n'})
	if healing && lines > 0 {
		lines--
	}
	if n > 0 && t.torn && n < len(t.buf) && t.buf[n] == '\n' {
		lines++ // all but its line end is out, and the next write begins with that
	}
	return lines, err
}

// failed returns what a Send of so many lines returns after err.
func failed(delivered, lines int, err error) error {
	if err == nil || delivered == lines { // at most a line end is missing: the next write begins with it
		return nil
	}
	outcome := transport.Retry
	if errors.Is(err, os.ErrClosed) || errors.Is(err, io.ErrClosedPipe) {
		outcome = transport.Permanent
	}
	return &transport.SendError{Outcome: outcome, Delivered: delivered, Err: fmt.Errorf("stdout: write: %w", err)}
}
