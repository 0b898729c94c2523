package stats

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/shard"
)

// The index against a map, with keys that collide.
func TestTheIndexFindsWhatIsInIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x index
		all := map[shard.ID]*series{} // also those taken out
		in := map[shard.ID]bool{}
		at := func(id shard.ID) *series { return all[id] }
		find := func(id shard.ID) *series {
			return x.find(all[id].Key, at, func(s *series) bool { return s.ID == id })
		}
		each := func(visit func(*series)) {
			for id, s := range all {
				if in[id] {
					visit(s)
				}
			}
		}
		next := shard.ID(0)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				s := new(series)
				s.ID, s.Key = next, rapid.SampledFrom([]uint64{0, 1, 2, 63, 64, 1 << 40}).Draw(t, "key")
				x.add(s.Key, next, each)
				all[next], in[next] = s, true
				next++
			},
			"remove": func(t *rapid.T) {
				id := shard.ID(rapid.IntRange(0, max(0, int(next)-1)).Draw(t, "id"))
				if in[id] {
					x.remove(all[id].Key, id)
					in[id] = false
				}
			},
			"": func(t *rapid.T) {
				n := 0
				for id, s := range all {
					if in[id] {
						require.Same(t, s, find(id))
						n++
					} else {
						require.Nil(t, find(id))
					}
				}
				require.Equal(t, n, x.live)
				require.LessOrEqual(t, 2*x.used, max(1, len(x.slots)))
			},
		})
	})
}
