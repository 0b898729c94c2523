// Package rejection has what transports share that say of single points of a batch what
// became of them: of those that cannot be sent, and of those whose request failed
// while others were not tried.
package rejection

import (
	"cmp"
	"slices"

	"github.com/shardstats/shardstats/transport"
)

// Sort sorts rejections by the number of their item.
func Sort(list []transport.Rejection) {
	slices.SortFunc(list, func(x, y transport.Rejection) int { return cmp.Compare(x.Index, y.Index) })
}

// has reports whether an item is in list, which is sorted.
func has(list []transport.Rejection, number int) bool {
	_, found := slices.BinarySearchFunc(list, number, func(r transport.Rejection, n int) int { return cmp.Compare(r.Index, n) })
	return found
}

// Others reports whether an item from from to to is not in rejected, which is sorted.
func Others(rejected []transport.Rejection, from, to int) bool {
	for number := from; number < to; number++ {
		if !has(rejected, number) {
			return true
		}
	}
	return false
}

// Name returns rejected, which is sorted, with one more Rejection for each item of b
// from from to to that is not in it, sorted. Points of kinds that pass which are
// named only; all are if it is nil, and every event and check is.
func Name(rejected []transport.Rejection, b *transport.Batch, from, to int, reason transport.Reason, which func(transport.Kind) bool) []transport.Rejection {
	known := rejected
	name := func(number int) {
		if number >= from && number < to && !has(known, number) {
			rejected = append(rejected, transport.Rejection{Index: number, Reason: string(reason)})
		}
	}
	number := 0
	for i := range b.Series {
		s := &b.Series[i]
		named := which == nil || which(s.Kind)
		for range s.Points {
			if named {
				name(number)
			}
			number++
		}
	}
	for ; number < b.Len(); number++ {
		name(number)
	}
	Sort(rejected)
	return rejected
}
