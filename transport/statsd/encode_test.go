package statsd_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/statsd"
)

func series(name string, kind transport.Kind, points ...transport.Point) transport.Series {
	return transport.Series{Name: name, Kind: kind, Points: points}
}

func value(v float64) transport.Point { return transport.Point{Unix: 1_700_000_000, Value: v} }

// observed returns a point with these samples, each of weight 1.
func observed(values ...float64) transport.Point {
	sum := &transport.Summary{Count: float64(len(values)), Min: math.Inf(1), Max: math.Inf(-1)}
	for _, v := range values {
		sum.Sum += v
		sum.Min, sum.Max = min(sum.Min, v), max(sum.Max, v)
		sum.Samples = append(sum.Samples, transport.Sample{Value: v, Weight: 1})
	}
	return transport.Point{Unix: 1_700_000_000, Summary: sum}
}

func members(names ...string) transport.Point {
	return transport.Point{Unix: 1_700_000_000, Value: float64(len(names)), Members: names}
}

func TestLines(t *testing.T) {
	tagged := func(s transport.Series) transport.Series {
		s.Tags, s.Host, s.HostSet, s.Device = []string{"env:live", "slow", "v:1.2:3"}, "web.1", true, "sda"
		return s
	}
	none := statsd.Config{NoPrefix: true}
	for _, c := range []struct {
		name  string
		cfg   statsd.Config
		in    transport.Series
		units []string
	}{
		{"count", none, series("c", transport.KindCount, value(3), value(-0.5)), []string{"counters.c:3|c\n", "counters.c:-0.5|c\n"}},
		{"a large count", none, series("c", transport.KindCount, value(1e21)), []string{"counters.c:1e21|c\n"}},
		{"gauge", none, series("g", transport.KindGauge, value(1.5)), []string{"gauges.g:1.5|g\n"}},
		{"a gauge below 0", none, series("g", transport.KindGauge, value(-5)), []string{"gauges.g:0|g\ngauges.g:-5|g\n"}},
		{"a gauge of minus 0", none, series("g", transport.KindGauge, value(math.Copysign(0, -1))), []string{"gauges.g:0|g\n"}},
		{"rate", none, series("r", transport.KindRate, value(0.25)), []string{"gauges.r:0.25|g\n"}},
		{"a rate below 0", none, series("r", transport.KindRate, value(-1)), []string{"gauges.r:0|g\ngauges.r:-1|g\n"}},
		{"timing", none, series("t", transport.KindTiming, observed(1, 2.5)), []string{"timers.t:1|ms\n", "timers.t:2.5|ms\n"}},
		{"histogram", none, series("h", transport.KindHistogram, observed(0)), []string{"timers.h:0|ms\n"}},
		{"distribution", none, series("d", transport.KindDistribution, observed(7)), []string{"timers.d:7|ms\n"}},
		{"set", none, series("s", transport.KindSet, members("ann", "bob")), []string{"sets.s:ann|s\n", "sets.s:bob|s\n"}},
		{"an empty set", none, series("s", transport.KindSet, members()), nil},
		{"an empty histogram", none, series("h", transport.KindHistogram, transport.Point{Summary: &transport.Summary{}}), nil},
		{"prefix", statsd.Config{Prefix: "applications.my-service"}, series("c", transport.KindCount, value(1)), []string{"applications.my-service.counters.c:1|c\n"}},
		{"plain", statsd.Config{Prefix: "p", Plain: true}, series("c", transport.KindCount, value(1)), []string{"p.c:1|c\n"}},
		{"tags in the path", none, tagged(series("c", transport.KindCount, value(1))), []string{"counters.c.env.live.slow.v.1_2_3.host.web_1.device.sda:1|c\n"}},
		{"tags dropped", statsd.Config{NoPrefix: true, Tags: statsd.TagsDropped}, tagged(series("c", transport.KindCount, value(1))), []string{"counters.c:1|c\n"}},
		{
			"tags of Datadog", statsd.Config{NoPrefix: true, Plain: true, Tags: statsd.TagsDatadog}, tagged(series("g", transport.KindGauge, value(-1))),
			[]string{"g:0|g|#env:live,slow,v:1.2:3,host:web.1,device:sda\ng:-1|g|#env:live,slow,v:1.2:3,host:web.1,device:sda\n"},
		},
		{
			"a host alone", statsd.Config{NoPrefix: true, Tags: statsd.TagsDatadog},
			transport.Series{Name: "c", Kind: transport.KindCount, Host: "h", HostSet: true, Points: []transport.Point{value(1)}},
			[]string{"counters.c:1|c|#host:h\n"},
		},
		{
			"an empty host is none", none,
			transport.Series{Name: "c", Kind: transport.KindCount, HostSet: true, Points: []transport.Point{value(1)}}, []string{"counters.c:1|c\n"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			units, refused := statsd.Encode(t, c.cfg, batch(c.in))
			assert.Empty(t, refused)
			assert.Equal(t, c.units, units)
		})
	}
}

// The count at the receiver is that of the observations.
func TestSamplesThatStandForSeveral(t *testing.T) {
	p := transport.Point{Summary: &transport.Summary{
		Count: 106, Min: 1, Max: 4,
		Samples: []transport.Sample{{Value: 1, Weight: 1}, {Value: 2, Weight: 2}, {Value: 3, Weight: 93}, {Value: 4, Weight: 10}},
	}}
	units, refused := statsd.Encode(t, statsd.Config{NoPrefix: true, Plain: true}, batch(series("t", transport.KindTiming, p)))
	require.Empty(t, refused)
	assert.Equal(t, []string{"t:1|ms\n", "t:2|ms|@0.5\n", "t:4|ms|@0.1\n"}, units[:3])
	count := 0.0
	for _, s := range parseAll(t, trimmed(units)) {
		if s.rate == "" {
			count++
			continue
		}
		rate, err := strconv.ParseFloat(s.rate, 64)
		require.NoError(t, err)
		count += math.Floor(1 / rate) // as statsd_exporter reads it
	}
	assert.Equal(t, 106.0, count)
}

// Weights that are not whole become whole ones, the same at each attempt, and the
// total is right.
func TestWeightsThatAreNotWhole(t *testing.T) {
	sum := &transport.Summary{Min: 1, Max: 40}
	for i := range 40 {
		sum.Samples = append(sum.Samples, transport.Sample{Value: float64(i + 1), Weight: 2.5})
		sum.Count += 2.5
	}
	encode := func(name string) []string {
		units, refused := statsd.Encode(t, statsd.Config{NoPrefix: true}, batch(series(name, transport.KindTiming, transport.Point{Unix: 7, Summary: sum})))
		require.Empty(t, refused)
		return trimmed(units)
	}
	different := false
	for i := range 20 {
		name := "t" + strconv.Itoa(i)
		lines := encode(name)
		assert.Equal(t, lines, encode(name))
		different = different || strings.Join(lines, "") != strings.ReplaceAll(strings.Join(encode("t"), ""), "timers.t:", "timers."+name+":")
		total := 0.0
		for _, s := range parseAll(t, lines) {
			require.Contains(t, []string{"0.5", "0.3333333333333333"}, s.rate)
			rate, err := strconv.ParseFloat(s.rate, 64)
			require.NoError(t, err)
			total += math.Floor(1 / rate)
		}
		assert.Equal(t, 100.0, total)
	}
	assert.True(t, different, "which of them are rounded up differs from series to series")
}

func trimmed(units []string) (lines []string) {
	for _, u := range units {
		lines = append(lines, strings.Split(strings.TrimSuffix(u, "\n"), "\n")...)
	}
	return lines
}

func TestWhatNoLineCarriesIsRefusedAlone(t *testing.T) {
	unsupported, tooLarge := string(transport.ReasonUnsupported), string(transport.ReasonTooLarge)
	long := strings.Repeat("x", 70<<10)
	b := batch(
		counter("before", 1),
		series("c", transport.KindCount, value(math.NaN()), value(math.Inf(1)), value(2)),
		series("g", transport.KindGauge, value(math.Inf(-1))),
		series("t", transport.KindTiming, observed(-1, 1)),
		series("t", transport.KindTiming, transport.Point{Value: 3}),
		series("t", transport.KindTiming, observed(math.NaN())),
		series("s", transport.KindSet, value(3)),
		series("s", transport.KindSet, members("ann", long)),
		series(long, transport.KindCount, value(1)),
		series("k", 99, value(1)),
		counter("after", 1),
	)
	units, refused := statsd.Encode(t, statsd.Config{NoPrefix: true, Plain: true}, b)
	assert.Equal(t, []string{"before:1|c\n", "c:2|c\n", "after:1|c\n"}, units)
	assert.Equal(t, map[int]string{
		1: "bad_value", 2: "bad_value", 4: "bad_value",
		5: unsupported, 6: unsupported, 7: "bad_value", 8: unsupported, 9: tooLarge, 10: tooLarge, 11: unsupported,
	}, refused)
}

func TestNames(t *testing.T) {
	for in, want := range map[string]string{
		"a.b-c_D9": "a.b-c_D9",
		"":         "_",
		".":        "_",
		"..":       "__",
		".a":       "_a",
		"a.":       "a_",
		"a..b":     "a._b",
		"a:1|c\nb": "a_1_c_b",
		"a b/c;d":  "a_b_c_d",
		"\u010a":   "_", // its second byte is a line feed to a server that reads 7 bits
		"über":     "_ber",
		"a\xffb":   "a_b",
		"日本":       "__",
	} {
		got := statsd.Name(in)
		assert.Equal(t, want, got, "%q", in)
		assert.Equal(t, want, statsd.Name(got), "a name stays as it is")
	}
	assert.Equal(t, "_", statsd.Tag(""))
	assert.Equal(t, "a:b_c_d_e=f_", statsd.Tag("a:b,c|d#e=f;"))
	assert.Equal(t, "._", statsd.Part(""))
	assert.Equal(t, ".1_2", statsd.Part("1.2"))
	for in, want := range map[string]string{
		"ann": "ann", "": "%", "%": "%25", "a:b": "a%3Ab", "a|b\n": "a%7Cb%0A", "é": "%C3%A9", "0": "0", "@#": "%40%23", " ": "%20", "~": "~", "a.b/c": "a.b/c",
	} {
		assert.Equal(t, want, statsd.Member(in))
	}
}

// Series are one where the server would take them for one, and only there.
func TestIdentity(t *testing.T) {
	same := func(cfg statsd.Config, a, b transport.Series) bool {
		cfg.Address, cfg.NoPrefix = "h", true
		sd, err := statsd.New(cfg)
		require.NoError(t, err)
		return string(sd.AppendWireIdentity(nil, &a)) == string(sd.AppendWireIdentity([]byte("x"), &b)[1:])
	}
	s := func(name string, tags ...string) transport.Series {
		return transport.Series{Name: name, Kind: transport.KindCount, Tags: tags}
	}
	path, dropped, datadog := statsd.Config{}, statsd.Config{Tags: statsd.TagsDropped}, statsd.Config{Tags: statsd.TagsDatadog}
	assert.True(t, same(path, s("a", "b:c"), s("a.b", "c")), "one path")
	assert.True(t, same(path, s("a b"), s("a:b")))
	assert.False(t, same(path, s("a", "b"), s("a", "c")))
	assert.True(t, same(dropped, s("a", "b"), s("a", "c")))
	assert.False(t, same(dropped, s("a"), s("b")))
	assert.False(t, same(datadog, s("a", "b:c"), s("a.b", "c")))
	assert.True(t, same(datadog, s("a", "b|c"), s("a", "b,c")))
	hosted := s("a")
	hosted.Host, hosted.HostSet = "h", true
	assert.False(t, same(path, s("a"), hosted))
	assert.False(t, same(datadog, s("a"), hosted))
	assert.True(t, same(dropped, s("a"), hosted))
}
