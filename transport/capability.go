package transport

import "fmt"

// Temporality says what a backend does with two values for one series and time.
type Temporality uint8

const (
	// Additive: it adds them up. A late part is sent alone.
	Additive Temporality = iota
	// Overwrite: it keeps the last. The merged whole is sent again.
	Overwrite
	// Cumulative: it wants running totals. Value of a count, and Count and Sum of a
	// Summary, are totals since the process first saw the series; so are the samples
	// of a distribution, while those of histograms and timings, and Min and Max, are
	// of the bucket. Gauges, rates and sets come as they are. Points of one series
	// have ever later times: a late part joins the total, which then comes at the
	// next second after the last one sent, and an older gauge is dropped and counted
	// as late_gauge. A repetition of a point does no harm.
	Cumulative
)

// String returns the temporality in one word.
func (t Temporality) String() string {
	switch t {
	case Additive:
		return "additive"
	case Overwrite:
		return "overwrite"
	case Cumulative:
		return "cumulative"
	}
	return fmt.Sprintf("temporality %d", uint8(t))
}

// TemporalityReporter is an optional capability of a Transport. Kinds differ
// within one backend: Datadog keeps the last value of a (series, timestamp) for
// counts, rates and gauges, but adds up distribution points. A transport
// without it is Additive for every kind. The answer for a kind must not change.
type TemporalityReporter interface{ Temporality(k Kind) Temporality }

// Describer is an optional capability of a Transport. Describe is called once.
type Describer interface{ Describe() Description }

// Description says what a backend takes. The zero value fits a simple one: it
// gets histograms expanded into flat gauges and counts, and of a set its size.
type Description struct {
	// Name stands in the ledger, the log and error messages. Default: the
	// package's name, with "#2" for the second of it.
	Name string
	// Summaries: histograms, timings and distributions come with
	// [Point.Summary] and are not expanded.
	Summaries bool
	// Distributions: distributions alone come with [Point.Summary], every
	// other kind flat. Implied by Summaries.
	Distributions bool
	// Sketches: the samples of a distribution may be the bins of a sketch once there
	// are many: sorted values, each within 0.78 % of what was submitted, with weights.
	// It takes every transport with summaries to say so; otherwise distributions are
	// kept value by value up to a bound, and what is beyond is distribution_full.
	Sketches bool
	// Untimed: the wire does not carry the time of a gauge, so that what arrives
	// last stands. A gauge of an earlier bucket than one already sent is dropped
	// and counted as late_gauge.
	Untimed bool
	// Members: sets come with [Point.Members].
	Members bool
	// Events and Checks: the backend takes events and service checks, one in a
	// Batch. Without it they are dropped and counted as unsupported.
	Events, Checks bool
}

// WireNamer is an optional capability of a Transport whose wire cannot carry
// every name or tag as it is. It returns them as the wire will. Series that
// become one there are added up (counts), merged (histograms, sets), or the
// later one is left out and counted (gauges). Both are pure functions, called
// by the flusher at first sight of a series.
type WireNamer interface {
	WireName(name string) string
	WireTag(tag string) string
}

// WireIdentifier is an optional capability of a Transport, for wires where tags
// cannot be named one by one: Prometheus has one label for all tags of a key.
// AppendWireIdentity appends to dst what tells s from other series on the wire:
// series of one kind for which it is the same become one, by the rules of
// [WireNamer], which it takes the place of. It is a pure function of the name, tags,
// host, device and kind of s; s has no points and must not be kept.
type WireIdentifier interface {
	AppendWireIdentity(dst []byte, s *Series) []byte
}
