package flush

import (
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
	delivered int   // leading points
	rejected  []int // ascending, distinct
	after     time.Duration
	panicked  bool
	err       error // nil if ok
}

// judge reads what Send returned for a batch of n points. Numbers that cannot be
// are brought within the batch and named in the error: a point is never counted
// twice, and one that is both delivered and rejected counts as rejected.
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
	outside, inside := 0, 0
	for _, r := range se.Rejected {
		if r.Index < 0 || r.Index >= n {
			outside++
			continue
		}
		if r.Index < v.delivered {
			inside++
		}
		v.rejected = append(v.rejected, r.Index)
	}
	slices.Sort(v.rejected)
	v.rejected = slices.Compact(v.rejected)
	if outside > 0 {
		flaw("%d rejected points outside a batch of %d", outside, n)
	}
	if inside > 0 {
		flaw("%d points both delivered and rejected", inside)
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
