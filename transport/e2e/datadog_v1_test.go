package e2e

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/DataDog/datadog-api-client-go/v2/api/datadogV1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
)

// unknown returns the fields of an object that a model does not know. The original
// ThreadStats sends some of which the published models know nothing; the API takes
// them.
func unknown(properties map[string]any) (out []string) {
	for name := range properties {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Bodies of V1 are what the models of Datadog's API client read: they report what
// does not fit not as an error but in fields of their own.
func TestDatadogV1IsThatOfTheModels(t *testing.T) {
	dd, recorded := recordDatadog(t, datadog.Config{})
	series := randomSeries(rand.New(rand.NewPCG(8, 8)), 200)
	distribution := distributionOf(summarize([]float64{1, 2.5}), summarize([]float64{3}))
	distribution.Tags = []string{"a:b"}
	require.NoError(t, dd.Send(t.Context(), &transport.Batch{
		Series: append(slices.Clone(series), distribution),
		Events: []transport.Event{
			{
				Title: "T", Text: "text", AlertType: transport.AlertError, AggregationKey: "key", SourceTypeName: "source",
				Time: time.Unix(1_700_000_000, 0), Priority: transport.PriorityLow, Tags: []string{"e:1"}, Host: "web1",
			},
			{Title: "bare"},
		},
		Checks: []transport.ServiceCheck{
			{Name: "up", Status: transport.CheckWarning, Host: "web1", Message: "slow", Time: time.Unix(1_700_000_000, 0), Tags: []string{"c:1"}},
			{Name: "nearly bare", Tags: []string{"c:1"}}, // the model wants tags, the API does not
		},
	}))

	bodies := recorded("/api/v1/series")
	require.Len(t, bodies, 1)
	var payload datadogV1.MetricsPayload
	require.NoError(t, payload.UnmarshalJSON(bodies[0]))
	require.Nil(t, payload.UnparsedObject)
	require.Empty(t, payload.AdditionalProperties)
	require.Len(t, payload.Series, len(series))
	for i, s := range payload.Series {
		require.Nil(t, s.UnparsedObject)
		require.Equal(t, []string{"device"}, unknown(s.AdditionalProperties))
		require.Equal(t, series[i].Name, s.Metric)
		require.Len(t, s.Points, len(series[i].Points))
		for j, p := range s.Points {
			require.Len(t, p, 2)
			require.Equal(t, float64(series[i].Points[j].Unix), *p[0])
			require.Equal(t, series[i].Points[j].Value, *p[1])
		}
	}

	bodies = recorded("/api/v1/distribution_points")
	require.Len(t, bodies, 1)
	var points datadogV1.DistributionPointsPayload
	require.NoError(t, points.UnmarshalJSON(bodies[0]))
	require.Nil(t, points.UnparsedObject)
	require.Empty(t, points.AdditionalProperties)
	require.Len(t, points.Series, 1)
	require.Nil(t, points.Series[0].UnparsedObject)
	require.Equal(t, []string{"device", "interval"}, unknown(points.Series[0].AdditionalProperties))
	require.Len(t, points.Series[0].Points, 2)
	for i, want := range [][]float64{{1, 2.5}, {3}} {
		p := points.Series[0].Points[i]
		require.Len(t, p, 2)
		require.Nil(t, p[0].UnparsedObject)
		require.Nil(t, p[1].UnparsedObject)
		assert.Equal(t, float64(100+10*i), *p[0].DistributionPointTimestamp)
		assert.Equal(t, want, *p[1].DistributionPointData)
	}

	for i, body := range recorded("/api/v1/events") {
		var e datadogV1.EventCreateRequest
		require.NoError(t, e.UnmarshalJSON(body))
		require.Nil(t, e.UnparsedObject)
		require.Empty(t, unknown(e.AdditionalProperties))
		assert.Equal(t, []string{"T", "bare"}[i], e.Title)
	}
	for i, body := range recorded("/api/v1/check_run") {
		var c datadogV1.ServiceCheck
		require.NoError(t, c.UnmarshalJSON(body))
		require.Nil(t, c.UnparsedObject)
		require.Empty(t, unknown(c.AdditionalProperties))
		assert.Equal(t, []string{"up", "nearly bare"}[i], c.Check)
	}
}
