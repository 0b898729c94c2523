package flush

import "github.com/shardstats/shardstats/shard"

// Source is what the flusher needs of a [shard.Store], which says what each does.
// One goroutine at a time calls it. Tests put others in its place.
type Source interface {
	Swap() shard.Generation
	Drain(nowUnixSec int64, v shard.Visitor)
	DrainTimed(nowUnixSec int64, v shard.Visitor)
	DrainHeld(nowUnixSec int64, v shard.Visitor) (held int)
	Stop(nowUnixSec int64, v shard.Visitor)
}

var _ Source = (*shard.Store)(nil)
