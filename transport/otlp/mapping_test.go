package otlp_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/otlp"
)

// packed returns the points of series as they are read back.
func packed(t testing.TB, c otlp.Config, series ...transport.Series) (points []wirePoint) {
	c.Compression = otlp.None
	rejected := otlp.NewPacker(c, 0).Pack(batch(series...), func(body []byte, _ int) {
		got, err := readRequest(body)
		require.NoError(t, err)
		points = append(points, got...)
	})
	require.Empty(t, rejected)
	return points
}

// What a metric begins with is kept for the next of its name, and for no other.
func TestSeriesOfOneNameMayDiffer(t *testing.T) {
	of := func(kind transport.Kind, unit, description string) transport.Series {
		s := observed("n", kind, []float64{1})
		s.Unit, s.Description = unit, description
		return s
	}
	var got [][3]string
	for _, p := range packed(t, otlp.Config{},
		of(transport.KindGauge, "byte", "a"), of(transport.KindRate, "byte", "a"), of(transport.KindGauge, "", "a"),
		of(transport.KindTiming, "", "a"), of(transport.KindTiming, "second", "a"), of(transport.KindTiming, "second", "b"),
		of(transport.KindTiming, "second", ""), of(transport.KindTiming, "second", ""),
	) {
		got = append(got, [3]string{p.name, p.unit, p.description})
	}
	assert.Equal(t, [][3]string{
		{"n", "By", "a"}, {"n", "By/s", "a"}, {"n", "", "a"},
		{"n", "ms", "a"}, {"n", "s", "a"}, {"n", "s", "b"}, {"n", "s", ""}, {"n", "s", ""},
	}, got)
}

func TestNothingOfABatchIsKept(t *testing.T) {
	s := gauge("name", 1)
	s.Host, s.HostSet, s.Tags, s.Unit, s.Description = "host", true, []string{"k:v"}, "byte", "text"
	p := otlp.NewPacker(otlp.Config{}, 0)
	p.Pack(batch(s), func([]byte, int) { assert.True(t, p.Retains()) })
	assert.False(t, p.Retains())
}

func TestTagsBecomeAttributes(t *testing.T) {
	for _, c := range []struct {
		name   string
		tags   []string
		device string
		want   map[string]string
	}{
		{"none", nil, "", map[string]string{}},
		{"key and value", []string{"env:prod", "route:/users"}, "", map[string]string{"env": "prod", "route": "/users"}},
		{"only the first colon counts", []string{"url:http://x:80"}, "", map[string]string{"url": "http://x:80"}},
		{"a bare tag is true", []string{"canary"}, "", map[string]string{"canary": "true"}},
		{"a key given twice", []string{"team:a", "team:b"}, "", map[string]string{"team": "a,b"}},
		{"a key given twice, not in order", []string{"team:b", "env:x", "team:a"}, "", map[string]string{"team": "a,b", "env": "x"}},
		{"bare and not", []string{"canary", "canary:no"}, "", map[string]string{"canary": "no,true"}},
		{"a value given twice", []string{"canary", "canary:true", "canary:x"}, "", map[string]string{"canary": "true,x"}},
		{"no value", []string{"k:"}, "", map[string]string{"k": ""}},
		{"no key", []string{":v"}, "", map[string]string{"_": "v"}},
		{"a device", []string{"env:x"}, "sda", map[string]string{"env": "x", "device": "sda"}},
		{"a device and a tag of that name", []string{"device:tag"}, "sda", map[string]string{"device": "sda,tag"}},
		{"a tag named like the host's attribute", []string{"host.name:me"}, "", map[string]string{"host.name": "me"}},
		{"what is not UTF-8", []string{"k\xff:\xffv"}, "", map[string]string{"k\uFFFD": "\uFFFDv"}},
	} {
		s := gauge("g", 1)
		s.Tags, s.Device = c.tags, c.device
		assert.Equal(t, c.want, packed(t, otlp.Config{}, s)[0].attributes, c.name)
	}

	many := gauge("g", 1)
	want := map[string]string{}
	for i := range 300 { // in an order that no sorted list has
		key := fmt.Sprintf("k%03d", (i*7919)%300)
		many.Tags = append(many.Tags, key+":v")
		want[key] = "v"
	}
	assert.Equal(t, want, packed(t, otlp.Config{}, many)[0].attributes)
}

func TestUnits(t *testing.T) {
	for _, c := range []struct {
		kind       transport.Kind
		unit, want string
	}{
		{transport.KindGauge, "", ""},
		{transport.KindGauge, "byte", "By"},
		{transport.KindGauge, "bytes", "By"},
		{transport.KindGauge, "mebibyte", "MiBy"},
		{transport.KindGauge, "percent", "%"},
		{transport.KindGauge, "fraction", "1"},
		{transport.KindGauge, "second", "s"},
		{transport.KindGauge, "seconds", "s"},
		{transport.KindGauge, "request", "{request}"},
		{transport.KindGauge, "s", "s"},
		{transport.KindGauge, "By", "By"},
		{transport.KindGauge, "{request}", "{request}"},
		{transport.KindGauge, "a b}c{", "{a_b_c_}"},
		{transport.KindGauge, "größe", "{gr__e}"},
		{transport.KindTiming, "", "ms"},
		{transport.KindTiming, "millisecond", "ms"},
		{transport.KindRate, "", ""},
		{transport.KindRate, "byte", "By/s"},
		{transport.KindRate, "request", "{request}/s"},
	} {
		assert.Equal(t, c.want, otlp.Unit(&transport.Series{Kind: c.kind, Unit: c.unit}), "%v in %q", c.kind, c.unit)
	}
}

func TestKindsBecomeShapes(t *testing.T) {
	count := series("c", transport.KindCount, 3, 0, -2, 4)
	got := packed(t, otlp.Config{}, count)
	require.Len(t, got, 4)
	for i, p := range got {
		assert.Equal(t, "sum", p.shape)
		assert.EqualValues(t, 1, p.temporality)
		assert.Equal(t, count.Points[i].Value, p.value)
		assert.Equal(t, i != 2, p.monotonic, "a negative one is in a sum of its own")
		assert.EqualValues(t, int64(100+10*i)*1e9, p.start)
		assert.EqualValues(t, int64(110+10*i)*1e9, p.time)
	}
	for _, p := range packed(t, otlp.Config{SignedCounts: true}, count) {
		assert.False(t, p.monotonic)
	}
	for _, k := range []transport.Kind{transport.KindGauge, transport.KindRate, transport.KindSet} {
		p := packed(t, otlp.Config{}, series("g", k, 2.5))[0]
		assert.Equal(t, wirePoint{
			resource: p.resource, scope: p.scope, version: p.version, name: "g", attributes: map[string]string{},
			shape: "gauge", time: 110e9, value: 2.5,
		}, p, k)
	}
}

func TestADistributionBecomesAnExponentialHistogram(t *testing.T) {
	s := observed("d", transport.KindDistribution, []float64{-4, -0.5, 0, 0, 1, 2, 2, 1024})
	p := packed(t, otlp.Config{}, s)[0]
	assert.Equal(t, "exponential", p.shape)
	assert.EqualValues(t, 8, p.count)
	assert.EqualValues(t, 2, p.zero)
	assert.Equal(t, 1026.5-2, p.sum)
	assert.Equal(t, []float64{-4, 1024}, []float64{p.min, p.max})
	assert.Equal(t, 8, p.scale)
	assert.Equal(t, -1, p.positiveOffset)
	require.Len(t, p.positive, 10*256+1)
	assert.Equal(t, []uint64{1, 2, 1}, []uint64{p.positive[0], p.positive[256], p.positive[2560]})
	assert.Equal(t, -256-1, p.negativeFrom)
	require.Len(t, p.negative, 3*256+1)
	assert.Equal(t, []uint64{1, 1}, []uint64{p.negative[0], p.negative[768]})

	coarse := packed(t, otlp.Config{MaxBuckets: 160}, s)[0]
	assert.Equal(t, 3, coarse.scale, "81 buckets at 3, 161 at 4")
	assert.Len(t, coarse.positive, 81)

	for _, k := range []transport.Kind{transport.KindHistogram, transport.KindTiming} {
		assert.Equal(t, "summary", packed(t, otlp.Config{}, observed("h", k, []float64{1}))[0].shape)
		assert.Equal(t, "exponential", packed(t, otlp.Config{Histograms: otlp.Exponential}, observed("h", k, []float64{1}))[0].shape)
	}
}

func TestQuantilesAreNearestRank(t *testing.T) {
	var values []float64
	for i := range 100 {
		values = append(values, float64(i+1))
	}
	s := observed("h", transport.KindHistogram, values, []float64{7})
	got := packed(t, otlp.Config{Quantiles: []float64{0.99, 0, 0.07, 0.5, 1, 0.001, 0.5}}, s)
	assert.Equal(t, [][2]float64{{0, 1}, {0.001, 1}, {0.07, 7}, {0.5, 50}, {0.99, 99}, {1, 100}}, got[0].quantiles,
		"in order, each once, and 7 %% of 100 is 7 whatever floats say")
	assert.Equal(t, [][2]float64{{0, 7}, {0.001, 7}, {0.07, 7}, {0.5, 7}, {0.99, 7}, {1, 7}}, got[1].quantiles)
	assert.EqualValues(t, 100, got[0].count)
	assert.Equal(t, 5050.0, got[0].sum)
	assert.EqualValues(t, 100e9, got[0].start)
	assert.Empty(t, packed(t, otlp.Config{Quantiles: []float64{}}, s)[0].quantiles)

	weighted := observed("h", transport.KindHistogram, []float64{1, 2, 3})
	weighted.Points[0].Summary.Samples[2].Weight = 98
	weighted.Points[0].Summary.Max = 5 // observed, and not kept
	assert.Equal(t, [][2]float64{{0.5, 3}, {1, 5}}, packed(t, otlp.Config{Quantiles: []float64{0.5, 1}}, weighted)[0].quantiles)
	weighted.Points[0].Summary.Max = 2.75 // a sample is rounded
	assert.Equal(t, [][2]float64{{0.5, 2.75}, {1, 2.75}}, packed(t, otlp.Config{Quantiles: []float64{0.5, 1}}, weighted)[0].quantiles)
}

// Submissions sampled at 0.35 weigh 2.86…: over many points the counts come out right.
func TestCountsOfSampledSubmissionsAreRightOnAverage(t *testing.T) {
	for _, kind := range []transport.Kind{transport.KindHistogram, transport.KindDistribution} {
		s := transport.Series{Name: "h", Kind: kind, Interval: interval}
		const points = 300
		exact := 0.0
		for i := range points {
			sum := wiretest.Summary(1, 1.1, 1.2)
			sum.Count = 0
			for j := range sum.Samples {
				sum.Samples[j].Weight = 1 / 0.35
				sum.Count += 1 / 0.35
			}
			exact += sum.Count
			s.Points = append(s.Points, transport.Point{Unix: int64(i * 10), Summary: sum})
		}
		total := 0.0
		again := packed(t, otlp.Config{}, s)
		for i, p := range packed(t, otlp.Config{}, s) {
			assert.Contains(t, []uint64{8, 9}, p.count, "3 of 2.86 are 8.57")
			assert.Equal(t, again[i].count, p.count, "another attempt is the same")
			total += float64(p.count)
		}
		assert.InEpsilon(t, exact, total, 0.03)
	}
}

// The samples that were kept stand for fewer observations than there were.
func TestAHistogramCountsWhatWasNotKept(t *testing.T) {
	s := observed("d", transport.KindDistribution, []float64{1, 2, 3, 4})
	s.Points[0].Summary.Count = 1000
	p := packed(t, otlp.Config{}, s)[0]
	assert.EqualValues(t, 1000, p.count) // which the reader compares with the buckets
	assert.EqualValues(t, 250, p.positive[0])

	s.Points[0].Summary.Count = 0.25
	assert.EqualValues(t, 1, packed(t, otlp.Config{}, s)[0].count, "one at least, for there is a sum")
	s.Kind = transport.KindHistogram
	assert.EqualValues(t, 1, packed(t, otlp.Config{}, s)[0].count)
}

func TestResources(t *testing.T) {
	hosted := func(name, host string) transport.Series {
		s := gauge(name, 1)
		s.Host, s.HostSet = host, true
		return s
	}
	all := []transport.Series{gauge("a", 1), hosted("b", "web1"), gauge("c", 1), hosted("d", ""), hosted("e", "web1"), gauge("f", 1)}
	c := otlp.Config{ServiceName: "shop", Resource: map[string]string{"service.name": "not this", "deployment.environment": "test"}}
	got := packed(t, c, all...)
	byName := map[string]map[string]string{}
	var order []string
	for _, p := range got {
		byName[p.name] = p.resource
		order = append(order, p.name)
	}
	with := func(host ...string) map[string]string {
		out := map[string]string{"service.name": "shop", "deployment.environment": "test"}
		for _, h := range host {
			out["host.name"] = h
		}
		return out
	}
	assert.Equal(t, map[string]map[string]string{
		"a": with(), "b": with("web1"), "c": with(), "d": with(""), "e": with("web1"), "f": with(),
	}, byName)
	assert.Equal(t, []string{"a", "c", "f", "b", "e", "d"}, order, "one ResourceMetrics for each host")

	c.Resource["host.name"] = "own"
	for _, p := range packed(t, c, all...) {
		if p.name == "a" {
			assert.Equal(t, with("own"), p.resource)
		}
		if p.name == "b" {
			assert.Equal(t, with("web1"), p.resource)
		}
	}
	assert.Equal(t, "unknown_service:otlp.test", packed(t, otlp.Config{}, gauge("g", 1))[0].resource["service.name"])
	assert.Equal(t, "mine", packed(t, otlp.Config{Resource: map[string]string{"service.name": "mine"}}, gauge("g", 1))[0].resource["service.name"])
}

func TestSeriesAreOneIfTheirAttributesAre(t *testing.T) {
	tr := open(t, "", func(c *otlp.Config) { c.Resource = map[string]string{"host.name": "own"} })
	id := func(name, host string, hostSet bool, device string, tags ...string) string {
		return string(tr.AppendWireIdentity(nil, &transport.Series{
			Name: name, Host: host, HostSet: hostSet, Device: device, Tags: tags, Kind: transport.KindGauge,
		}))
	}
	for _, same := range [][2]string{
		{id("n", "", false, "", "canary"), id("n", "", false, "", "canary:true")},
		{id("n", "", false, "", "canary"), id("n", "", false, "", "canary", "canary:true")},
		{id("n", "", false, "", "a:1,2"), id("n", "", false, "", "a:1", "a:2")},
		{id("n", "", false, "", "b:x", "a:1"), id("n", "", false, "", "a:1", "b:x")},
		{id("n", "", false, "sda"), id("n", "", false, "", "device:sda")},
		{id("n", "own", true, ""), id("n", "", false, "")},
	} {
		assert.Equal(t, same[0], same[1])
	}
	different := []string{
		id("n", "", false, ""), id("m", "", false, ""), id("n", "", true, ""), id("n", "web", true, ""), id("n", "", false, "sda"),
		id("n", "", false, "", "a:1"), id("n", "", false, "", "a:2"), id("n", "", false, "", "a:1", "b:2"), id("n", "", false, "", "a:1b", "b:2"),
		id("n", "", false, "", "a:1\x01b2"), id("n", "", false, "", "a:1b:2"), id("na", "", false, "", "1:b"), id("n", "", false, "", "a"), id("n", "", false, "", "a:"),
	}
	seen := map[string]int{}
	for i, one := range different {
		if j, again := seen[one]; again {
			t.Errorf("series %d and %d are one: %q", i, j, one)
		}
		seen[one] = i
	}

	plain := open(t, "")
	unset := &transport.Series{Name: "n"}
	empty := &transport.Series{Name: "n", HostSet: true}
	assert.NotEqual(t, plain.AppendWireIdentity(nil, unset), plain.AppendWireIdentity(nil, empty), "an empty host is one")
}
