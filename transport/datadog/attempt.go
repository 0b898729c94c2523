package datadog

import (
	"cmp"
	"errors"
	"slices"

	"github.com/shardstats/shardstats/transport"
)

// attempt is the state of one Send.
//
// The series endpoint goes first: Datadog may get a series twice, but not a
// distribution. So while distributions are being sent all series below the
// limit are there, and the number of the first distribution that is not there
// says how many leading points are.
type attempt struct {
	b      *transport.Batch
	points int
	items  int // points, events and checks
	// limit is the number of the first point that was rejected. None after it
	// is sent, since it could not be reported as delivered.
	limit    int
	rejected []transport.Rejection

	done    [endpoints]cursor // points of the endpoint before it are delivered
	sending int               // points of the endpoint before it were in the last request
}

// newAttempt rejects what cannot be sent at all.
func newAttempt(b *transport.Batch, enc *encoder) *attempt {
	a := &attempt{b: b, points: b.Points(), items: b.Len()}
	a.limit = a.points
	number := 0
	for i := range a.b.Series {
		s := &a.b.Series[i]
		for j := range s.Points {
			if why := enc.unfit(s.Kind, &s.Points[j]); why != "" {
				a.reject(number, why)
			}
			number++
		}
	}
	return a
}

func (a *attempt) reject(number int, why string) {
	a.rejected = append(a.rejected, transport.Rejection{Index: number, Reason: why})
	a.limit = min(a.limit, number)
}

// first returns the number of the first point that belongs to an endpoint, from
// a cursor on; the number of points if there is none.
func (a *attempt) first(e endpoint, c cursor) int {
	for c.series < len(a.b.Series) {
		s := &a.b.Series[c.series]
		left := len(s.Points) - c.point
		if endpointOf(s.Kind) == e && left > 0 {
			return c.number
		}
		c = cursor{series: c.series + 1, number: c.number + left}
	}
	return a.points
}

// numbers returns the numbers, in [from, to), of the points of an endpoint that
// are not rejected.
func (a *attempt) numbers(e endpoint, from, to int) []int {
	rejected := map[int]bool{}
	for _, r := range a.rejected {
		rejected[r.Index] = true
	}
	var out []int
	number := 0
	for i := range a.b.Series {
		s := &a.b.Series[i]
		for range s.Points {
			if number >= from && number < to && endpointOf(s.Kind) == e && !rejected[number] {
				out = append(out, number)
			}
			number++
		}
	}
	return out
}

// leading returns how many leading points are delivered.
func (a *attempt) leading() int {
	n := a.limit
	for e := range endpoints {
		n = min(n, a.first(e, a.done[e]))
	}
	return n
}

// rest returns the result of a Send whose requests all succeeded.
func (a *attempt) rest() error {
	if len(a.rejected) == 0 {
		return nil
	}
	failed := &transport.SendError{Outcome: transport.Retry, Err: errRejected}
	if a.limit+len(a.rejected) == a.items { // there are no others to try
		failed.Outcome = transport.Permanent
	}
	return a.result(failed)
}

var errRejected = errors.New("datadog: some points cannot be sent")

// failure returns the result of a Send of which a request to e failed.
//
// A SendError has one outcome for all points that are neither delivered nor
// rejected, and a part of these was not tried. Where the outcome would lose
// untried ones, the points of the failed request are reported one by one
// instead, and the others as Retry.
func (a *attempt) failure(failed *transport.SendError, e endpoint) error {
	switch failed.Outcome {
	case transport.Permanent:
		a.settleRequest(failed, e, "refused for good")
	case transport.Unknown:
		from := a.sending
		if e == seriesEndpoint {
			from = 0
		}
		if len(a.numbers(distributionEndpoint, from, a.points)) == 0 && a.items == a.points {
			break
		}
		if e == seriesEndpoint {
			failed.Outcome = transport.Retry // series may be sent again, whatever became of them
		} else {
			a.settleRequest(failed, e, "the answer was lost")
		}
	}
	return a.result(failed)
}

// settleRequest rejects the points of the failed request to e, and makes the
// outcome of all others Retry.
func (a *attempt) settleRequest(failed *transport.SendError, e endpoint, why string) {
	tried := a.numbers(e, a.done[e].number, a.sending)
	if a.leading()+len(a.rejected)+len(tried) == a.items {
		return // there are no others
	}
	for _, n := range tried {
		a.rejected = append(a.rejected, transport.Rejection{Index: n, Reason: why})
	}
	failed.Outcome = transport.Retry
}

// result adds to e what was delivered and rejected.
func (a *attempt) result(e *transport.SendError) error {
	e.Delivered = a.leading()
	e.Rejected = slices.Clone(a.rejected)
	slices.SortFunc(e.Rejected, func(x, y transport.Rejection) int { return cmp.Compare(x.Index, y.Index) })
	return e
}
