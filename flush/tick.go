package flush

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/shardstats/shardstats/rollup"
)

// schedule is when the flusher wakes next: at each boundary of the roll-up to
// swap, and of the flush interval to hand out. Both are on the wall clock's grid
// from the epoch; the timers between are the runtime's.
type schedule struct {
	swap, flush time.Time
	deliver     time.Time // what is in the outbox; noTime if nothing is
}

var noTime time.Time

func (f *Flusher) firstSchedule(now time.Time) schedule {
	return schedule{swap: f.swapAfter(now), flush: f.flushAfter(now)}
}

// swapAfter returns the first roll-up boundary after now.
func (f *Flusher) swapAfter(now time.Time) time.Time {
	return time.Unix(rollup.Align(now.Unix(), f.rollup)+f.rollup, 0)
}

// flushAfter returns the first boundary of the flush interval after now.
func (f *Flusher) flushAfter(now time.Time) time.Time {
	step := int64(f.cfg.Interval)
	return time.Unix(0, rollup.Align(now.UnixNano(), step)+step)
}

// next returns the time from now to the next wake-up. Where there is nothing to
// hand out, no flush is due.
func (s *schedule) next(now time.Time, nothing bool) time.Duration {
	at := s.swap
	if !nothing && s.flush.Before(at) {
		at = s.flush
	}
	if s.deliver != noTime && s.deliver.Before(at) {
		at = s.deliver
	}
	return max(at.Sub(now), 0)
}

// run is the flusher's goroutine. Shutdown ends ctx.
func (f *Flusher) run(ctx context.Context) {
	defer close(f.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		f.mu.Lock()
		// The next boundary is a roll-up away at most; a clock that was set back
		// finds it farther, and must not sleep until then.
		wait := min(f.plan.next(f.cfg.Clock.Now(), f.buckets.nothingNew()), f.cfg.Rollup)
		f.mu.Unlock()
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-f.wakeup:
			f.drainTimed()
		case <-timer.C:
			if f.cfg.BeforeSwap != nil && f.swapDue() {
				f.beforeSwap(ctx)
			}
			f.tick()
			f.complain()
		}
	}
}

// beforeSwap calls BeforeSwap, for no longer than half of the time until ctx ends.
func (f *Flusher) beforeSwap(ctx context.Context) {
	if f.cfg.BeforeSwap == nil {
		return
	}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	f.cfg.BeforeSwap(ctx)
}

// swapDue reports whether the next tick will end a roll-up interval.
func (f *Flusher) swapDue() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	until := f.plan.swap.Sub(f.cfg.Clock.Now())
	return !f.closed && (until <= 0 || until > f.cfg.Rollup)
}

// tick does what is due. A clock that was set forward, or a machine that slept,
// finds boundaries long past and makes up for all of them at once; one that was
// set back finds them farther away than they can be, and starts from there.
func (f *Flusher) tick() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	now := f.cfg.Clock.Now()                                               // not before the lock: others read it meanwhile
	if until := f.plan.swap.Sub(now); until <= 0 || until > f.cfg.Rollup { // as in swapDue
		if f.buckets.nothingNew() { // the flushes until then were left out
			f.plan.flush = f.flushAfter(f.plan.swap.Add(-1))
		}
		f.drain(now)
	}
	if until := f.plan.flush.Sub(now); until <= 0 || until > f.cfg.Interval {
		f.handOut(now.Unix())
		f.plan.flush = f.flushAfter(now)
	}
	if len(f.outbox) > 0 && f.plan.deliver == noTime {
		f.plan.deliver = now.Add(f.jitter())
	}
	if d := f.plan.deliver; d != noTime && (!now.Before(d) || d.Sub(now) > f.cfg.Jitter) {
		f.deliver()
	}
}

// comeBack is for a clock that was set back. What was closed before, and open, is
// handed out: it would be kept until its time comes again. That time begins anew
// then: what was sent of it was sent under a wrong clock, and the newer replaces
// it where a backend keeps the last value. Under f.mu.
func (f *Flusher) comeBack(now time.Time) {
	before := f.now.Unix()
	if now.Unix() >= before { // Before would go by the runtime's clock
		return
	}
	if f.ticking {
		f.handOut(f.end(before))
	}
	today := rollup.Align(now.Add(-1).Unix(), f.rollup)
	for _, start := range f.buckets.starts(func(b *bucket) bool {
		return today < b.start && b.start <= before && b.fresh.Empty()
	}) {
		f.remove(f.buckets.all[start])
	}
	f.memory.forgetBetween(today, before)
	for _, v := range f.views {
		v.running.rewind(before, now.Unix(), today)
	}
}

// jitter returns how long one flush is held back, so that many processes that
// were started together do not send together.
func (f *Flusher) jitter() time.Duration {
	if f.cfg.Jitter <= 0 {
		return 0
	}
	return rand.N(f.cfg.Jitter)
}

// drain swaps and drains. Under f.mu.
func (f *Flusher) drain(now time.Time) {
	f.prepare(now)
	if f.ticking {
		if now.Sub(f.plan.swap) > f.cfg.Rollup {
			f.stretched++
		}
		f.plan.swap = f.swapAfter(now)
	}
	gen := f.source.Swap()
	f.starts[gen] = f.into
	delete(f.starts, gen-keptGenerations)
	f.source.Drain(f.now.Unix(), (*fold)(f))
	f.settleRates()
	f.settle()
}

// drainTimed empties the logs between two swaps.
func (f *Flusher) drainTimed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	f.prepare(f.cfg.Clock.Now())
	f.source.DrainTimed(f.now.Unix(), (*fold)(f))
	f.settleRates()
}

// prepare makes ready for a drain. What it finds belongs to the bucket that holds
// the nanosecond before. If a boundary has passed whose tick has not come yet,
// the drain is that tick's, up to one roll-up late: nearly all it finds is from
// before the boundary. Under f.mu.
func (f *Flusher) prepare(now time.Time) {
	f.comeBack(now)
	at := now
	if f.ticking && !now.Before(f.plan.swap) && now.Sub(f.plan.swap) <= f.cfg.Rollup {
		at = f.plan.swap
	}
	f.now = now
	f.into = rollup.Align(at.Add(-1).Unix(), f.rollup)
}

// settle is the end of a drain: buckets kept for long enough go, and the catalog
// may expire series. Its complaints are reported when f.mu is free. Under f.mu.
func (f *Flusher) settle() {
	f.giveUp()
	f.complaints.add(f.cfg.Catalog.Sweep(f.now, f.buckets.newest, f.buckets.oldest()))
}
