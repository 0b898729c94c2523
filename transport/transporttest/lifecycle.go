package transporttest

import (
	"context"
	"sync"
)

func closesTwice(e *env) {
	unused := e.open()
	e.close(unused)
	e.close(unused)

	used := e.open()
	e.deliver(used, ordinary("used", describe(used)))
	e.close(used)
	e.close(used)
}

// closesInTime: with a context that has ended, Close may fail but not wait.
func closesInTime(e *env) {
	t := e.open()
	e.deliver(t, ordinary("used", describe(t)))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = e.guard("Close with a cancelled context", func() error { return t.Close(ctx) })
}

func refusesWhenClosed(e *env) {
	t := e.open()
	b := ordinary("closed", describe(t))
	e.close(t)
	ctx, cancel := e.context()
	defer cancel()
	if e.send(ctx, t, b) == nil {
		e.errorf("Send after Close returned nil: want an error, so that the points are not counted as delivered")
	}
}

// closesBesideSend: a sender that was given up on may still be in Send when
// Close is called. What the two return then does not matter.
func closesBesideSend(e *env) {
	t := e.open()
	b := ordinary("beside", describe(t))
	ctx, cancel := e.context()
	defer cancel()
	_ = e.guard("Send beside Close", func() error {
		return beside(
			func() error { return t.Close(ctx) },
			func() error { return t.Send(ctx, clone(b)) },
		)
	})
	e.close(t)
}

// beside runs all of fs at once and returns one of their errors.
func beside(fs ...func() error) error {
	var wg sync.WaitGroup
	errs, panics := make([]error, len(fs)), make([]any, len(fs))
	for i, f := range fs {
		wg.Go(func() {
			defer func() { panics[i] = recover() }()
			errs[i] = f()
		})
	}
	wg.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p) // in the caller's goroutine, where guard sees it
		}
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// sharesNothing sends through two transports of one constructor at once, then
// closes one of them.
func sharesNothing(e *env) {
	a, b := e.open(), e.open()
	forA, forB := ordinary("a", describe(a)), ordinary("b", describe(b))
	wantA, wantB := e.expected(a, forA), e.expected(b, forB)
	ctx, cancel := e.context()
	defer cancel()
	err := e.guard("Send beside the Send of another transport", func() error {
		return beside(
			func() error { return a.Send(ctx, clone(forA)) },
			func() error { return b.Send(ctx, clone(forB)) },
		)
	})
	if err != nil {
		e.stop("Send failed beside the Send of another transport: %v", err)
	}
	e.arrived(a, wantA)
	e.arrived(b, wantB)

	e.close(a)
	again := ordinary("again", describe(b))
	wantB = append(wantB, e.expected(b, again)...)
	e.deliver(b, again)
	e.arrived(b, wantB)
	e.arrived(a, wantA)
}
