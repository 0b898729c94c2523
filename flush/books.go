package flush

import (
	"fmt"
	"maps"

	"github.com/shardstats/shardstats/transport"
)

// column is one side of the books: where a unit is, or where it ended.
type column uint8

const (
	rolledUp column = iota // every unit comes from here; the number only grows
	pending
	delivered
	superseded
	unknown
	dropped
)

// fate is where a unit ends, and for a dropped one why.
type fate struct {
	column column
	reason transport.Reason // of dropped
}

// dropFor is the fate of a unit dropped for a reason.
func dropFor(reason transport.Reason) fate { return fate{dropped, reason} }

// lossy says that the backend may be without the unit.
func (f fate) lossy() bool { return f.column == dropped || f.column == unknown }

// accounts are the books of one transport while they are kept. The sender's
// lock guards them: whoever holds it sees the equation hold, because a transfer
// writes both of its sides.
type accounts struct{ books Books }

// transfer moves n units from rolledUp or pending to where they are from now on.
func (a *accounts) transfer(from column, to fate, n int) {
	if n == 0 {
		return
	}
	b, k := &a.books, uint64(n)
	switch from {
	case rolledUp:
		b.RolledUp += k
	case pending:
		if invariants && b.Pending < k {
			panic(fmt.Sprintf("flush: transport %q: %d of %d pending units settled", b.Transport, k, b.Pending))
		}
		b.Pending -= k
	default:
		panic(fmt.Sprintf("flush: transfer from column %d: what is settled stays settled", from))
	}
	switch to.column {
	case pending:
		b.Pending += k
	case delivered:
		b.Delivered += k
	case superseded:
		b.Superseded += k
	case unknown:
		b.Unknown += k
	case dropped:
		if b.Dropped == nil {
			b.Dropped = make(map[transport.Reason]uint64)
		}
		b.Dropped[to.reason] += k
	default:
		panic(fmt.Sprintf("flush: transfer to column %d: nothing goes back", to.column))
	}
}

// snapshot returns a copy that the caller owns.
func (a *accounts) snapshot() Books {
	b := a.books
	b.Dropped = maps.Clone(b.Dropped)
	return b
}
