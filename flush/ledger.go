package flush

import "github.com/shardstats/shardstats/transport"

// Books are the accounts of one transport. At any instant
//
//	RolledUp = Delivered + Pending + Superseded + Unknown + Σ Dropped
//
// A point is one part of one (series, bucket) handed to this transport.
type Books struct {
	Transport  string
	RolledUp   uint64
	Delivered  uint64
	Pending    uint64
	Superseded uint64 // replaced by a later revision before they were sent
	Unknown    uint64 // sent, and the answer was lost
	Dropped    map[transport.Reason]uint64

	// Beside the equation:

	Ambiguous uint64 // attempts whose answer was lost
	Healed    uint64 // dropped or unknown points whose bucket arrived with a later revision
	LastError string // the last failure, empty after a success
	// LateShifted counts parts that came after their bucket was sent to a backend
	// that wants running totals: they are in a total with a later time.
	LateShifted uint64
}

// Balanced reports whether the equation holds.
func (b *Books) Balanced() bool { return b.RolledUp == b.Settled()+b.Pending }

// Settled is the number of points whose fate is known.
func (b *Books) Settled() uint64 {
	return b.Delivered + b.Superseded + b.Unknown + b.DroppedTotal()
}

// DroppedTotal is the sum over all reasons.
func (b *Books) DroppedTotal() uint64 {
	var n uint64
	for _, v := range b.Dropped {
		n += v
	}
	return n
}
