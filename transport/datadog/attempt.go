package datadog

import (
	"errors"
	"slices"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/rejection"
)

// attempt is the state of one Send.
//
// The series endpoint goes first: Datadog may get a series twice, but not a
// distribution. So while distributions are being sent all series are there, and
// the number of the first distribution that is not there says how many leading
// points are.
type attempt struct {
	b        *transport.Batch
	points   int
	items    int             // points, events and checks
	has      [endpoints]bool // points for it
	rejected []transport.Rejection
	// skip has the numbers of the points that cannot be sent, sorted. They are in
	// rejected, too.
	skip []int

	done    [endpoints]cursor // points of the endpoint before it are delivered
	sending int               // points of the endpoint before it were in the last request
}

// newAttempt rejects what cannot be sent at all.
func newAttempt(b *transport.Batch, enc *encoder) *attempt {
	a := &attempt{b: b}
	for i := range b.Series {
		s := &b.Series[i]
		for j := range s.Points {
			if why := enc.unfit(s.Kind, &s.Points[j]); why != "" {
				a.reject(a.points+j, why)
			}
		}
		if len(s.Points) > 0 {
			a.points += len(s.Points)
			a.has[endpointOf(s.Kind)] = true
		}
	}
	a.items = a.points + len(b.Events) + len(b.Checks)
	return a
}

func (a *attempt) reject(number int, why string) {
	a.rejected = append(a.rejected, transport.Rejection{Index: number, Reason: why})
	at, _ := slices.BinarySearch(a.skip, number)
	a.skip = slices.Insert(a.skip, at, number)
}

func (a *attempt) skips(number int) bool {
	_, found := slices.BinarySearch(a.skip, number)
	return found
}

// numbers returns the numbers, in [from, to), of the points of an endpoint that
// can be sent.
func (a *attempt) numbers(e endpoint, from, to int) []int {
	var out []int
	number := 0
	for i := range a.b.Series {
		s := &a.b.Series[i]
		for range s.Points {
			if number >= from && number < to && endpointOf(s.Kind) == e && !a.skips(number) {
				out = append(out, number)
			}
			number++
		}
	}
	return out
}

// leading returns how many leading points are delivered or cannot be sent.
func (a *attempt) leading() int {
	n := a.points
	for e := range endpoints {
		if left := a.numbers(e, a.done[e].number, n); len(left) > 0 {
			n = left[0]
		}
	}
	return n
}

// success returns the result of a Send whose requests all succeeded.
func (a *attempt) success() error {
	if len(a.rejected) == 0 {
		return nil
	}
	failed := a.result(&transport.SendError{Outcome: transport.Permanent, Err: errRejected})
	failed.Delivered = a.items
	return failed
}

var errRejected = errors.New("datadog: some points cannot be sent")

// failure returns the result of a Send of which a request to e failed.
//
// A SendError has one outcome for all points that are neither delivered nor
// rejected, and a part of these was not tried. Where the outcome would lose
// untried ones, the points of the failed request are reported one by one
// instead, and the others as Retry.
func (a *attempt) failure(failed *transport.SendError, e endpoint) *transport.SendError {
	switch failed.Outcome {
	case transport.Permanent:
		a.settleRequest(failed, e, transport.ReasonPermanent)
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
			a.settleRequest(failed, e, transport.ReasonUnknown)
		}
	}
	return a.result(failed)
}

// settleRequest rejects the points of the failed request to e, and makes the
// outcome of all others Retry.
func (a *attempt) settleRequest(failed *transport.SendError, e endpoint, why transport.Reason) {
	tried := a.numbers(e, a.done[e].number, a.sending)
	leading := a.leading()
	at, _ := slices.BinarySearch(a.skip, leading)
	if len(tried) == a.items-leading-len(a.skip[at:]) {
		return // there are no others behind those that the outcome is not about
	}
	for _, n := range tried {
		a.reject(n, string(why))
	}
	failed.Outcome = transport.Retry
}

// result adds to e what was delivered and rejected.
func (a *attempt) result(e *transport.SendError) *transport.SendError {
	e.Delivered = a.leading()
	e.Rejected = append(e.Rejected, a.rejected...)
	rejection.Sort(e.Rejected)
	return e
}
