package shard

// Store is all the shards of one client.
type Store struct{}
