package shard

// Class is the storage a series needs. Several kinds of a higher layer may
// share one: a timing is stored as a histogram.
type Class uint8

const (
	ClassCounter Class = iota
	ClassGauge
	ClassHistogram
	ClassDistribution
	ClassSet
	ClassRate // no cells: its samples are timed submissions
	classes
)

// ID names a series in a [Store]: which row of cells it has, and which slot in
// it. A row belongs to one class. An ID is reused only after [Store.Free].
type ID uint32

const (
	slotBits = 6
	// RowSlots is the largest number of slots a row has. Slots and rows count
	// from 0, so arrays indexed by Row and Slot are dense.
	RowSlots = 1 << slotBits
)

// Row returns the number of the row.
func (id ID) Row() int { return int(id >> slotBits) }

// Slot returns the place in the row, below [RowSlots].
func (id ID) Slot() int { return int(id & (RowSlots - 1)) }

// MakeID is the inverse of Row and Slot.
func MakeID(row, slot int) ID { return ID(row<<slotBits | slot) }

// Generation numbers the time between two swaps, from 1.
type Generation uint64

// Visitor gets what a drain found. The flusher implements it. Its methods are
// called by the goroutine that drains, one at a time; no argument that points
// anywhere may be kept after the call returns.
type Visitor interface {
	// Count is a counter touched since the last drain: n from integer deltas,
	// f from float deltas and those past ±2^20. Both may be zero. Their sum is
	// the counter's delta.
	Count(id ID, n int64, f float64)
	// Gauge is a gauge written since the last drain, with its last value.
	Gauge(id ID, v float64)
	// Observations is one bank of a histogram or distribution. gen says to
	// which generation it belongs: an older one than the generation just
	// retired if a submitter had held the bank until now. One drain may visit
	// one id several times, once for each shard and the spill.
	Observations(id ID, gen Generation, o *Observations)
	// Member is a member of a set added since the last drain. One drain may
	// show a member twice.
	Member(id ID, member string)
	// Timed is a submission with a timestamp, or, with Untimed set, one that has
	// a weight, is of a rate, or found its own place occupied.
	Timed(r *Timed)
}

// Observations is what one bank gathered in one generation.
type Observations struct {
	Count         uint64 // observations, exact
	Sum, Min, Max float64
	// Samples stand for Sampled of the Count observations, Sampled/len(Samples)
	// each. They are in no order. For a distribution they are all of them.
	// Sampled is 0 in a spill, which keeps no sample.
	Samples []float64
	Sampled uint64
}

// Timed is one timestamped submission.
type Timed struct {
	ID      ID
	Untimed bool    // it belongs to the time of the drain; UnixSec is 0
	UnixSec int64   // floor of its time
	N       int64   // a counter's integer delta; of a rate, when the sample was taken, in nanoseconds
	Value   float64 // a counter's float delta, a gauge's value, an observation, a sample of a rate
	Weight  float64 // of an observation; 0 means 1
	Seq     uint64  // order of timed gauges and of rates over all shards, from 1
	Member  string  // a set's member
}
