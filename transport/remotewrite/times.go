package remotewrite

import "hash/maphash"

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

// identity returns the hash of a series' encoded labels, by which times knows it within this
// process. Two with one hash share their times: at a million series, a chance of one in thirty
// million.
func identity(labels []byte) uint64 { return maphash.Bytes(seed, labels) }
