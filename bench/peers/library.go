package peers

import "io"

// Library is one library under test, or one way of using it.
type Library struct {
	Name string
	// Module is the path of the Go module it comes from; "" for the standard library.
	Module string
	// Note says what it does more or less than ours; "" for ours.
	Note string
	// StandIn says that Flush stands in for what the library does not have: it is not
	// measured while flushing.
	StandIn bool
	// HistogramBytes is what a histogram takes from the start, if that is much.
	HistogramBytes int
	// New makes a fresh session. What Flush encodes is written to w, which several
	// goroutines may not use at once unless the library does so by itself: give
	// [io.Discard] to measure.
	New func(w io.Writer) (*Session, error)
}

// Session is an instance of a library that knows no series yet. A nil function is
// something that the library does not have.
//
// Loops over submissions are inside the adapters: a [Submit] is called once for many
// of them, so that they are compiled as a user's own loop would be. Series of one
// kind have one name, and differ in their three tags.
type Session struct {
	// Counters, Gauges and Histograms resolve a handle for each series, once. The
	// Submit goes over the handles: counters are incremented by one, gauges set to a
	// number that changes each time, histograms observe the values of a table.
	Counters, Gauges, Histograms func(over Over) Submit

	// Count, Set and Observe submit the same by name and tags, which are looked up in
	// each call. What a caller would keep, such as a key made from name and tags, is
	// made here; a series comes to be with its first submission. The Submit is nil for
	// strings that the library is not used with in this way.
	Count, Set, Observe func(from Strings, over Over) Submit

	// Build does what a caller of Count, Set or Observe does by itself with [Built]
	// strings, and does not submit: it is measured beside and taken off.
	Build func(over Over) Submit

	// Flush collects what is held, encodes it as the library does and writes it. One
	// at a time; submissions may go on meanwhile.
	Flush func() error
	// Close stops what the session started. Nothing is submitted any more.
	Close func() error
}

// Submit submits n times. Each goroutine needs one of its own; those made from the
// same series submit to the same series.
type Submit func(n int)

// Strings says where the name and the tags of a submission come from.
type Strings int

const (
	// Literal strings are constants in the code; there is one series, and the Series
	// of Over are not looked at.
	Literal Strings = iota
	// Kept strings were made once and are kept by the caller.
	Kept
	// Built tags are put together by the caller for each submission.
	Built
)

func (s Strings) String() string {
	switch s {
	case Literal:
		return "literal"
	case Kept:
		return "kept"
	case Built:
		return "built"
	}
	return "unknown"
}
