package flush

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// verdict is what became of one attempt, made safe: whatever a transport says,
// its numbers fit the batch.
type verdict struct {
	ok        bool // all of it was delivered
	outcome   transport.Outcome
	delivered int        // leading points, but for those rejected
	rejected  []rejected // ascending, distinct
	after     time.Duration
	panicked  bool
	cut       bool  // we ended the attempt, err says no more than that
	err       error // nil if ok
}

// rejected is a single point that the transport or its peer refused.
type rejected struct {
	point  int
	reason transport.Reason
}

// reasonsToReject are those that a transport may name in a Rejection.
var reasonsToReject = [...]transport.Reason{
	transport.ReasonRejected, transport.ReasonCollision, transport.ReasonUnsupported, transport.ReasonTooLarge,
	transport.ReasonLateGauge, transport.ReasonLateUnmerged, transport.ReasonOverflowSum, transport.ReasonUnknown,
	transport.ReasonPermanent, transport.ReasonBadValue, transport.ReasonBadName, transport.ReasonTooOld, transport.ReasonTooNew,
}

// reasonOf returns the reason that the text of a Rejection names.
func reasonOf(text string) transport.Reason {
	if i := slices.Index(reasonsToReject[:], transport.Reason(text)); i >= 0 {
		return reasonsToReject[i]
	}
	return transport.ReasonRejected
}

// judge reads what Send returned for a batch of n points. Numbers that cannot be
// are brought within the batch and named in the error: a point is never counted
// twice. One rejected among the delivered counts as rejected.
func judge(err error, n int) verdict {
	se := transport.AsSendError(err)
	if se == nil {
		return verdict{ok: true}
	}
	v := verdict{outcome: se.Outcome, delivered: min(max(se.Delivered, 0), n), after: se.After, err: err}
	var flaws []string
	flaw := func(format string, args ...any) { flaws = append(flaws, fmt.Sprintf(format, args...)) }
	if se.Outcome < transport.Permanent || se.Outcome > transport.Denied {
		flaw("%v, taken as permanent", se.Outcome)
		v.outcome = transport.Permanent
	}
	if v.delivered != se.Delivered {
		flaw("%d of %d points delivered", se.Delivered, n)
	}
	outside := 0
	for _, r := range se.Rejected {
		if r.Index < 0 || r.Index >= n {
			outside++
			continue
		}
		v.rejected = append(v.rejected, rejected{r.Index, reasonOf(r.Reason)})
	}
	slices.SortStableFunc(v.rejected, func(a, b rejected) int { return cmp.Compare(a.point, b.point) })
	v.rejected = slices.CompactFunc(v.rejected, func(a, b rejected) bool { return a.point == b.point })
	if outside > 0 {
		flaw("%d rejected points outside a batch of %d", outside, n)
	}
	if twice := len(se.Rejected) - outside - len(v.rejected); twice > 0 {
		flaw("%d points rejected twice", twice)
	}
	if len(flaws) > 0 {
		v.err = fmt.Errorf("%w (the transport reports what cannot be: %s; correct its SendError)", err, strings.Join(flaws, ", "))
	}
	return v
}

// panicVerdict is the verdict on a Send that panicked: nothing is known of the
// batch. It is retried, a few times only, since the same batch is likely to
// make the same code panic again.
func panicVerdict(err error) verdict {
	return verdict{outcome: transport.Retry, panicked: true, err: err}
}
