// Package tune finds the number of shards, the reservoir size and the flush interval
// that suit a machine and a workload. Command tune prints what it finds; docs/TUNING.md
// says how to read it.
//
// What is compared is compared side by side: the settings take turns in rounds of a
// few milliseconds, in a fresh order each, and only rounds of the same turn are
// divided by each other. What drifts, such as the clock of the processor, is in both.
//
// Two clients with the same setting differ, too, by where their memory happens to
// lie. So the clients are made anew for each of several blocks, and a block counts
// once, as the median of its rounds: a block is what was repeated, not a round.
//
// The decision ([Choose]) is a pure function of the measured rounds. It keeps the
// default unless another setting is faster by more than the noise and by more than a
// stated gain.
//
//	result, err := tune.Run(ctx, tune.DefaultWorkload(), tune.Plan{Budget: 2 * time.Minute}, nil)
//	fmt.Print(result.Table())
package tune
