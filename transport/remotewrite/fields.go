package remotewrite

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport/internal/prom"
)

// Field numbers of prometheus.WriteRequest and io.prometheus.write.v2.Request
// (https://github.com/prometheus/prometheus/tree/main/prompb).
const (
	requestSeries1   protowire.Number = 1
	requestMetadata1 protowire.Number = 3
	requestSymbols2  protowire.Number = 4
	requestSeries2   protowire.Number = 5

	seriesLabels      protowire.Number = 1 // of 1.0 messages, of 2.0 references
	seriesSamples     protowire.Number = 2
	seriesHistograms1 protowire.Number = 4
	seriesHistograms2 protowire.Number = 3
	seriesMetadata2   protowire.Number = 5

	sampleValue protowire.Number = 1
	sampleTime  protowire.Number = 2
	sampleStart protowire.Number = 3 // 2.0

	histogramTime  protowire.Number = 15
	histogramStart protowire.Number = 17 // 2.0

	metadataType  protowire.Number = 1
	metadataName1 protowire.Number = 2
	metadataHelp1 protowire.Number = 4
	metadataUnit1 protowire.Number = 5
	metadataHelp2 protowire.Number = 3
	metadataUnit2 protowire.Number = 4
)

// Types of metrics, which are the same in both.
const (
	typeCounter   = 1
	typeGauge     = 2
	typeHistogram = 3
	typeSummary   = 5
)

func typeOf(f prom.Form) uint64 {
	switch f {
	case prom.Counter:
		return typeCounter
	case prom.Histogram:
		return typeHistogram
	case prom.Summary:
		return typeSummary
	}
	return typeGauge
}

var histogramFields = prom.NativeFields{
	Count: 1, CountFloat: 2, Sum: 3, Schema: 4, ZeroThreshold: 5, Zero: 6, ZeroFloat: 7,
	NegativeSpans: 8, NegativeDeltas: 9, NegativeCounts: 10,
	PositiveSpans: 11, PositiveDeltas: 12, PositiveCounts: 13,
}
