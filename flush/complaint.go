package flush

import (
	"context"
	"errors"
	"slices"
)

// complaints are what the catalog wants the user to know. The log and the error
// handler are the user's code: they are called without a lock of ours, so that
// they may call Flush, and beside the flusher's goroutine, so that one that
// blocks delays no swap. In manual mode the caller of the flush calls them.
// Flusher.mu guards the fields.
type complaints struct {
	waiting []error
	idle    chan struct{} // closed when nobody reports; nil before the first report
	busy    bool
}

// maxComplaints bounds what waits behind a handler that blocks.
const maxComplaints = 64

// add keeps errs for the next report.
func (c *complaints) add(errs []error) {
	room := max(maxComplaints-len(c.waiting), 0)
	c.waiting = append(c.waiting, errs[:min(len(errs), room)]...)
}

// complain reports what waits. The caller does not hold f.mu.
func (f *Flusher) complain() {
	f.mu.Lock()
	c := &f.complaints
	start := len(c.waiting) > 0 && !c.busy
	if start {
		c.busy, c.idle = true, make(chan struct{})
	}
	f.mu.Unlock()
	switch {
	case !start:
	case f.cfg.Manual:
		f.report()
	default:
		go f.report()
	}
}

// report calls the user's code until nothing waits.
func (f *Flusher) report() {
	done := false
	defer func() {
		if !done { // the handler has ended the goroutine (runtime.Goexit); the rest waits
			f.mu.Lock()
			f.complaints.rest()
			f.mu.Unlock()
		}
	}()
	for {
		f.mu.Lock()
		c := &f.complaints
		if len(c.waiting) == 0 {
			c.rest()
			done = true
			f.mu.Unlock()
			return
		}
		err := c.waiting[0]
		c.waiting = slices.Delete(c.waiting, 0, 1)
		f.mu.Unlock()
		f.tell(err)
	}
}

// rest is the end of a report. Under Flusher.mu.
func (c *complaints) rest() {
	c.busy = false
	close(c.idle)
}

// tell logs an error and hands it to the user's handler, and survives both.
func (f *Flusher) tell(err error) {
	defer func() { _ = recover() }()
	defer f.cfg.OnError(err) // also if the log panics
	f.cfg.Log.Warn(err.Error())
}

// complained waits for a report under way until ctx ends.
func (f *Flusher) complained(ctx context.Context) error {
	f.mu.Lock()
	idle := f.complaints.idle
	f.mu.Unlock()
	if idle == nil {
		return nil
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
	}
	if within(idle, settleGrace) {
		return nil
	}
	return errors.New("flush: the error handler or the logger does not return; its goroutine is left behind")
}
