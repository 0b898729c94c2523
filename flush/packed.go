package flush

import (
	"time"
	"unsafe" // for Sizeof

	"github.com/shardstats/shardstats/rollup"
	"github.com/shardstats/shardstats/transport"
)

// packed is the points of a batch while they wait: some 70 bytes for a counter, where
// what a transport gets has 250. A sender unpacks a batch for each attempt, into
// memory that it uses again: see unpack.go.
type packed struct {
	profile  Profile
	interval time.Duration

	labels []label   // by unit
	values []float64 // by point
	texts  []*Text   // of labels
	// figures are those of units of formFigures and formCount, in their order, as the
	// arena's summaries and members are those of their units.
	figures []*seriesFigures
	arena   arena
}

// label says which series a unit is of, and what its points are like. It has the
// strings of the series, and not the series: a queue must not keep ids from being
// given up.
type label struct {
	own    string
	common *Common
	lens   uint32 // or, with textOrder, the place of the Text in packed.texts
	order  uint8
	kind   transport.Kind // of the series
	sent   transport.Kind // of its points, unless they are figures
	form   form
}

// textOrder is no Order of a Series: all of its places are beyond the last.
const textOrder = 0xff

// form says what a unit is besides its values.
type form uint8

const (
	formFlat    form = iota // one value
	formSummary             // one summary
	formMembers             // the size of a set, and its members
	formFigures             // the figures of a histogram, one point each
	formCount               // of these the count alone
)

// Estimates for the bound on queues.
const (
	unitBytes   = 64
	pointBytes  = 8
	sampleBytes = 16
)

// label notes which series the next unit is of.
func (p *packed) label(series *Series, sent transport.Kind, form form) (bytes int) {
	l := label{
		own: series.Own, common: series.Common, lens: series.Lens, order: series.Order,
		kind: series.Kind, sent: sent, form: form,
	}
	if series.Text != nil {
		l.own, l.lens, l.order = "", uint32(len(p.texts)), textOrder
		p.texts = append(p.texts, series.Text)
		bytes = 8
	}
	p.labels = append(p.labels, l)
	return bytes + unitBytes + len(l.own)
}

// addFlat adds a unit of one value.
func (h *handout) addFlat(series *Series, sent transport.Kind, value float64) {
	h.bytes += h.label(series, sent, formFlat) + pointBytes
	h.values = append(h.values, value)
}

// addMembers adds a set with its members.
func (h *handout) addMembers(series *Series, content *rollup.Bucket) {
	members := h.arena.addMembers(content, series.ID.Row(), series.ID.Slot())
	h.bytes += h.label(series, series.Kind, formMembers) + pointBytes
	for _, m := range members {
		h.bytes += 16 + len(m)
	}
	h.values = append(h.values, float64(len(members)))
}

// addSummary adds a unit of one summary, whose samples it copies.
func (h *handout) addSummary(series *Series, s transport.Summary, samples []rollup.Sample) {
	h.bytes += h.label(series, series.Kind, formSummary) + pointBytes + sampleBytes*len(samples)
	s.Samples = h.arena.samples(samples)
	*h.arena.summary() = s
	h.values = append(h.values, 0)
}

// addFigures adds what a histogram is expanded to, a value for each figure; of a form
// that has the count alone, that one.
func (h *handout) addFigures(series *Series, of *seriesFigures, form form, values ...float64) {
	h.bytes += h.label(series, series.Kind, form) + pointBytes*len(values)
	h.figures = append(h.figures, of)
	h.values = append(h.values, values...)
}

// memory is how many bytes a batch holds for its next use.
func (h *handout) memory() int {
	const perUnit = int(unsafe.Sizeof(unitKey{}) + unsafe.Sizeof(label{}) + unsafe.Sizeof(h.ends[0]))
	return perUnit*cap(h.units) + pointBytes*(cap(h.values)+cap(h.figures)+cap(h.texts)) + h.arena.memory()
}

// close ends the unit under way, which has at least one point.
func (h *handout) close(key unitKey) {
	h.units = append(h.units, key)
	h.ends = append(h.ends, int32(len(h.values)))
}

// reset empties the batch for reuse: strings and what else is the catalog's or the
// view's go.
func (p *packed) reset() {
	clear(p.labels)
	clear(p.texts)
	clear(p.figures)
	p.labels, p.values, p.texts, p.figures = p.labels[:0], p.values[:0], p.texts[:0], p.figures[:0]
	p.arena.reset()
}
