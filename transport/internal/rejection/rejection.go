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

// Others reports whether an item in [from, to) is not in rejected, which is sorted.
func Others(rejected []transport.Rejection, from, to int) bool {
	for number := from; number < to; number++ {
		if !has(rejected, number) {
			return true
		}
	}
	return false
}

// Name returns rejected, which is sorted, with one more Rejection for each item of b
// in [from, to) that is not in it, sorted. Of the points only those are named whose
// kind passes which, all if it is nil; events and checks always are.
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
