package flush

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shardstats/shardstats/rollup"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// ErrClosed is returned by Flush and FlushAt after Shutdown.
var ErrClosed = errors.New("flush: the client is shut down")

// flushTimeout bounds a Flush whose context has no deadline.
const flushTimeout = 30 * time.Second

// Flusher swaps, merges and hands out. All its methods may be called by any
// number of goroutines; one mutex orders what they do, so no generation is
// drained twice and no bucket handed out by two at once. Delivery happens beside
// it: the mutex is never held while a transport or a submitter is waited for.
type Flusher struct {
	cfg     Config
	source  Source
	rollup  int64        // seconds
	senders []*sender    // of points
	lanes   []noticeLane // of events and checks, by the same numbers
	views   []*view
	// overwritten says of which kinds some transport keeps the last value, and
	// overwrites whether there is one.
	overwritten [transport.KindDistribution + 1]bool
	overwrites  bool
	// unread says what nobody asks a bucket for after its hand-out: no transport wants
	// the whole of it.
	unread struct{ counters, summaries bool }

	wakeup  chan struct{} // capacity 1: a log fills up
	done    chan struct{} // closed when the goroutine has ended
	stopped chan struct{} // closed when Shutdown is through
	lossErr error         // valid when stopped is closed

	mu        sync.Mutex
	ticking   bool               // the goroutine runs, and plan says when it is due
	halt      context.CancelFunc // ends the goroutine; Shutdown calls it
	plan      schedule
	closing   bool   // Shutdown was called
	closed    bool   // the source was stopped; nothing may drain it any more, but for what was held
	stretched uint64 // swaps that came more than one roll-up late

	// What a drain folds into; see fold.go.
	now    time.Time
	into   int64                      // start of the bucket that takes what has no time of its own
	starts map[shard.Generation]int64 // start of a generation's bucket, for the last few

	complaints complaints

	buckets bucketSet
	holds   *holds
	rates   rates
	memory  sentMemory
	outbox  []delivery    // handed out, and waiting for the jitter to pass
	batches atomic.Uint64 // made
	shut    atomic.Bool   // Shutdown was called: no event is taken any more
}

const defaultSketchValues = 4096

// keptGenerations is for how many swaps a held bank finds its own bucket. After
// that its observations go into the bucket of the drain.
const keptGenerations = 64

// New returns a flusher that does nothing yet. It fails if two percentiles would
// get one name, or a transport panics when it is asked what it is.
func New(cfg Config) (*Flusher, error) {
	f := &Flusher{
		cfg:     cfg,
		source:  cfg.Store,
		rollup:  int64(cfg.Rollup / time.Second),
		wakeup:  make(chan struct{}, 1),
		done:    make(chan struct{}),
		stopped: make(chan struct{}),
		starts:  map[shard.Generation]int64{},
		memory:  newSentMemory(maxSentEntries),
		holds:   newHolds(),
		rates:   rates{last: map[shard.ID]rateSample{}},
	}
	limits := rollup.Limits{Reservoir: cfg.ReservoirSize, Distribution: cmp.Or(cfg.SketchValues, defaultSketchValues), Members: cfg.SetMembers, Bins: true}
	errs := []error{checkPercentiles(cfg.Percentiles)}
	for _, m := range cfg.Metrics {
		errs = append(errs, checkPercentiles(m.Percentiles))
	}
	taken := map[string]bool{}
	for _, tc := range cfg.Transports {
		c, err := capabilitiesOf(tc.Transport)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if !c.sketches {
			limits.Bins, limits.Distribution = false, cfg.DistributionValues
		}
		tc.Name = uniqueName(taken, tc.Name, c.name)
		c.use(max(tc.Profile, ProfileDefault))
		limits.InOrder = limits.InOrder || c.shape.profile == ProfileThreadStats
		f.join(f.addSenders(tc, &c, senderEnv{log: cfg.Log, onError: cfg.OnError, manual: cfg.Manual}), &tc, &c)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	f.unread.counters = !f.overwritten[transport.KindCount]
	f.unread.summaries = !f.overwritten[transport.KindHistogram] && !f.overwritten[transport.KindTiming] && !f.overwritten[transport.KindDistribution]
	f.buckets = newBucketSet(limits, rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())))
	return f, nil
}

// Sketches reports whether distributions have no bound on their values, for every
// transport takes sketches of them.
func (f *Flusher) Sketches() bool { return f.buckets.limits.Bins }

// Start starts the goroutines of the flusher and the senders; in manual mode
// there are none. It is called once at most, and not after Shutdown.
func (f *Flusher) Start() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cfg.Manual || f.ticking || f.closing {
		return
	}
	for _, s := range f.running() {
		s.start()
	}
	f.plan = f.firstSchedule(f.cfg.Clock.Now())
	f.ticking = true
	ctx, halt := context.WithCancel(context.Background())
	f.halt = halt
	go f.run(ctx)
}

// Wake asks for a drain of the timed logs. It never blocks.
func (f *Flusher) Wake() {
	select {
	case f.wakeup <- struct{}{}:
	default: // it is asked for already
	}
}

// Books returns the accounts of the points of each transport.
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
	f.beforeSwap(ctx)
	overtaken, err := f.collect(ctx, cut)
	f.complain()
	if errors.Is(err, ErrClosed) {
		return err
	}
	if overtaken { // the last flush takes what we have drained
		select {
		case <-f.stopped:
		case <-ctx.Done():
		}
	}
	return errors.Join(err, f.each(func(s *sender) error { return s.wait(ctx) }))
}

// collect drains and hands out, all of it or the buckets that are closed at cut.
// It reports whether a Shutdown has begun between the two, which then hands out
// everything.
func (f *Flusher) collect(ctx context.Context, cut *time.Time) (overtaken bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false, ErrClosed
	}
	f.drain(f.cfg.Clock.Now())
	err = f.drainHeld(ctx)
	if f.closed {
		return true, err
	}
	if cut == nil {
		f.handOutAll()
	} else {
		f.handOut(cut.Unix())
	}
	f.deliver()
	return false, err
}

// drainHeld waits for the observations that submitters are in the middle of.
// Under f.mu, which it gives up while it waits.
func (f *Flusher) drainHeld(ctx context.Context) error {
	for try := 0; ; try++ {
		held := f.source.DrainHeld(f.now.Unix(), (*fold)(f))
		if held == 0 {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("flush: %d reservoirs are still held by submitters: %w", held, context.Cause(ctx))
		}
		f.mu.Unlock()
		if try < heldSpins { // mostly the submitter needs the processor, and no more
			runtime.Gosched()
		} else {
			within(ctx.Done(), heldPause)
		}
		f.mu.Lock()
	}
}

// How often drainHeld tries again at once, and what it waits between tries then.
const (
	heldSpins = 100
	heldPause = time.Millisecond
)

// each calls do for all senders at once and joins what they return.
func (f *Flusher) each(do func(*sender) error) error {
	all := f.running()
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, s := range all {
		wg.Go(func() { errs[i] = do(s) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
