package stats

import (
	"os"
	"os/signal"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

// FlushOnSignal makes a signal shut the client down before it ends the process:
//
//	defer stats.FlushOnSignal(c)()
//
// It is for a program that leaves signals alone and so would end in the middle of
// an interval. At the first of the signals, os.Interrupt and SIGTERM unless others
// are given, it does what Close does, with its deadline of 5 s, logs what is
// undelivered, takes itself out and raises the signal again: the process ends as
// it would have, with the exit status of that signal. Until then further ones are
// held back. A signal that the process ignores, as under nohup, stays ignored.
// Give only signals that end a Go program, such as SIGHUP and SIGQUIT: after any
// other the program would go on with a closed client.
//
// A program that handles the signal itself, to drain a server first, calls Close
// at the end of that instead: with FlushOnSignal the client would be closed while
// the server still drains, and the program would see the signal twice.
//
// stop undoes it. It may be called again, and waits for a signal that is being
// handled.
//
// On Windows, where a process cannot signal itself, it exits with the status that
// the system gives one that was interrupted. A client that discards leaves all
// signals alone.
func FlushOnSignal(c *Client, sig ...os.Signal) (stop func()) {
	if len(sig) == 0 {
		sig = []os.Signal{os.Interrupt, syscall.SIGTERM}
	}
	sig = slices.DeleteFunc(slices.Clone(sig), signal.Ignored)
	if !c.live() || len(sig) == 0 { // without any, Notify would take every signal
		return func() {}
	}
	caught := make(chan os.Signal, 1)
	quit, done := make(chan struct{}), make(chan struct{})
	signal.Notify(caught, sig...)
	go func() {
		defer close(done)
		select {
		case s := <-caught:
			c.core.closeFor(s)
			signal.Stop(caught)
			endBy(s)
		case <-quit:
			signal.Stop(caught)
			select {
			case s := <-caught: // it came before the Stop, and nobody else may have it
				c.core.closeFor(s)
				endBy(s)
			default:
			}
		}
	}()
	return sync.OnceFunc(func() {
		close(quit)
		<-done
	})
}

// signalLogWait is how long the end of the process waits for the logger.
const signalLogWait = time.Second

// closeFor closes the client and logs what that could not deliver.
func (co *core) closeFor(s os.Signal) {
	err := co.root.Close()
	if err == nil {
		return
	}
	logged := make(chan struct{})
	go func() { // a logger that blocks must not keep the process
		defer close(logged)
		defer func() { _ = recover() }()
		co.cfg.logger.Error("shardstats: not everything was delivered before the process ends", "signal", s.String(), "error", err)
	}()
	timer := time.NewTimer(signalLogWait)
	defer timer.Stop()
	select {
	case <-logged:
	case <-timer.C:
	}
}

// endBy lets s do to the process what it does by default, unless the program has
// a handler of its own, which gets it.
func endBy(s os.Signal) {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Signal(s)
		_ = self.Release()
	}
	if err == nil {
		return
	}
	const interrupted = -0x3ffffec6 // STATUS_CONTROL_C_EXIT, 0xc000013a, as an int32
	if runtime.GOOS == "windows" {
		os.Exit(interrupted)
	}
	os.Exit(1)
}
