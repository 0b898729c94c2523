package transporttest

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// env is what one check works with. Its methods report broken rules of the
// transport themselves; those that cannot go on end the check.
type env struct {
	cfg    *config
	newT   func() transport.Transport
	errorf func(format string, args ...any)
	opened []transport.Transport // not closed yet
}

// ended is the panic by which a check stops early, after it reported why.
type ended struct{}

// runCheck runs c and closes what it opened.
func runCheck(c check, cfg *config, newT func() transport.Transport, errorf func(string, ...any)) {
	e := &env{cfg: cfg, newT: newT, errorf: errorf}
	defer e.closeAll()
	defer func() {
		switch r := recover(); r.(type) {
		case nil, ended:
		default:
			errorf("newT or a hook panicked: %v\n%s", r, debug.Stack())
		}
	}()
	c.run(e)
}

func (e *env) closeAll() {
	for _, t := range slices.Clone(e.opened) {
		func() {
			defer func() {
				if r := recover(); r != nil && r != (ended{}) {
					panic(r)
				}
			}()
			e.close(t)
		}()
	}
}

// stop reports a failure and ends the check.
func (e *env) stop(format string, args ...any) {
	e.errorf(format, args...)
	panic(ended{})
}

func (e *env) open() transport.Transport {
	t := e.newT()
	if t == nil {
		e.stop("newT returned nil")
	}
	e.opened = append(e.opened, t)
	return t
}

// guard runs f and returns its error. A panic, or no return within the limit,
// is reported and ends the check. f runs in a goroutine of its own, so it must
// not end the check itself.
func (e *env) guard(what string, f func() error) error {
	type result struct {
		err   error
		panic string
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				r.panic = fmt.Sprintf("%v\n%s", p, debug.Stack())
			}
			done <- r
		}()
		r.err = f()
	}()
	r, in := within(e.cfg.within, done)
	switch {
	case !in:
		e.stop("%s did not return within %v; a context it got ended before", what, e.cfg.within)
	case r.panic != "":
		e.stop("%s panicked: %s", what, r.panic)
	}
	return r.err
}

// context returns one that ends well before guard gives up.
func (e *env) context() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), e.cfg.within/2)
}

func (e *env) close(t transport.Transport) {
	e.opened = slices.DeleteFunc(e.opened, func(o transport.Transport) bool { return o == t })
	ctx, cancel := e.context()
	defer cancel()
	if err := e.guard("Close", func() error { return t.Close(ctx) }); err != nil {
		e.errorf("Close failed with a healthy peer: %v", err)
	}
}

// send sends a copy of b and checks what holds for each Send: the copy is
// neither changed nor read later, and the error makes sense.
func (e *env) send(ctx context.Context, t transport.Transport, b *transport.Batch) error {
	sent := clone(b)
	err := e.guard("Send", func() error { return t.Send(ctx, sent) })
	if !unchanged(sent, b) {
		e.errorf("Send changed the batch, or wrote behind the end of one of its slices: it is shared, read only")
	}
	scribble(sent)
	if wrong := invalid(err, b.Len()); wrong != "" {
		e.errorf("Send returned an impossible error: %s (%v)", wrong, err)
	}
	return err
}

// deliver sends b, which must succeed.
func (e *env) deliver(t transport.Transport, b *transport.Batch) {
	ctx, cancel := e.context()
	defer cancel()
	if err := e.send(ctx, t, b); err != nil {
		e.stop("Send failed with a healthy peer: %v", err)
	}
}

// settle sends b as the flusher would, again and again with what is left, and
// returns the part of it that the transport did not reject.
func (e *env) settle(t transport.Transport, b *transport.Batch) *transport.Batch {
	left := make([]int, b.Points()) // numbers of the points to send
	for i := range left {
		left[i] = i
	}
	var taken []int
	for len(left) > 0 {
		ctx, cancel := e.context()
		err := e.send(ctx, t, pick(b, left))
		cancel()
		se := transport.AsSendError(err)
		if se == nil {
			taken = append(taken, left...)
			break
		}
		if invalid(err, len(left)) != "" {
			panic(ended{}) // send has reported it
		}
		if se.Delivered == 0 && len(se.Rejected) == 0 {
			e.stop("Send failed with a healthy peer, and neither delivered nor rejected a point: %v", err)
		}
		delivered := slices.Clone(left[:se.Delivered])
		for i := len(se.Rejected) - 1; i >= 0; i-- {
			at := se.Rejected[i].Index
			if at < se.Delivered {
				delivered = slices.Delete(delivered, at, at+1)
			} else {
				left = slices.Delete(left, at, at+1)
			}
		}
		taken = append(taken, delivered...)
		left = left[se.Delivered:]
		if len(left) > 0 && se.Outcome != transport.Retry {
			e.stop("Send failed with a healthy peer as %v for points it had not tried: %v", se.Outcome, err)
		}
	}
	return pick(b, taken)
}

// invalid says what is impossible in the error of a Send of so many points.
func invalid(err error, points int) string {
	if err == nil {
		return ""
	}
	se, ok := errors.AsType[*transport.SendError](err)
	switch {
	case !ok:
		return ""
	case se == nil:
		return "a nil *SendError is an error all the same: return nil"
	case se.Outcome < transport.Permanent || se.Outcome > transport.Denied:
		return fmt.Sprintf("there is no %v", se.Outcome)
	case se.Delivered < 0 || se.Delivered > points:
		return fmt.Sprintf("Delivered is %d of %d points", se.Delivered, points)
	case se.Delivered == points && points > 0 && len(se.Rejected) == 0:
		return "Delivered is all of the batch: return nil"
	case se.After < 0:
		return fmt.Sprintf("After is %v", se.After)
	case strings.ContainsAny(se.Error(), "\r\n"):
		return "its text has more than one line"
	}
	before := -1
	for _, r := range se.Rejected {
		if r.Index >= points || r.Index <= before {
			return fmt.Sprintf("Rejected has index %d: want indexes that ascend within [0, %d)", r.Index, points)
		}
		before = r.Index
	}
	return ""
}

// arrived checks that want and nothing else reached the peer of t.
func (e *env) arrived(t transport.Transport, want []Flat) {
	if e.cfg.received == nil {
		return
	}
	if diff := e.cfg.difference(e.received(t, len(want)), want); diff != "" {
		e.errorf("%s", diff)
	}
}

// received returns what reached the peer of t, once it is n points or the limit
// has passed: a datagram may be under way when Send returns.
func (e *env) received(t transport.Transport, n int) []Flat {
	return await(e.cfg, n, func() []Flat { return e.cfg.received(t) })
}

// await calls read until it returns n items or more, or the limit has passed.
func await[T any](cfg *config, n int, read func() []T) []T {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for range cfg.within / 2 / tick {
		if got := read(); len(got) >= n {
			return got
		}
		<-ticker.C
	}
	return read()
}

func describe(t transport.Transport) transport.Description {
	if d, ok := t.(transport.Describer); ok {
		return d.Describe()
	}
	return transport.Description{}
}
