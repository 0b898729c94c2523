package transporttest

import (
	"context"
	"errors"
	"slices"

	"github.com/shardstats/shardstats/transport"
)

func deliversInOrder(e *env) {
	t := e.open()
	var want []Flat
	for _, prefix := range []string{"first", "second", "third"} {
		b := ordinary(prefix, describe(t))
		want = append(want, e.expected(t, b)...)
		e.deliver(t, b)
	}
	e.arrived(t, want)
	e.close(t)
	e.arrived(t, want)
}

// keepsNothing relies on send, which scribbles over each batch: what is read
// from it later arrives as "scribbled".
func keepsNothing(e *env) {
	t := e.open()
	b := ordinary("kept", describe(t))
	want := e.expected(t, b)
	e.deliver(t, b)
	empty := newBatch()
	e.deliver(t, empty) // gives a transport that sends one batch late the chance to
	e.close(t)
	e.arrived(t, want)
}

func takesEmpty(e *env) {
	t := e.open()
	e.deliver(t, newBatch())
	noPoints := newBatch()
	noPoints.Series = []transport.Series{{Name: "empty", Kind: transport.KindCount}}
	e.deliver(t, noPoints)
	e.arrived(t, nil)
	mixed := ordinary("mixed", describe(t))
	mixed.Series = append(noPoints.Series, mixed.Series...)
	want := e.expected(t, mixed)
	e.deliver(t, mixed)
	e.arrived(t, want)
}

func carriesStrangeNames(e *env) {
	t := e.open()
	taken := e.settle(t, distinct(t, strange()))
	e.arrived(t, e.expected(t, taken))
	after := ordinary("after", describe(t))
	e.deliver(t, after)
	e.arrived(t, append(e.expected(t, taken), e.expected(t, after)...))
}

func carriesExtremeValues(e *env) {
	t := e.open()
	taken := e.settle(t, extreme(describe(t)))
	e.arrived(t, e.expected(t, taken))
}

// obeysContext: a Send whose context has ended may still deliver, but must not
// take long, must not claim what it did not do, and must not condemn points for
// it: any outcome but Retry and Unknown would drop them or stop the sender.
func obeysContext(e *env) {
	t := e.open()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	first := ordinary("cancelled", describe(t))
	arrives := e.expected(t, first)
	err := e.send(ctx, t, first)
	if err != nil {
		se, ok := errors.AsType[*transport.SendError](err)
		switch {
		case !ok:
			e.errorf("Send with a cancelled context returned %v, which counts as Permanent: wrap it in a SendError with Retry", err)
			return
		case se.Outcome != transport.Retry && se.Outcome != transport.Unknown:
			e.errorf("Send with a cancelled context ended as %v: that says nothing about the points, want Retry or Unknown", se.Outcome)
		}
		arrives = arrives[:max(0, min(se.Delivered, len(arrives)))]
		for i := len(se.Rejected) - 1; i >= 0; i-- {
			if at := se.Rejected[i].Index; 0 <= at && at < len(arrives) {
				arrives = slices.Delete(arrives, at, at+1)
			}
		}
	}
	second := ordinary("later", describe(t))
	arrives = append(arrives, e.expected(t, second)...)
	e.deliver(t, second)
	if e.cfg.received == nil {
		return
	}
	if gone := missing(e.received(t, len(arrives)), arrives); gone != "" {
		e.errorf("Send with a cancelled context returned %v, and the next one nil: %s", err, gone)
	}
}

// survivesOutage takes the peer away between Sends and brings it back.
func survivesOutage(e *env) {
	t := e.open()
	before := ordinary("before", describe(t))
	want := e.expected(t, before)
	e.deliver(t, before)

	e.cfg.down(t)
	for range 3 {
		ctx, cancel := e.context()
		err := e.send(ctx, t, ordinary("lost", describe(t)))
		cancel()
		se := transport.AsSendError(err)
		switch {
		case se == nil:
			e.stop("Send returned nil while its peer was gone")
		case se.Outcome != transport.Retry && se.Outcome != transport.Unknown:
			e.stop("Send ended as %v while its peer was gone, want Retry or Unknown: %v", se.Outcome, err)
		}
	}

	e.cfg.up(t)
	after := ordinary("after", describe(t))
	want = append(want, e.expected(t, after)...)
	e.retry(t, after)
	if e.cfg.received == nil {
		return
	}
	if gone := missing(e.received(t, len(want)), want); gone != "" {
		e.errorf("after an outage, Send returned nil: %s", gone)
	}
}

// retry sends b until it is delivered. The first attempts may meet connections
// that the outage left behind.
func (e *env) retry(t transport.Transport, b *transport.Batch) {
	const attempts = 5
	var err error
	for range attempts {
		ctx, cancel := e.context()
		err = e.send(ctx, t, b)
		cancel()
		if err == nil {
			return
		}
	}
	e.stop("Send failed %d times after its peer came back: %v", attempts, err)
}
