package remotewrite

import (
	"time"

	"google.golang.org/protobuf/encoding/protowire"

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

// appendPoint appends the time series of a point.
func (p *packer) appendPoint(family *prom.Family, point *transport.Point, u *unit) {
	start := u.past.start
	if start >= u.past.last || family.Form == prom.Gauge {
		start = 0 // none
	}
	switch family.Form {
	case prom.Counter, prom.Gauge:
		p.appendSample(family, family.Name, "", point.Value, u.past.last, start)
		u.samples = 1
	case prom.Summary:
		s := point.Summary
		p.appendSample(family, family.Sum, "", prom.Scale(family.Kind, s.Sum), u.past.last, start)
		p.appendSample(family, family.Count, "", s.Count, u.past.last, start)
		p.values = summary.Read(p.values[:0], p.quantiles, s)
		for i, value := range p.values {
			p.appendSample(family, family.Name, p.quantiles[i].Text, prom.Scale(family.Kind, value), u.past.last, 0)
		}
		u.samples = 2 + len(p.values)
	case prom.Histogram:
		p.inner, _ = p.native.Append(p.inner[:0], point.Summary)
		p.inner = proto.AppendVarint(p.inner, histogramTime, uint64(u.past.last))
		field := seriesHistograms1
		if p.version == V2 {
			field = seriesHistograms2
			if start > 0 {
				p.inner = protowire.AppendTag(p.inner, histogramStart, protowire.VarintType) // two bytes
				p.inner = protowire.AppendVarint(p.inner, uint64(start))
			}
		}
		p.appendSeries(family, family.Name, "", field)
		u.histograms = 1
	}
}

func (p *packer) appendSample(family *prom.Family, name, quantile string, value float64, at, start int64) {
	p.inner = proto.AppendDouble(p.inner[:0], sampleValue, value)
	p.inner = proto.AppendVarint(p.inner, sampleTime, uint64(at))
	if p.version == V2 && start > 0 {
		p.inner = proto.AppendVarint(p.inner, sampleStart, uint64(start))
	}
	p.appendSeries(family, name, quantile, seriesSamples)
}

// appendSeries appends a time series with p.inner in a field.
func (p *packer) appendSeries(family *prom.Family, name, quantile string, field protowire.Number) {
	list, own := p.list, true
	if name != family.Name || quantile != "" {
		p.other = withName(p.other[:0], p.tags, name, quantile)
		list, own = p.other, false
	}
	if p.version == V2 {
		p.appendRefs(list)
		p.body = proto.AppendMessage(p.body, field, p.inner)
		p.body = proto.AppendMessage(p.body, seriesMetadata2, p.described(family))
		p.series = proto.AppendMessage(p.series, requestSeries2, p.body)
		return
	}
	labels := p.encoded
	if !own {
		p.body = prom.AppendLabels(p.body[:0], seriesLabels, list)
		labels = p.body
	}
	p.series = proto.AppendTag(p.series, requestSeries1, protowire.BytesType)
	p.series = proto.AppendLen(p.series, len(labels)+proto.FieldSize(len(p.inner)))
	p.series = append(p.series, labels...)
	p.series = proto.AppendMessage(p.series, field, p.inner)
}

// appendRefs begins p.body with the labels as references.
func (p *packer) appendRefs(list []prom.Label) {
	p.body = p.body[:0]
	size := 0
	p.symbols.refs = p.symbols.refs[:0]
	for i := range list {
		key, value := p.symbols.refAt(2*i, list[i].Key), p.symbols.refAt(2*i+1, list[i].Value)
		p.symbols.refs = append(p.symbols.refs, key, value)
		size += protowire.SizeVarint(uint64(key)) + protowire.SizeVarint(uint64(value))
	}
	p.body = proto.AppendLen(proto.AppendTag(p.body, seriesLabels, protowire.BytesType), size)
	for _, ref := range p.symbols.refs {
		p.body = proto.AppendLen(p.body, int(ref))
	}
}

// described returns the metadata of a 2.0 series.
func (p *packer) described(family *prom.Family) []byte {
	p.inner = proto.AppendVarint(p.inner[:0], metadataType, typeOf(family.Form))
	if family.Help != "" {
		p.inner = proto.AppendVarint(p.inner, metadataHelp2, uint64(p.symbols.ref(family.Help)))
	}
	if family.Unit != "" {
		p.inner = proto.AppendVarint(p.inner, metadataUnit2, uint64(p.symbols.ref(family.Unit)))
	}
	return p.inner
}

// announceEvery is how often 1.0 says what a name is: there it does not go along with
// each series.
const announceEvery = int64(time.Minute / time.Second)

// announce adds metadata about a family, if that was not done of late.
func (p *packer) announce(family *prom.Family, unix int64) {
	if family.Announced != 0 && unix >= family.Announced && unix < family.Announced+announceEvery {
		return
	}
	family.Announced = max(1, unix)
	p.body = proto.AppendVarint(p.body[:0], metadataType, typeOf(family.Form))
	p.body = proto.AppendString(p.body, metadataName1, family.Name)
	if family.Help != "" {
		p.body = proto.AppendString(p.body, metadataHelp1, family.Help)
	}
	if family.Unit != "" {
		p.body = proto.AppendString(p.body, metadataUnit1, family.Unit)
	}
	p.metadata = proto.AppendMessage(p.metadata, requestMetadata1, p.body)
}

// withName appends list, which is sorted, with a name and, unless it is "", a quantile in
// their places.
func withName(dst, list []prom.Label, name, quantile string) []prom.Label {
	const nameLabel, quantileLabel = "__name__", "quantile"
	at := 0
	for ; at < len(list) && list[at].Key < nameLabel; at++ {
		dst = append(dst, list[at])
	}
	dst = append(dst, prom.Label{Key: nameLabel, Value: name})
	if quantile != "" {
		for ; at < len(list) && list[at].Key < quantileLabel; at++ {
			dst = append(dst, list[at])
		}
		dst = append(dst, prom.Label{Key: quantileLabel, Value: quantile})
	}
	return append(dst, list[at:]...)
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
