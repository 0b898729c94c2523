package flush

import (
	"unsafe" // for Sizeof

	"github.com/shardstats/shardstats/rollup"
	"github.com/shardstats/shardstats/transport"
)

// arena is the memory of a batch's summaries and members, in blocks that are used
// again when the batch is. A block that is full is left as it is, for slices point
// into it, and a larger one follows.
type arena struct {
	summaries []*transport.Summary
	used      int // summaries given out
	values    []transport.Sample
	members   [][]string
	texts     []string // in members
}

// summaryBlock is how many summaries are made at once.
const summaryBlock = 32

// summary returns one more summary.
func (a *arena) summary() *transport.Summary {
	if a.used == len(a.summaries) {
		for i, block := 0, make([]transport.Summary, summaryBlock); i < len(block); i++ {
			a.summaries = append(a.summaries, &block[i])
		}
	}
	a.used++
	return a.summaries[a.used-1]
}

// samples returns a copy of a summary's samples.
func (a *arena) samples(from []rollup.Sample) []transport.Sample {
	if len(from) > cap(a.values)-len(a.values) {
		a.values = make([]transport.Sample, 0, max(1024, len(from), 2*cap(a.values)))
	}
	n := len(a.values)
	for _, s := range from {
		a.values = append(a.values, transport.Sample{Value: s.Value, Weight: s.Weight})
	}
	return a.values[n:len(a.values):len(a.values)]
}

// addMembers adds the members of a set and returns them.
func (a *arena) addMembers(from *rollup.Bucket, row, slot int) []string {
	if size := from.Members(row, slot); size > cap(a.texts)-len(a.texts) {
		a.texts = make([]string, 0, max(256, size, 2*cap(a.texts)))
	}
	n := len(a.texts)
	a.texts = from.AppendMembers(a.texts, row, slot)
	members := a.texts[n:len(a.texts):len(a.texts)]
	a.members = append(a.members, members)
	return members
}

// memory is how many bytes the arena holds.
func (a *arena) memory() int {
	const summary = int(unsafe.Sizeof(transport.Summary{})) + 8
	return summary*len(a.summaries) + sampleBytes*cap(a.values) + 24*cap(a.members) + 16*cap(a.texts)
}

// maxArenaValues bounds what is kept: a burst of distributions or members should
// not stay.
const maxArenaValues = 1 << 16

func (a *arena) reset() {
	a.used = 0
	clear(a.members)
	a.members = a.members[:0]
	a.values = a.values[:0]
	if cap(a.values) > maxArenaValues {
		a.values = nil
	}
	clear(a.texts)
	a.texts = a.texts[:0]
	if cap(a.texts) > maxArenaValues {
		a.texts = nil
	}
}
