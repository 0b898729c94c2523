package peers

// Libraries returns ours, first, and the peers.
func Libraries() []Library {
	return []Library{
		Shardstats(),
		Atomic(),
	}
}
