package scaling

import _ "unsafe" // for linkname

// To touch a shard on purpose one has to know which processor one runs on.
//
// Safe because the pair only counts the running thread's locks up and down, both
// are on the runtime's list of names that others may link to, nothing happens
// between them, and an answer that has become old costs a touch and nothing else.

//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()

// processor returns the number of the processor that the caller ran on a moment ago.
func processor() int {
	p := procPin()
	procUnpin()
	return p
}
