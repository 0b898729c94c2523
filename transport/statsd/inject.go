package statsd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/line"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

// ErrQueueFull is the cause of an Inject or GaugeDelta that was refused because
// Config.QueueSize lines wait.
var ErrQueueFull = errors.New("statsd: the queue of lines is full")

// Inject sends a line of the caller's own: prefix, path, ":", value, "|", typeCode.
// The word of the kind, as "counters.", is the caller's to write. typeCode may go on
// with a rate and tags, as "ms|@0.1|#env:live". The parts are printable ASCII without
// blanks; a path or value with ":" or "|", or a typeCode with ":" before its tags,
// would be more than one sample, and is refused like everything that would not be one
// line.
//
// It does not block: the line joins a queue, and is sent within a fraction of a
// second, in order, while there is a connection. A line that a dying connection has
// cut is sent again from its start on the next; one that the peer may have got is
// not, and counts as Unknown in [Transport.Lines]. Any goroutine may call it.
func (t *Transport) Inject(path, value, typeCode string) error {
	text, err := rawLine(t.cfg.Prefix, path, value, typeCode)
	if err != nil {
		return err
	}
	return t.enqueue(text)
}

// GaugeDelta changes the value that the server has for a gauge, which is 0 at first,
// by delta; Gauge.Add of a client instead sends what the value of this process has
// become. The path is the gauge's name: prefix, "gauges." and replacements are as for
// a gauge of a Batch that has no tags. It is queued as by [Transport.Inject], and in
// no set order with what Send delivers.
func (t *Transport) GaugeDelta(path string, delta float64) error {
	if path == "" {
		return errors.New("statsd: gauge delta: the path is empty")
	}
	if !summary.Finite(delta) {
		return fmt.Errorf("statsd: gauge delta of %q: %v cannot be added", path, delta)
	}
	text := t.naming.appendPath(nil, &transport.Series{Name: path, Kind: transport.KindGauge})
	text = append(text, ':')
	if delta >= 0 {
		text = append(text, '+')
	}
	text = append(line.AppendFloat(text, delta), "|g\n"...)
	return t.enqueue(string(text))
}

func (t *Transport) enqueue(text string) error {
	if len(text) > t.limit() {
		return fmt.Errorf("statsd: a line of %d bytes: want at most %d", len(text), t.limit())
	}
	if err := t.begin(); err != nil {
		return err
	}
	if t.wire == nil {
		return nil
	}
	return t.inject.add(text)
}

// rawLine returns the line of these parts, or why they do not make one line of one
// sample.
func rawLine(prefix, path, value, typeCode string) (string, error) {
	kind, _, _ := strings.Cut(typeCode, "|#")
	for _, part := range []struct{ name, text, none string }{
		{"path", path, ":|"}, {"value", value, ":|"}, {"type code", typeCode, ""}, {"type code", kind, ":"},
	} {
		if part.text == "" {
			return "", fmt.Errorf("statsd: inject: the %s is empty", part.name)
		}
		if part.text[0] == '#' && part.name == "type code" { // behind the "|" it would begin the tags
			return "", fmt.Errorf("statsd: inject: the type code %q has no type before its tags", part.text)
		}
		for i := range len(part.text) {
			if c := part.text[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(part.none, c) >= 0 {
				return "", fmt.Errorf("statsd: inject: the %s %q has %q: want one line of printable ASCII with one sample", part.name, part.text, c)
			}
		}
	}
	return prefix + path + ":" + value + "|" + typeCode + "\n", nil
}

// Lines says what became of the lines of Inject and GaugeDelta. At any time Accepted
// = Delivered + Unknown + Waiting.
type Lines struct {
	Accepted  uint64 // taken into the queue
	Delivered uint64 // sent, and confirmed as Config.Confirm says
	Unknown   uint64 // sent over a connection that died before it was confirmed
	Waiting   uint64 // in the queue; after Close, lost
	Refused   uint64 // not taken: the queue was full
}

// Lines returns the counts of injected lines so far. Any goroutine may call it.
func (t *Transport) Lines() Lines {
	if t.inject == nil {
		return Lines{}
	}
	t.inject.mu.Lock()
	defer t.inject.mu.Unlock()
	return t.inject.lines
}

// gather is how long a line may wait for others to share a connection with. It
// bounds how many connections ConfirmClose uses up: each of the two for a delivery
// keeps a port of this machine for a minute.
const gather = 100 * time.Millisecond

// injector is the queue of injected lines, and the goroutine that sends them.
type injector struct {
	cfg  *Config
	wire wire
	wake chan struct{} // capacity 1: a line was added, or draining began

	mu       sync.Mutex
	queue    []string // each with its line feed
	lines    Lines
	draining bool
	empty    chan struct{} // closed when the queue is empty and draining

	full, lost throttle
	chunk      chunk // owned by run
}

func newInjector(cfg *Config, w wire) *injector {
	return &injector{cfg: cfg, wire: w, wake: make(chan struct{}, 1), empty: make(chan struct{})}
}

func (in *injector) add(text string) error {
	in.mu.Lock()
	switch {
	case in.draining:
		in.mu.Unlock()
		return transport.ErrClosed
	case len(in.queue) < in.cfg.QueueSize:
		in.queue = append(in.queue, text)
		in.lines.Accepted++
		in.lines.Waiting++
		in.mu.Unlock()
		in.wakeUp()
		return nil
	}
	in.lines.Refused++
	refused := in.lines.Refused
	in.mu.Unlock()
	if n, ok := in.full.allow(); ok && in.cfg.Logger != nil {
		in.cfg.Logger.Warn("statsd: the queue of lines is full: the newest are dropped",
			"address", in.cfg.Address, "size", in.cfg.QueueSize, "in a row", n, "dropped", refused)
	}
	return ErrQueueFull
}

func (in *injector) wakeUp() {
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

// run sends what is queued until ctx ends.
func (in *injector) run(ctx context.Context) {
	for {
		waiting, draining := in.state()
		switch {
		case waiting == 0:
			select {
			case <-in.wake:
			case <-ctx.Done():
				return
			}
			continue
		case !draining:
			in.wait(ctx, gather)
		}
		if ctx.Err() != nil {
			return
		}
		if !in.send(ctx) {
			in.wait(ctx, in.cfg.ReconnectMin)
		}
	}
}

func (in *injector) state() (waiting int, draining bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.queue) == 0 && in.draining {
		select {
		case <-in.empty:
		default:
			close(in.empty)
		}
	}
	return len(in.queue), in.draining
}

// wait returns after d, or sooner if draining has begun, or the queue is half full.
func (in *injector) wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	_, before := in.state()
	for {
		select {
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		case <-in.wake:
		}
		waiting, draining := in.state()
		if draining != before || d == gather && waiting > in.cfg.QueueSize/2 {
			return
		}
	}
}

// send makes one attempt at the front of the queue, and reports whether it may go on
// at once.
func (in *injector) send(ctx context.Context) bool {
	in.chunk.reset()
	in.mu.Lock()
	for _, text := range in.queue {
		if len(in.chunk.buf)+len(text) > chunkBytes {
			break
		}
		in.chunk.buf = append(in.chunk.buf, text...)
		in.chunk.units = append(in.chunk.units, unit{end: len(in.chunk.buf)})
	}
	draining := in.draining
	in.mu.Unlock()

	// Close is in haste; else nothing hurries a line that could not be sent so far.
	sure, doubtful, err := in.wire.deliver(ctx, &in.chunk, !draining)

	in.mu.Lock()
	gone := max(sure, doubtful)
	clear(in.queue[:gone])
	if in.queue = in.queue[gone:]; len(in.queue) == 0 {
		in.queue = nil
	}
	in.lines.Waiting -= uint64(gone)
	in.lines.Delivered += uint64(sure)
	in.lines.Unknown += uint64(gone - sure)
	in.mu.Unlock()

	if sure > 0 {
		in.full.reset()
		in.lost.reset()
	}
	if gone > sure && in.cfg.Logger != nil {
		if n, ok := in.lost.allow(); ok {
			in.cfg.Logger.Warn("statsd: lines may be lost: their connection died before they were confirmed",
				"address", in.cfg.Address, "lines", gone-sure, "error", err.Error(), "in a row", n)
		}
	}
	return err == nil
}

// drain refuses further lines and waits until the queue is empty, or ctx ends.
func (in *injector) drain(ctx context.Context) {
	in.mu.Lock()
	in.draining = true
	in.mu.Unlock()
	in.wakeUp()
	select {
	case <-in.empty:
	case <-ctx.Done():
	}
}

// leftover returns an error if lines are left in the queue.
func (in *injector) leftover() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if n := len(in.queue); n > 0 {
		return fmt.Errorf("statsd: close: %d of the lines for %s were not sent: it could not be reached in time", n, in.cfg.Address)
	}
	return nil
}
