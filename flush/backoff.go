package flush

import (
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	// The wait after the n-th failure in a row is random below
	// min(retryFirst·2ⁿ⁻¹, retryMost).
	retryFirst = 500 * time.Millisecond
	retryMost  = 30 * time.Second

	// A wait that the peer asks for is held within these.
	afterLeast = time.Second
	afterMost  = 5 * time.Minute

	// maxBarren is how many refused requests in a row are cut up and sent on
	// without a pause. Finding one bad unit among 2,000 takes 11; a peer that
	// refuses everything must not get two requests per unit at full speed.
	maxBarren = 32
)

// pace says when the next attempt may be made. Its owner is the sender's
// goroutine.
type pace struct {
	backoff backoff.ExponentialBackOff
	breaker breaker
	due     time.Time // no attempt before; zero = at once
	asked   bool      // the peer asked for that wait
	barren  int       // requests refused in a row, none of them delivered in part
}

func newPace() pace {
	// ExponentialBackOff picks from interval·(1 ± factor). With factor 1 that is
	// [0, 2·interval], full jitter, so the interval is half the longest wait.
	return pace{backoff: backoff.ExponentialBackOff{
		InitialInterval:     retryFirst / 2,
		MaxInterval:         retryMost / 2,
		Multiplier:          2,
		RandomizationFactor: 1,
	}}
}

// answered notes that the peer took the request or refused it for what it
// held: either way it is there.
func (p *pace) answered() {
	p.backoff.Reset()
	p.breaker.success()
	p.due, p.asked = time.Time{}, false
}

// progress notes that a part was delivered.
func (p *pace) progress() {
	p.answered()
	p.barren = 0
}

// refused notes that a request was refused whole and will be cut up.
func (p *pace) refused(now time.Time) {
	p.barren++
	if p.barren <= maxBarren {
		p.answered()
		return
	}
	p.breaker.success()
	p.due, p.asked = now.Add(p.backoff.NextBackOff()), false
}

// failed notes an attempt that has to be repeated. after is the wait that the
// peer asked for, 0 if none; denied opens the breaker at once.
func (p *pace) failed(now time.Time, after time.Duration, denied bool) {
	wait := p.backoff.NextBackOff()
	p.asked = after > 0
	if p.asked {
		wait = min(max(after, afterLeast), afterMost)
	}
	p.due = now.Add(wait)
	p.breaker.failure(now, denied)
	if p.breaker.open && p.breaker.probe.After(p.due) {
		p.due = p.breaker.probe
	}
}
