package flush

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/shardstats/shardstats/rollup"
)

// ErrClosed is returned by Flush and FlushAt after Shutdown.
var ErrClosed = errors.New("flush: the client is shut down")

// flushTimeout bounds a Flush whose context has no deadline.
const flushTimeout = 30 * time.Second

// Flusher swaps, merges and hands out. All its methods may be called by any
// number of goroutines; one mutex orders what they do, so no generation is
// drained twice and no bucket handed out by two at once. Delivery happens beside
// it: the mutex is never held while a transport is waited for.
type Flusher struct {
	cfg     Config
	source  Source
	rollup  int64 // seconds
	senders []*sender
	views   []*view

	wakeup chan struct{} // capacity 1: a log fills up
	quit   chan struct{} // closed by Shutdown
	done   chan struct{} // closed when the goroutine has ended

	mu        sync.Mutex
	closed    bool
	stretched uint64 // swaps that came more than one roll-up late

	// What a drain folds into; see fold.go.
	now    time.Time
	into   int64            // start of the bucket that takes what has no time of its own
	starts map[uint64]int64 // generation → start of its bucket, for the last few

	buckets bucketSet
	memory  sentMemory
	outbox  []delivery // handed out, and waiting for the jitter to pass
	batches uint64     // made

	started, closing bool
	shutdownErr      error         // valid when stopped is closed
	stopped          chan struct{} // closed when Shutdown is through
}

// New returns a flusher that does nothing yet. It fails if two percentiles would
// get one name.
func New(cfg Config) (*Flusher, error) {
	if err := checkPercentiles(cfg.Percentiles); err != nil {
		return nil, err
	}
	f := &Flusher{
		cfg:     cfg,
		source:  cfg.Store,
		rollup:  int64(cfg.Rollup / time.Second),
		wakeup:  make(chan struct{}, 1),
		quit:    make(chan struct{}),
		done:    make(chan struct{}),
		stopped: make(chan struct{}),
		starts:  map[uint64]int64{},
	}
	f.buckets = newBucketSet(rollup.Limits{
		Reservoir:    cfg.ReservoirSize,
		Distribution: cfg.DistributionValues,
		Members:      cfg.SetMembers,
	}, rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())))
	f.memory = newSentMemory()
	names := map[string]int{}
	for _, tc := range cfg.Transports {
		tc.Name = uniqueName(names, tc)
		s := newSender(tc, senderEnv{log: cfg.Log, onError: cfg.OnError, manual: cfg.Manual})
		f.senders = append(f.senders, s)
		f.join(s, tc)
	}
	return f, nil
}

// Start starts the goroutines of the flusher and the senders. Not in manual mode.
func (f *Flusher) Start() {
	for _, s := range f.senders {
		s.start()
	}
	f.started = true
	go f.run()
}

// Wake asks for a drain of the timed logs. It never blocks.
func (f *Flusher) Wake() {
	select {
	case f.wakeup <- struct{}{}:
	default: // it is asked for already
	}
}

// Books returns the accounts of each transport.
func (f *Flusher) Books() []Books {
	books := make([]Books, len(f.senders))
	for i, s := range f.senders {
		books[i] = s.books()
	}
	return books
}

// Stretched returns how many swaps came so late (a suspended machine, a starved
// process) that their generation was stamped with the time of the swap.
func (f *Flusher) Stretched() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stretched
}

// Flush hands out everything submitted before the call, open and future buckets
// included, and waits for its delivery until ctx ends (30 s if it has no
// deadline). The error joins one for each transport that still holds points.
func (f *Flusher) Flush(ctx context.Context) error { return f.flush(ctx, nil) }

// FlushAt is Flush for the buckets that are closed at now.
func (f *Flusher) FlushAt(ctx context.Context, now time.Time) error { return f.flush(ctx, &now) }

func (f *Flusher) flush(ctx context.Context, cut *time.Time) error {
	if ctx == nil {
		ctx = context.Background()
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, flushTimeout)
		defer cancel()
	}
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return ErrClosed
	}
	f.drain(f.cfg.Clock.Now())
	err := f.drainHeld(ctx)
	if cut == nil {
		f.handOutAll()
	} else {
		f.handOut(cut.Unix())
	}
	f.deliver()
	f.mu.Unlock()
	return errors.Join(err, f.each(func(s *sender) error { return s.wait(ctx) }))
}

// drainHeld waits for the observations that submitters are in the middle of.
// Under f.mu.
func (f *Flusher) drainHeld(ctx context.Context) error {
	for {
		held := f.source.DrainHeld(f.now.Unix(), (*fold)(f))
		if held == 0 {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("flush: %d reservoirs are still held by submitters: %w", held, context.Cause(ctx))
		}
		runtime.Gosched()
	}
}

// each calls do for all senders at once and joins what they return.
func (f *Flusher) each(do func(*sender) error) error {
	errs := make([]error, len(f.senders))
	var wg sync.WaitGroup
	for i, s := range f.senders {
		wg.Go(func() { errs[i] = do(s) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// drain swaps and drains what was submitted until at, which decides the bucket.
// Under f.mu.
func (f *Flusher) drain(at time.Time) {
	f.prepare(at)
	gen := f.source.Swap()
	f.starts[uint64(gen)] = f.into
	delete(f.starts, uint64(gen)-keptGenerations)
	f.source.Drain(f.now.Unix(), (*fold)(f))
	f.settle()
}

// prepare makes ready for a drain at a time: what it finds belongs to the bucket
// that holds the nanosecond before.
func (f *Flusher) prepare(at time.Time) {
	f.now = f.cfg.Clock.Now()
	f.into = rollup.Align(at.Add(-1).Unix(), f.rollup)
}

// settle is the end of a drain: buckets kept for long enough go, and the catalog
// may expire series.
func (f *Flusher) settle() {
	f.giveUp()
	f.cfg.Catalog.Sweep(f.now, f.buckets.newest, f.buckets.oldest())
}

// keptGenerations is for how many swaps a held bank finds its own bucket. After
// that its observations go into the bucket of the drain.
const keptGenerations = 64
