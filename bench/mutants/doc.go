// Package mutants breaks the library on purpose, one line at a time, and sees
// whether a test notices.
//
// A [Mutant] names the line, what to make of it, and the tests that have to
// fail then. [Run] works on a copy of the repository: the original is only read.
// A mutant that survives shows that a test says less than its name; one that
// does not apply or compile any more shows that the list is out of date. Both
// are failures.
package mutants
