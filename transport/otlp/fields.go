package otlp

import "google.golang.org/protobuf/encoding/protowire"

// Field numbers of OTLP 1.x, as in its metrics/v1, common/v1, resource/v1 and
// collector/metrics/v1 (https://github.com/open-telemetry/opentelemetry-proto).
// All of them are below 16, so that a tag is one byte.
const (
	requestResourceMetrics protowire.Number = 1

	resourceMetricsResource protowire.Number = 1
	resourceMetricsScopes   protowire.Number = 2
	resourceAttributes      protowire.Number = 1

	scopeMetricsScope   protowire.Number = 1
	scopeMetricsMetrics protowire.Number = 2
	scopeName           protowire.Number = 1
	scopeVersion        protowire.Number = 2

	metricName        protowire.Number = 1
	metricDescription protowire.Number = 2
	metricUnit        protowire.Number = 3
	metricGauge       protowire.Number = 5
	metricSum         protowire.Number = 7
	metricExponential protowire.Number = 10
	metricSummary     protowire.Number = 11

	dataPoints      protowire.Number = 1 // of each of the four
	dataTemporality protowire.Number = 2 // of sums and exponential histograms
	sumIsMonotonic  protowire.Number = 3
	deltas                           = 1 // AGGREGATION_TEMPORALITY_DELTA

	pointStart protowire.Number = 2 // of each kind of point
	pointTime  protowire.Number = 3

	numberValue      protowire.Number = 4
	numberAttributes protowire.Number = 7

	exponentialAttributes protowire.Number = 1
	exponentialCount      protowire.Number = 4
	exponentialSum        protowire.Number = 5
	exponentialScale      protowire.Number = 6
	exponentialZeroCount  protowire.Number = 7
	exponentialPositive   protowire.Number = 8
	exponentialNegative   protowire.Number = 9
	exponentialMin        protowire.Number = 12
	exponentialMax        protowire.Number = 13

	bucketsOffset protowire.Number = 1
	bucketsCounts protowire.Number = 2

	summaryCount      protowire.Number = 4
	summarySum        protowire.Number = 5
	summaryQuantiles  protowire.Number = 6
	summaryAttributes protowire.Number = 7
	quantileQuantile  protowire.Number = 1
	quantileValue     protowire.Number = 2

	keyValueKey    protowire.Number = 1
	keyValueValue  protowire.Number = 2
	anyValueString protowire.Number = 1

	responsePartial protowire.Number = 1
	partialRejected protowire.Number = 1
	partialMessage  protowire.Number = 2
	statusMessage   protowire.Number = 2 // of google.rpc.Status
)
