package e2e

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/DataDog/agent-payload/v5/metrics/intake_v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
)

// v3Reader takes the columns of a body apart, with Datadog's own definitions for the
// wire and the comments in these for what the columns mean.
type v3Reader struct {
	t    *testing.T
	data *intake_v3.MetricData
}

func readV3(t *testing.T, body []byte) []transport.Series {
	var payload intake_v3.Payload
	require.NoError(t, proto.Unmarshal(body, &payload))
	require.Empty(t, payload.ProtoReflect().GetUnknown())
	require.NotNil(t, payload.MetricData)
	require.Empty(t, payload.MetricData.ProtoReflect().GetUnknown())
	r := &v3Reader{t, payload.MetricData}
	return r.read()
}

func (r *v3Reader) texts(b []byte) []string {
	out := []string{""}
	for len(b) > 0 {
		text, n := protowire.ConsumeBytes(b)
		require.Positive(r.t, n)
		out = append(out, string(text))
		b = b[n:]
	}
	return out
}

// undelta replaces differences by what they are differences of.
func undelta(list []int64) []int64 {
	out, last := make([]int64, len(list)), int64(0)
	for i, d := range list {
		last += d
		out[i] = last
	}
	return out
}

func (r *v3Reader) tagsets() [][]string {
	tags, out := r.texts(r.data.DictTagStr), [][]string{nil}
	for list := r.data.DictTagsets; len(list) > 0; {
		n := list[0]
		var set []string
		for _, ref := range undelta(list[1 : 1+n]) {
			set = append(set, tags[ref])
		}
		out, list = append(out, set), list[1+n:]
	}
	return out
}

func (r *v3Reader) resources() [][][2]string {
	texts, out := r.texts(r.data.DictResourceStr), [][][2]string{nil}
	types, names := r.data.DictResourceType, r.data.DictResourceName
	for _, n := range r.data.DictResourceLen {
		var list [][2]string
		kinds, values := undelta(types[:n]), undelta(names[:n])
		for i := range kinds {
			list = append(list, [2]string{texts[kinds[i]], texts[values[i]]})
		}
		out, types, names = append(out, list), types[n:], names[n:]
	}
	require.Empty(r.t, types)
	require.Empty(r.t, names)
	return out
}

func (r *v3Reader) read() (out []transport.Series) {
	d := r.data
	names, tagsets, resources, units := r.texts(d.DictNameStr), r.tagsets(), r.resources(), r.texts(d.DictUnitStr)
	nameRefs, tagsetRefs, resourceRefs := undelta(d.NameRefs), undelta(d.TagsetRefs), undelta(d.ResourcesRefs)
	unitRefs, times := undelta(d.UnitRefs), undelta(d.Timestamps)
	ints, floats, doubles := d.ValsSint64, d.ValsFloat32, d.ValsFloat64
	for _, column := range [][]int64{nameRefs, tagsetRefs, resourceRefs, d.SourceTypeNameRefs, d.OriginInfoRefs} {
		require.Len(r.t, column, len(d.Types))
	}
	require.Len(r.t, d.Intervals, len(d.Types))
	require.Len(r.t, d.NumPoints, len(d.Types))
	for i, typ := range d.Types {
		s := transport.Series{
			Name: names[nameRefs[i]], Tags: tagsets[tagsetRefs[i]], Interval: time.Duration(d.Intervals[i]) * time.Second,
			Kind: map[intake_v3.MetricType]transport.Kind{
				intake_v3.MetricType_Count: transport.KindCount, intake_v3.MetricType_Rate: transport.KindRate,
				intake_v3.MetricType_Gauge: transport.KindGauge,
			}[intake_v3.MetricType(typ&0xf)],
		}
		for _, resource := range resources[resourceRefs[i]] {
			if resource[0] == "host" {
				s.Host, s.HostSet = resource[1], true
			} else {
				require.Equal(r.t, "device", resource[0])
				s.Device = resource[1]
			}
		}
		if typ&uint64(intake_v3.MetricFlags_flagHasUnit) != 0 {
			s.Unit, unitRefs = units[unitRefs[0]], unitRefs[1:]
		}
		for range d.NumPoints[i] {
			p := transport.Point{Unix: times[0]}
			times = times[1:]
			switch intake_v3.ValueType(typ & 0xf0) {
			case intake_v3.ValueType_Sint64:
				p.Value, ints = float64(ints[0]), ints[1:]
			case intake_v3.ValueType_Float32:
				p.Value, floats = float64(floats[0]), floats[1:]
			case intake_v3.ValueType_Float64:
				p.Value, doubles = doubles[0], doubles[1:]
			}
			s.Points = append(s.Points, p)
		}
		out = append(out, s)
	}
	assert.Empty(r.t, unitRefs)
	assert.Empty(r.t, times)
	assert.Empty(r.t, ints)
	assert.Empty(r.t, floats)
	assert.Empty(r.t, doubles)
	return out
}

func TestDatadogV3IsThatOfTheAgent(t *testing.T) {
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 6))
		dd, recorded := recordDatadog(t, datadog.Config{API: datadog.V3})
		series := randomSeries(rng, 300)
		require.NoError(t, dd.Send(t.Context(), &transport.Batch{Series: series}))
		bodies := recorded("/api/intake/metrics/v3/series")
		require.Len(t, bodies, 1)
		got := readV3(t, bodies[0])
		require.Len(t, got, len(series))
		for i, want := range series {
			if want.Kind == transport.KindSet {
				want.Kind = transport.KindGauge
			}
			slices.Sort(want.Tags) // they are a set
			slices.Sort(got[i].Tags)
			require.Equal(t, want, got[i])
		}
	}
}

// Bodies that had to be cut hold everything once, and in order.
func TestDatadogV3BodiesAreCut(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	series := randomSeries(rng, 30_000)
	points := 0
	for i := range series {
		noise := make([]byte, 100)
		for j := range noise {
			noise[j] = 'a' + byte(rng.IntN(26))
		}
		series[i].Tags = append(series[i].Tags, "noise:"+string(noise))
		points += len(series[i].Points)
	}
	dd, recorded := recordDatadog(t, datadog.Config{API: datadog.V3})
	require.NoError(t, dd.Send(t.Context(), &transport.Batch{Series: series}))
	bodies := recorded("/api/intake/metrics/v3/series")
	require.Greater(t, len(bodies), points/10_000)
	var sent, arrived []transport.Point
	for _, body := range bodies {
		assert.LessOrEqual(t, len(body), 5_242_880)
		for _, s := range readV3(t, body) {
			arrived = append(arrived, s.Points...)
		}
	}
	for _, s := range series {
		sent = append(sent, s.Points...)
	}
	assert.Equal(t, sent, arrived)
}
