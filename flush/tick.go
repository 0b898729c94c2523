package flush

import (
	"math/rand/v2"
	"time"

	"github.com/shardstats/shardstats/rollup"
)

// schedule is when the flusher wakes next: at each boundary of the roll-up to
// swap, and of the flush interval to hand out. Both are on the wall clock's grid
// from the epoch; the timers between are the runtime's.
type schedule struct {
	swap, flush, deliver time.Time // deliver is zero when the outbox is empty
}

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
	ns := now.UnixNano()
	return time.Unix(0, rollup.Align(ns, step)+step)
}

// next returns the time from now to the next wake-up.
func (s *schedule) next(now time.Time) time.Duration {
	at := s.swap
	if s.flush.Before(at) {
		at = s.flush
	}
	if !s.deliver.IsZero() && s.deliver.Before(at) {
		at = s.deliver
	}
	return at.Sub(now)
}

// run is the flusher's goroutine.
func (f *Flusher) run() {
	defer close(f.done)
	plan := f.firstSchedule(f.cfg.Clock.Now())
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(max(plan.next(f.cfg.Clock.Now()), 0))
		select {
		case <-f.quit:
			return
		case <-f.wakeup:
			f.drainTimed()
		case <-timer.C:
			f.tick(&plan)
		}
	}
}

// tick does what is due. A clock that was set back finds its boundaries too far
// away and plans anew; one that was set forward, or a machine that slept, finds
// them long past and makes up for all of them at once.
func (f *Flusher) tick(plan *schedule) {
	now := f.cfg.Clock.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	if !now.Before(plan.swap) {
		at := plan.swap
		if now.Sub(at) > f.cfg.Rollup {
			f.stretched++
			at = now
		}
		f.drain(at)
		plan.swap = f.swapAfter(now)
	} else if plan.swap.Sub(now) > f.cfg.Rollup {
		plan.swap = f.swapAfter(now)
	}
	if !now.Before(plan.flush) {
		f.handOut(now.Unix())
		plan.flush = f.flushAfter(now)
		plan.deliver = now
		if f.cfg.Jitter > 0 {
			plan.deliver = now.Add(rand.N(f.cfg.Jitter))
		}
	} else if plan.flush.Sub(now) > f.cfg.Interval {
		plan.flush = f.flushAfter(now)
	}
	if !plan.deliver.IsZero() && (!now.Before(plan.deliver) || plan.deliver.Sub(now) > f.cfg.Jitter) {
		f.deliver()
		plan.deliver = time.Time{}
	}
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
}
