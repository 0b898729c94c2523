package mutants

// What a bucket becomes.
var rollupMutants = []Mutant{}
