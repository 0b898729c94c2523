package stats

import (
	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/transport"
)

// Books are the accounts of one transport.
type Books = flush.Books

// Reason says why a submission was refused or a point dropped; the values are
// constants of package transport.
type Reason = transport.Reason

// Ledger is what became of everything submitted so far.
type Ledger struct {
	// Refused counts submissions that did not get in, by reason. No reason is
	// missing for want of a count: reasons with 0 are left out. Ages are judged
	// at the next drain.
	Refused map[Reason]uint64
	// Transports are the books of each transport, in the order of WithTransport.
	Transports []Books
	// Events are the books of the events and service checks of each transport, in
	// the same order.
	Events []Books

	Series int // live series

	// Observations that count in count, sum, min and max, but of which no sample
	// could be taken: their reservoirs were busy.
	Unsampled uint64
	// Times a reservoir stayed smaller than it should be, since no page had been
	// prepared.
	Starved uint64
	// Garbage collections made to happen so that ids could be reused.
	ForcedGrace uint64
}

// Balanced reports whether the books of every transport balance.
func (l Ledger) Balanced() bool {
	for _, books := range [][]Books{l.Transports, l.Events} {
		for i := range books {
			if !books[i].Balanced() {
				return false
			}
		}
	}
	return true
}

// RefusedTotal is the sum over all reasons.
func (l Ledger) RefusedTotal() uint64 {
	var n uint64
	for _, v := range l.Refused {
		n += v
	}
	return n
}

// Ledger returns the books. The books of one transport are read at one instant;
// those of different transports, and Refused, are read one after the other.
func (c *Client) Ledger() Ledger {
	l := Ledger{Refused: map[Reason]uint64{}}
	if !c.live() {
		return l
	}
	co := c.core
	put := func(reason Reason, n uint64) {
		if n > 0 {
			l.Refused[reason] += n
		}
	}
	for i, reason := range doorReasons {
		put(reason, co.refused[i].Load())
	}
	co.refusals.each(put)
	lost := co.store.Lost()
	put(transport.ReasonBadValue, lost.BadValue)
	put(transport.ReasonSetFull, lost.SetFull)
	put(transport.ReasonDistributionFull, lost.DistributionFull)
	put(transport.ReasonTimedFull, lost.TimedFull)
	put(transport.ReasonAfterStop, lost.AfterStop)
	l.Unsampled, l.Starved = lost.Unsampled, lost.Starved
	l.ForcedGrace = co.registry.forcedGrace.Load()
	l.Transports, l.Events = co.flusher.Books(), co.flusher.EventBooks()
	co.registry.mu.Lock()
	l.Series = co.registry.live
	co.registry.mu.Unlock()
	return l
}
