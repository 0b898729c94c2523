package flush

import (
	"github.com/shardstats/shardstats/rollup"
	"github.com/shardstats/shardstats/transport"
)

// arena is the memory of a batch's points, summaries, members and tags, in blocks that
// are used again when the batch is. A block that is full is left as it is, for
// slices point into it, and a larger one follows.
type arena struct {
	points    []transport.Point
	summaries []*transport.Summary
	used      int // summaries given out
	values    []transport.Sample
	texts     []string // members of sets, tags
}

// point returns a slice of one point.
func (a *arena) point(p transport.Point) []transport.Point {
	if len(a.points) == cap(a.points) {
		a.points = make([]transport.Point, 0, max(64, 2*cap(a.points)))
	}
	n := len(a.points)
	a.points = append(a.points, p)
	return a.points[n : n+1 : n+1]
}

func (a *arena) summary() *transport.Summary {
	if a.used == len(a.summaries) {
		a.summaries = append(a.summaries, new(transport.Summary))
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

// members returns the members of a set.
func (a *arena) members(from *rollup.Bucket, row, slot int) []string {
	n := a.roomForTexts(from.Members(row, slot))
	a.texts = from.AppendMembers(a.texts, row, slot)
	return a.texts[n:len(a.texts):len(a.texts)]
}

// tags returns the tags of a series in the order of a profile.
func (a *arena) tags(series *Series, p Profile) []string {
	n := a.roomForTexts(series.tagCount())
	a.texts = series.appendTagsFor(p, a.texts)
	return a.texts[n:len(a.texts):len(a.texts)]
}

// roomForTexts makes room for n more texts and returns where they go.
func (a *arena) roomForTexts(n int) int {
	if n > cap(a.texts)-len(a.texts) {
		a.texts = make([]string, 0, max(256, n, 2*cap(a.texts)))
	}
	return len(a.texts)
}

// maxArenaValues bounds what is kept: a burst of distributions or members should
// not stay.
const maxArenaValues = 1 << 16

func (a *arena) reset() {
	clear(a.points)
	a.points, a.used = a.points[:0], 0
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
