package stats

import "github.com/shardstats/shardstats/shard"

// index finds the series of an identity: open addressing over ids, at most half
// full, four bytes a slot. The series themselves are in the registry's rows, and a
// look compares with them. All of it is under the registry's lock.
type index struct {
	slots []uint32 // 0, or an id + 2, or indexDead; a power of two
	used  int      // slots not 0
	live  int      // ids
}

const (
	indexDead  = 1
	firstIndex = 64
)

// find returns the series with a key for which same holds, nil if there is none.
func (x *index) find(key uint64, at func(shard.ID) *series, same func(*series) bool) *series {
	if x.live == 0 {
		return nil
	}
	mask := uint64(len(x.slots) - 1)
	for i := key; ; i++ {
		switch slot := x.slots[i&mask]; slot {
		case 0:
			return nil
		case indexDead:
		default:
			if s := at(shard.ID(slot - 2)); s.Key == key && same(s) {
				return s
			}
		}
	}
}

// add puts an id in that is not there. each visits the series that are.
func (x *index) add(key uint64, id shard.ID, each func(visit func(*series))) {
	if 2*(x.used+1) > len(x.slots) {
		x.grow(each)
	}
	if x.put(key, id) {
		x.used++
	}
	x.live++
}

// put uses the first slot that holds no id, and reports whether it was never used.
func (x *index) put(key uint64, id shard.ID) bool {
	mask := uint64(len(x.slots) - 1)
	i := key
	for x.slots[i&mask] > indexDead {
		i++
	}
	fresh := x.slots[i&mask] == 0
	x.slots[i&mask] = uint32(id) + 2
	return fresh
}

// grow makes room, or, if there are many dead slots, only takes them away. It goes
// through the series as they lie in memory: in the order of the slots it took three
// times as long.
func (x *index) grow(each func(visit func(*series))) {
	size := firstIndex
	for size < 3*(x.live+1) {
		size *= 2
	}
	x.slots, x.used = make([]uint32, size), x.live
	each(func(s *series) { x.put(s.Key, s.ID) })
}

// remove takes an id out that is there.
func (x *index) remove(key uint64, id shard.ID) {
	mask := uint64(len(x.slots) - 1)
	i := key
	for x.slots[i&mask] != uint32(id)+2 {
		i++
	}
	x.slots[i&mask] = indexDead
	x.live--
}
