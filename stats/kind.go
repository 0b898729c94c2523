package stats

import (
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// kind is what a submission is of; one byte of a spelling's shape, never 0.
type kind = transport.Kind

// classOf returns the storage a kind needs.
func classOf(k kind) shard.Class {
	switch k {
	case transport.KindGauge:
		return shard.ClassGauge
	case transport.KindSet:
		return shard.ClassSet
	case transport.KindHistogram, transport.KindTiming:
		return shard.ClassHistogram
	case transport.KindDistribution:
		return shard.ClassDistribution
	case transport.KindRate:
		return shard.ClassRate
	}
	return shard.ClassCounter
}
