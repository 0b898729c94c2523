package remotewrite

import (
	"hash/maphash"
	"math/bits"

	"github.com/shardstats/shardstats/transport/internal/prom"
)

// past is what is known of a series that the peer has acknowledged.
type past struct {
	last  int64   // newest time, in ms
	start int64   // when its total began, in ms
	total float64 // of a counter, or its count
}

// times remembers the newest time of each series, by a hash of its identity: a receiver
// takes none that is older, and says so for a whole request. There are two halves: when
// the younger is full the older is forgotten, so that what is sent stays known.
type times struct {
	limit        int
	young, older map[uint64]past
}

func (t *times) of(key uint64) (past, bool) {
	p, ok := t.young[key]
	if !ok {
		p, ok = t.older[key]
	}
	return p, ok
}

func (t *times) set(key uint64, p past) {
	if len(t.young) >= t.limit {
		if _, there := t.young[key]; !there {
			t.older, t.young = t.young, nil
		}
	}
	if t.young == nil {
		t.young = map[uint64]past{}
	}
	t.young[key] = p
}

var seed = maphash.MakeSeed()

// identity returns the hash of a series, by which times knows it within this process. Two
// with one hash share their times: at a million series, a chance of one in thirty million.
func identity(name string, labels []prom.Label) uint64 {
	h := maphash.String(seed, name)
	for i := range labels {
		h = mix(h, maphash.String(seed, labels[i].Key))
		h = mix(h, maphash.String(seed, labels[i].Value))
	}
	return h
}

// mix brings a hash into another such that their order counts.
func mix(h, next uint64) uint64 {
	high, low := bits.Mul64(h^0x9e3779b97f4a7c15, next^0xd1342543de82ef95)
	return high ^ low ^ bits.RotateLeft64(h, 29)
}
