package transport

import "fmt"

// Temporality says what a backend does with two values for one series and time.
type Temporality uint8

const (
	// Additive: it adds them up. A late part is sent alone.
	Additive Temporality = iota
	// Overwrite: it keeps the last. The merged whole is sent again.
	Overwrite
)

// String returns the temporality in one word.
func (t Temporality) String() string {
	switch t {
	case Additive:
		return "additive"
	case Overwrite:
		return "overwrite"
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
