package mutants

import "slices"

// List is what make mutants tries.
var List = slices.Concat(shardMutants, statsMutants, rollupMutants, flushMutants, runningMutants)
