// Package scaling measures and predicts what this machine alone cannot show: how
// the cost of a flush grows with series and shards, and what a submission costs on
// machines with more processors.
//
// A flush is measured through a client, from Flush to its return, on one processor:
// draining, merging, making batches, and sending them to a transport that discards
// or to one that encodes for Datadog's v1 API and compresses. Each counter is
// touched from every shard before, which is the most a flush can find. A line is
// fitted to the medians, and shown with what it leaves unexplained.
//
// A submission is predicted from its own work, the time a cache line takes from one
// processor to another, and a simulation of how often it has to. What one machine can
// show of that is measured, by turns, and stands beside the prediction.
//
// cmd/report -what flush and -what scaling print the tables, and docs/SCALING.md has
// them. Nothing here passes or fails by a time.
package scaling
