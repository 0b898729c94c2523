package remotewrite

import (
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/prom"
	"github.com/shardstats/shardstats/transport/internal/proto"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

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
