package transporttest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// RunHTTP checks a transport that makes HTTP requests against peers that answer
// nonsense, nothing or without an end, one subtest for each: Send must come back by
// the end of its context, with an error that makes sense in a line of reasonable
// length, without reading or keeping more than a little of the answer, and the next
// Send to a healthy peer must arrive. newT returns a transport that sends to url;
// healthy answers as a peer of it does that takes everything.
func RunHTTP(t *testing.T, newT func(t *testing.T, url string) transport.Transport, healthy http.Handler) {
	t.Helper()
	cfg := newConfig(nil)
	for i := range hostiles {
		h := &hostiles[i]
		t.Run(h.name, func(t *testing.T) {
			label := newLabel()
			t.Cleanup(func() { reportLeaks(label, cfg, t.Errorf) })
			p := newPeer(h, healthy)
			t.Cleanup(p.close)
			labelled(label, func() {
				c := check{h.name, func(e *env) { survivesHostile(e, p) }}
				runCheck(c, cfg, func() transport.Transport { return newT(t, p.url()) }, t.Errorf)
			})
		})
	}
}

const (
	hostileTime  = 400 * time.Millisecond // for a Send to a hostile peer
	hostileGrace = time.Second            // beyond it, of time in which this process ran
	hostileBytes = 16 << 20               // of an answer: what is read, and what socket buffers hold
	hostileAlloc = 8 << 20                // by a Send and the peer
	errorBytes   = 4 << 10                // of an error's text
)

// survivesHostile sends to a peer that is well, hostile, and well again.
func survivesHostile(e *env, p *peer) {
	t := e.open()
	b := ordinary("hostile", describe(t))
	e.deliver(t, b)

	p.hostile.Store(true)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := e.sendInTime(t, b)
	runtime.ReadMemStats(&after)
	read, alloc := p.written.Load(), after.TotalAlloc-before.TotalAlloc
	if err == nil && !p.behaviour.maySucceed {
		e.errorf("Send says that all was delivered")
	}
	if read > hostileBytes {
		e.errorf("Send read some %d MiB of the answer: stop at 64 KiB", read>>20)
	}
	if alloc > hostileAlloc {
		e.errorf("Send took %d MiB of memory for the answer", alloc>>20)
	}
	if err != nil && len(err.Error()) > errorBytes {
		e.errorf("the error has %d bytes: quote at most a little of an answer", len(err.Error()))
	}

	p.hostile.Store(false)
	for attempt := 1; ; attempt++ {
		ctx, cancel := e.context()
		err := e.send(ctx, t, b)
		cancel()
		if err == nil {
			return
		}
		// A connection from before may break now: that is one attempt.
		if attempt == 3 {
			e.stop("Send fails also when the peer is well again: %v", err)
		}
	}
}

// sendInTime sends with a context that ends soon, and reports a Send that goes on.
func (e *env) sendInTime(t transport.Transport, b *transport.Batch) error {
	ctx, cancel := context.WithTimeout(context.Background(), e.cfg.hostileTime)
	defer cancel()
	returned, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-returned:
			return
		case <-ctx.Done():
		}
		if _, in := within(hostileGrace, returned); !in {
			e.errorf("Send went on for %v when its context, of %v, had ended", hostileGrace, e.cfg.hostileTime)
		}
	}()
	defer func() { // also when send ends the check
		close(returned)
		<-watched
	}()
	return e.send(ctx, t, b)
}

// peer is an HTTP server that is hostile when told.
type peer struct {
	behaviour *hostile
	server    *httptest.Server
	hostile   atomic.Bool
	written   atomic.Int64 // bytes of hostile answers
	answering sync.WaitGroup

	mu   sync.Mutex
	open map[net.Conn]bool // connections of hostile answers
}

func newPeer(h *hostile, healthy http.Handler) *peer {
	p := &peer{behaviour: h, open: map[net.Conn]bool{}}
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.hostile.Load() {
			healthy.ServeHTTP(w, r)
			return
		}
		p.answering.Add(1)
		defer p.answering.Done()
		if !h.early {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		p.keep(c, true)
		defer p.keep(c, false)
		h.answer(&wire{Conn: c, written: &p.written})
	}))
	return p
}

func (p *peer) url() string { return p.server.URL }

// keep notes a connection of a hostile answer, or closes and forgets it.
func (p *peer) keep(c net.Conn, open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if open {
		p.open[c] = true
		return
	}
	delete(p.open, c)
	_ = c.Close()
}

// close ends every connection and waits for the answers under way.
func (p *peer) close() {
	p.mu.Lock()
	for c := range p.open {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.server.CloseClientConnections()
	p.server.Close()
	p.answering.Wait()
}

// wire is the bare connection to the transport under test.
type wire struct {
	net.Conn
	written *atomic.Int64
	buf     []byte // what was said last, copied once: the memory of both sides is measured
}

// say writes text and reports whether the other side may want more.
func (w *wire) say(text string) bool {
	w.buf = append(w.buf[:0], text...)
	n, err := w.Write(w.buf)
	w.written.Add(int64(n))
	return err == nil && w.written.Load() < 10<<30
}

func (w *wire) sayf(format string, args ...any) bool { return w.say(fmt.Sprintf(format, args...)) }

// forever says text again and again, until the other side has gone.
func (w *wire) forever(text string) {
	for w.say(text) {
	}
}

// slowly says text again and again, a piece at a time.
func (w *wire) slowly(text string) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for i := 0; w.say(text[i%len(text) : i%len(text)+1]); i++ {
		<-tick.C
	}
}

// gone waits until the other side has ended the connection.
func (w *wire) gone() { _, _ = io.Copy(io.Discard, w.Conn) }
