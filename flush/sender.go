package flush

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// Bounds of a queue for which the configuration gives none.
const (
	defaultQueueBatches = 1024
	defaultQueueBytes   = 32 << 20
	defaultItems        = "points"
)

// senderEnv is what all senders of a flusher have in common.
type senderEnv struct {
	log     *slog.Logger
	onError func(error) // called without a lock of ours
	manual  bool        // no goroutine between calls of wait and stop
	items   string      // what is delivered, for messages; "" = points

	gate   *gate // what the senders of one transport share; nil if there is one only
	yields bool  // its Send may be ended for that of the other

	sendTimeout time.Duration // for one Send; 0 = 30 s
	maxAge      time.Duration // how long a batch is retried from its enqueueing on; 0 = 24 h
}

// sender delivers to one transport: it owns the queue, the books and the one
// goroutine that calls Send.
//
//	flusher ──enqueue──► queue ──► pump: supersede → Send → settle ──► books
//	                       ▲                                  │
//	                       └── what is open after an attempt ─┘ (stays at the front)
//
// The front parcel is retried before any other is sent, so that what arrives
// arrives in the order of hand-out. All methods may be called concurrently and
// none waits for Send longer than its context allows.
//
// In manual mode the goroutine lives only while somebody is in wait or stop. It
// is a goroutine all the same and not the caller's own, so that a Send that
// ignores its context cannot keep the caller.
type sender struct {
	cfg      TransportConfig
	env      senderEnv
	report   *reporter
	logStack sync.Once
	wake     chan struct{} // capacity 1; tells the pump that there is something new

	mu       sync.Mutex
	accounts accounts
	losses   losses
	queue    queue
	seq      uint64     // loads enqueued
	inflight *parcel    // the front parcel while Send has it
	retired  []*handout // settled under the lock, released after it (see unlock)
	overflow int        // units dropped at the queue's bound and not reported yet

	waiters int
	changed chan struct{} // closed and replaced when waiters should look again

	running  bool               // a pump is running
	pumpDone chan struct{}      // closed when it has ended
	cancel   context.CancelFunc // ends its Send and itself
	recalled bool               // it was cancelled by a waiter that left, and not by stop

	stopping bool
	deadline time.Time // of stop; zero = none
	hurried  bool      // the attempt out of turn before the deadline was made
	over     bool      // stopped: nothing more is sent
	stopDone chan struct{}
	stopErr  error // valid when stopDone is closed

	pace pace // written by the pump, under the lock

	scratch excerpt // owned by the pump
}

func newSender(cfg TransportConfig, env senderEnv) *sender {
	if cfg.QueueBatches <= 0 {
		cfg.QueueBatches = defaultQueueBatches
	}
	if cfg.QueueBytes <= 0 {
		cfg.QueueBytes = defaultQueueBytes
	}
	if env.sendTimeout <= 0 {
		env.sendTimeout = sendTimeout
	}
	if env.maxAge <= 0 {
		env.maxAge = defaultAge
	}
	if env.items == "" {
		env.items = defaultItems
	}
	s := &sender{
		cfg:      cfg,
		env:      env,
		report:   &reporter{transport: cfg.Name, log: env.log, onError: env.onError},
		wake:     make(chan struct{}, 1),
		queue:    queue{maxBatches: cfg.QueueBatches, maxBytes: cfg.QueueBytes, dropNewest: cfg.DropNewest},
		changed:  make(chan struct{}),
		stopDone: make(chan struct{}),
		pace:     newPace(),
	}
	s.accounts.books.Transport = cfg.Name
	return s
}

// start starts the goroutine. In manual mode there is none to start.
func (s *sender) start() {
	if s.env.manual {
		return
	}
	s.mu.Lock()
	defer s.unlock()
	if !s.stopping {
		s.ensurePump()
	}
}

// enqueue takes h for delivery and a reference to it. The caller must hold a
// reference of its own while it hands h to several senders. It never waits; at
// the queue's bound something is dropped. recycle may be called from within, for
// a batch that is dropped here.
func (s *sender) enqueue(h *handout) {
	if len(h.units) == 0 {
		return
	}
	h.retain()
	s.mu.Lock()
	s.accounts.transfer(rolledUp, fate{column: pending}, len(h.units))
	s.seq++
	l, p := newLoad(h, s.seq, time.Now())
	switch {
	case s.stopping: // an event that raced with Shutdown
		s.settleAll(p, dropFor(transport.ReasonAfterStop))
	case s.makeRoom(h.bytes):
		s.queue.push(p)
	default:
		s.overflow += l.left
		s.settleAll(p, dropFor(transport.ReasonQueueFull))
	}
	s.unlock()
	s.signal()
}

// makeRoom drops from the queue by its policy and reports whether a batch of so
// many bytes has a place. The caller holds the lock.
func (s *sender) makeRoom(bytes int) bool {
	var flying *load
	if s.inflight != nil {
		flying = s.inflight.load
	}
	for s.queue.full(bytes, flying) {
		l := s.queue.oldest(flying)
		if s.queue.dropNewest || l == nil {
			return false
		}
		s.overflow += l.left
		s.discard(l, transport.ReasonQueueFull)
		s.notify()
	}
	return true
}

// drop accounts for n units that never reach the queue.
func (s *sender) drop(n int, reason transport.Reason) {
	s.mu.Lock()
	defer s.unlock()
	s.accounts.transfer(rolledUp, dropFor(reason), n)
}

// shifted counts n late parts that are in a total with a later time.
func (s *sender) shifted(n uint64) {
	s.mu.Lock()
	defer s.unlock()
	s.accounts.books.LateShifted += n
}

// books returns a copy of the books as they are at this instant.
func (s *sender) books() Books {
	s.mu.Lock()
	defer s.unlock()
	return s.accounts.snapshot()
}

// unlock releases the lock and then the handouts settled under it: recycling is
// the flusher's code and takes locks of its own.
func (s *sender) unlock() {
	retired := s.retired
	s.retired = nil
	s.mu.Unlock()
	for _, h := range retired {
		h.release()
	}
}

// notify makes waiters look again. The caller holds the lock.
func (s *sender) notify() {
	if s.waiters > 0 {
		close(s.changed)
		s.changed = make(chan struct{})
	}
}

// signal wakes the pump. A token that is there already does as well.
func (s *sender) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// fail notes and reports a failure. The caller does not hold the lock.
func (s *sender) fail(err error) {
	s.mu.Lock()
	s.accounts.books.LastError = err.Error()
	s.unlock()
	s.report.report(err)
}
