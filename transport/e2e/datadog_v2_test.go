package e2e

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/DataDog/agent-payload/v5/gogen"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
)

// asMetricSeries is what the definitions of Datadog's Agent have for s.
func asMetricSeries(s transport.Series, metadata *gogen.Metadata) *gogen.MetricPayload_MetricSeries {
	out := &gogen.MetricPayload_MetricSeries{
		Metric: s.Name, Tags: s.Tags, Unit: s.Unit, Interval: int64(s.Interval / time.Second), Metadata: metadata,
		Type: map[transport.Kind]gogen.MetricPayload_MetricType{
			transport.KindCount: gogen.MetricPayload_COUNT, transport.KindRate: gogen.MetricPayload_RATE,
			transport.KindGauge: gogen.MetricPayload_GAUGE, transport.KindSet: gogen.MetricPayload_GAUGE,
		}[s.Kind],
	}
	if s.HostSet {
		out.Resources = append(out.Resources, &gogen.MetricPayload_Resource{Type: "host", Name: s.Host})
	}
	if s.Device != "" {
		out.Resources = append(out.Resources, &gogen.MetricPayload_Resource{Type: "device", Name: s.Device})
	}
	for _, p := range s.Points {
		out.Points = append(out.Points, &gogen.MetricPayload_MetricPoint{Value: p.Value, Timestamp: p.Unix})
	}
	return out
}

// Series in protobuf are what Datadog's own definitions read, with nothing left over.
func TestDatadogV2IsThatOfTheAgent(t *testing.T) {
	for seed := range uint64(5) {
		dd, recorded := recordDatadog(t, datadog.Config{
			API: datadog.V2, Encoding: datadog.Protobuf, Origin: datadog.Origin{Product: 10, Category: 11, Service: uint32(seed)},
		})
		metadata := &gogen.Metadata{Origin: &gogen.Origin{OriginProduct: 10, OriginCategory: 11, OriginService: uint32(seed)}}
		series := randomSeries(rand.New(rand.NewPCG(seed, 2)), 300)
		want := &gogen.MetricPayload{}
		for _, s := range series {
			want.Series = append(want.Series, asMetricSeries(s, metadata))
		}
		require.NoError(t, dd.Send(t.Context(), &transport.Batch{Series: series}))
		bodies := recorded("/api/v2/series")
		require.Len(t, bodies, 1)
		got := &gogen.MetricPayload{}
		require.NoError(t, got.Unmarshal(bodies[0]))
		require.Equal(t, want, got)
		again, err := got.Marshal()
		require.NoError(t, err)
		assert.Equal(t, again, bodies[0], "the same bytes, so there are no fields that they do not know")
	}
}
