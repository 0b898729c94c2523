package remotewrite

import (
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/prom"
	"github.com/shardstats/shardstats/transport/internal/proto"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

// cursor is a place in a batch.
type cursor struct{ series, point, number int }

// packer fills one request at a time and never past its limits.
type packer struct {
	version    Version // V1 or V2
	maxSamples int
	maxBytes   int
	quantiles  []summary.Quantile

	families *prom.Families
	labels   prom.Labels
	native   prom.Native

	series   []byte // encoded time series, as fields of a request
	metadata []byte // 1.0, as fields of a request
	symbols  symbols
	units    []unit
	rejected []transport.Rejection

	// Scratch of the series at hand.
	tags    []prom.Label // without a name
	list    []prom.Label // with that of the family
	encoded []byte       // list, as fields of a 1.0 time series

	// Scratch of the point at hand.
	other  []prom.Label // with another name than that of the family
	body   []byte       // of a time series
	inner  []byte       // of a sample or histogram
	values []float64
}

// unit is a point in the request.
type unit struct {
	number              int // in the batch
	samples, histograms int
	key                 uint64 // of its series
	past                past   // once it is acknowledged
	family              *prom.Family
}

func newPacker(set settings) *packer {
	p := &packer{
		version: set.Version, maxSamples: set.MaxSamples, maxBytes: set.MaxRequestBytes, quantiles: set.quantiles,
		families: prom.NewFamilies(maxNames),
		native:   prom.Native{Fields: histogramFields, MaxBuckets: set.MaxBuckets},
	}
	if p.version == Auto {
		p.version = V2
	}
	p.symbols.reset()
	return p
}

// fill packs points from at on, as many as fit, and returns where the rest begins.
func (p *packer) fill(b *transport.Batch, at cursor, known *times) cursor {
	p.series, p.metadata, p.units = p.series[:0], p.metadata[:0], p.units[:0]
	p.symbols.reset()
	samples := 0
	for ; at.series < len(b.Series); at = (cursor{series: at.series + 1, number: at.number}) {
		s := &b.Series[at.series]
		if at.point == len(s.Points) {
			continue
		}
		family, ready, key := (*prom.Family)(nil), false, uint64(0)
		for ; at.point < len(s.Points); at.point, at.number = at.point+1, at.number+1 {
			point := &s.Points[at.point]
			if reason := prom.Unfit(s, point); reason != "" {
				p.reject(at.number, reason)
				continue
			}
			if !ready {
				if family = p.families.Of(s); family != nil {
					key = p.begin(s, family)
				}
				ready = true
			}
			if family == nil {
				p.reject(at.number, string(transport.ReasonCollision))
				continue
			}
			u := p.unit(s, point, family, key, known)
			if u.past.last < 0 {
				p.reject(at.number, string(transport.ReasonLateGauge))
				continue
			}
			u.number = at.number
			if !p.add(family, point, &u, samples) {
				if len(p.units) > 0 {
					return at
				}
				p.reject(at.number, string(transport.ReasonTooLarge))
				continue
			}
			samples += u.samples + u.histograms
			p.units = append(p.units, u)
		}
	}
	return at
}

// begin gets ready for the points of a series, and returns its identity.
func (p *packer) begin(s *transport.Series, family *prom.Family) uint64 {
	p.tags = p.labels.Of(s)
	p.list = withName(p.list[:0], p.tags, family.Name, "")
	p.encoded = prom.AppendLabels(p.encoded[:0], seriesLabels, p.list)
	return identity(p.encoded)
}

func (p *packer) reject(number int, reason string) {
	p.rejected = append(p.rejected, transport.Rejection{Index: number, Reason: reason})
}

// unit returns what is to be known of a point once it is acknowledged. Its time is
// negative if a newer one was.
func (p *packer) unit(s *transport.Series, point *transport.Point, family *prom.Family, key uint64, known *times) unit {
	u := unit{key: key, family: family, past: past{start: point.Unix * 1000, total: point.Value}}
	u.past.last = u.past.start + max(0, s.Interval).Milliseconds()
	if point.Summary != nil {
		u.past.total = point.Summary.Count
	}
	if before, ok := known.of(key); ok {
		switch {
		case before.last > u.past.last:
			u.past.last = -1
		case before.total <= u.past.total: // else it began anew
			u.past.start = before.start
		}
	}
	return u
}

// add encodes a point, unless a request of so many samples would not have room for it.
func (p *packer) add(family *prom.Family, point *transport.Point, u *unit, samples int) bool {
	series, metadata, symbols, announced := len(p.series), len(p.metadata), len(p.symbols.list), family.Announced
	p.appendPoint(family, point, u)
	if p.version == V1 {
		p.announce(family, point.Unix)
	}
	if p.size() <= p.maxBytes && (samples == 0 || samples+u.samples+u.histograms <= p.maxSamples) {
		return true
	}
	p.series, p.metadata, family.Announced = p.series[:series], p.metadata[:metadata], announced
	p.symbols.cut(symbols)
	return false
}

func (p *packer) size() int { return len(p.series) + len(p.metadata) + p.symbols.size }

// appendRequest appends the request.
func (p *packer) appendRequest(dst []byte) []byte {
	if p.version == V2 {
		for _, text := range p.symbols.list {
			dst = proto.AppendString(dst, requestSymbols2, text)
		}
	}
	dst = append(dst, p.series...)
	return append(dst, p.metadata...)
}

// release lets go of what belongs to a batch.
func (p *packer) release() {
	p.labels.Forget()
	p.tags = nil
	clear(p.list[:cap(p.list)])
	clear(p.other[:cap(p.other)])
	clear(p.units[:cap(p.units)])
	p.symbols.reset()
}
