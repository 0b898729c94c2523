package dogstatsd_test

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/dogstatsd"
)

func with(s transport.Series, change func(*transport.Series)) transport.Series {
	change(&s)
	return s
}

func TestLines(t *testing.T) {
	set := func(members ...string) transport.Series {
		s := series("s", transport.KindSet, float64(len(members)))
		s.Points[0].Members = members
		return s
	}
	several := with(series("c", transport.KindCount, 3, "a:b"), func(s *transport.Series) {
		s.Points = append(s.Points, transport.Point{Unix: 1_700_000_010, Value: -4.5})
	})
	unsampled := samples("h", transport.KindHistogram, ones(1, 2, 3))
	unsampled.Points[0].Summary.Count = 6
	packAll := func(c *dogstatsd.Config) { c.Packing = dogstatsd.PackAll }
	packNone := func(c *dogstatsd.Config) { c.Packing = dogstatsd.PackNone }
	timestamps := func(c *dogstatsd.Config) { c.Timestamps = true }
	signed := func(c *dogstatsd.Config) { c.SignedDeltas = true }
	for _, c := range []struct {
		name   string
		in     transport.Series
		change func(*dogstatsd.Config)
		want   string
	}{
		{"a count", series("jobs.done", transport.KindCount, 3), nil, "jobs.done:3|c"},
		{"tags, in their order", series("c", transport.KindCount, 1, "b", "a:1", "Ünï:Tag"), nil, "c:1|c|#b,a:1,Ünï:Tag"},
		{"a gauge", series("g", transport.KindGauge, 0.25), nil, "g:0.25|g"},
		{"a rate", series("r", transport.KindRate, 1e300), nil, "r:1e300|g"},
		{"a negative gauge", series("g", transport.KindGauge, -5), nil, "g:-5|g"},
		{"a host", with(series("g", transport.KindGauge, 1, "a"), func(s *transport.Series) { s.Host, s.HostSet = "web1", true }), nil, "g:1|g|#a,host:web1"},
		{"no host at all", with(series("g", transport.KindGauge, 1), func(s *transport.Series) { s.HostSet = true }), nil, "g:1|g|#host:"},
		{"a device and a host", with(series("g", transport.KindGauge, 1), func(s *transport.Series) { s.Device, s.Host, s.HostSet = "s,da", "h|x", true }), nil, "g:1|g|#device:s_da,host:h_x"},
		{"a set", set("ann", "b:1"), nil, "s:ann|s\ns:b:1|s"},
		{"members that lines cannot carry stay apart", set("a_c", "a|c", ""), nil, "s:a_c|s\ns:a_c~12daba7f813d5a4d|s\ns:_~ef46db3751d8e999|s"},
		{"an empty set", set(), nil, ""},
		{"a histogram", samples("h", transport.KindHistogram, ones(1, 2.5, 4), "a"), nil, "h:1:2.5:4|h|#a"},
		{"a timing", samples("t", transport.KindTiming, ones(12)), nil, "t:12|ms"},
		{"a distribution with weights", samples("d", transport.KindDistribution, []transport.Sample{{Value: 1, Weight: 2}, {Value: 2, Weight: 1}, {Value: 3, Weight: 2}}), nil, "d:2|d\nd:1:3|d|@0.5"},
		{"observations that were not kept", unsampled, nil, "h:1:2:3|h|@0.5"},
		{"one value a line", samples("h", transport.KindHistogram, ones(1, 2)), packNone, "h:1|h\nh:2|h"},
		{"two points are two lines", several, nil, "c:3|c|#a:b\nc:-4.5|c|#a:b"},
		{"or one", several, packAll, "c:3:-4.5|c|#a:b"},
		{"but never with timestamps", several, func(c *dogstatsd.Config) { packAll(c); timestamps(c) }, "c:3|c|#a:b|T1700000000\nc:-4.5|c|#a:b|T1700000010"},
		{"a gauge with its time", series("g", transport.KindGauge, 1), timestamps, "g:1|g|T1700000000"},
		{"values have no time", samples("h", transport.KindHistogram, ones(1)), timestamps, "h:1|h"},
		{"a sign that would be taken for a change", series("g", transport.KindGauge, -5, "a"), signed, "g:0|g|#a\ng:-5|g|#a"},
		{"a count has a sign", series("c", transport.KindCount, -5), signed, "c:-5|c"},
		{"packed, too", with(series("g", transport.KindGauge, 1), func(s *transport.Series) {
			s.Points = append(s.Points, transport.Point{Value: -5})
		}), func(c *dogstatsd.Config) { packAll(c); signed(c) }, "g:1|g\ng:0|g\ng:-5|g"},
		{"all of the origin", series("g", transport.KindGauge, 1, "a"), func(c *dogstatsd.Config) {
			c.ContainerID, c.ExternalData, c.Cardinality, c.EntityID, c.Timestamps = "ci-abc", "it-false", "high", "pod-1", true
		}, "g:1|g|#a,dd.internal.entity_id:pod-1|c:ci-abc|e:it-false|T1700000000|card:high"},
		{"the origin of values", samples("h", transport.KindHistogram, []transport.Sample{{Value: 1, Weight: 10}}), func(c *dogstatsd.Config) { c.ContainerID, c.Cardinality = "in-7", "none" }, "h:1|h|@0.1|c:in-7|card:none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.change == nil {
				c.change = func(*dogstatsd.Config) {}
			}
			got, err := encoded(t, batch(c.in), c.change)
			require.NoError(t, err)
			if c.want == "" {
				assert.Empty(t, got)
				return
			}
			assert.Equal(t, []string{c.want + "\n"}, got, "one datagram")
		})
	}
}

func TestEventsAndChecks(t *testing.T) {
	when := time.Unix(1_700_000_000, 0)
	origin := func(c *dogstatsd.Config) {
		c.ContainerID, c.ExternalData, c.Cardinality, c.EntityID = "ci-abc", "it-false", "low", "pod-1"
	}
	none := func(*dogstatsd.Config) {}
	for _, c := range []struct {
		name   string
		in     transport.Batch
		change func(*dogstatsd.Config)
		want   string
	}{
		{"a bare event", transport.Batch{Events: []transport.Event{{Title: "é", Text: "ü"}}}, none, "_e{2,2}:é|ü"},
		{"an event with everything", transport.Batch{Events: []transport.Event{{
			Title: "Title", Text: "L1\nL2", Time: when, Host: "h", AggregationKey: "k", Priority: transport.PriorityLow,
			SourceTypeName: "src", AlertType: transport.AlertError, Tags: []string{"t:1", "x|y"},
		}}}, origin, `_e{5,6}:Title|L1\nL2|d:1700000000|h:h|k:k|p:low|s:src|t:error|#t:1,x_y,dd.internal.entity_id:pod-1|c:ci-abc|e:it-false|card:low`},
		{"texts with separators", transport.Batch{Events: []transport.Event{{Title: "a|b", Text: "c|t:error", Host: "h|k:x", AlertType: "x\ny"}}}, none, "_e{3,9}:a|b|c|t:error|h:h_k:x|t:x_y"},
		{"an event without texts", transport.Batch{Events: []transport.Event{{}}}, none, "_e{1,1}:_| "},
		{"a bare check", transport.Batch{Checks: []transport.ServiceCheck{{Name: "n"}}}, none, "_sc|n|0"},
		{"a check with everything", transport.Batch{Checks: []transport.ServiceCheck{{
			Name: "my|check", Status: transport.CheckCritical, Message: "hi\nm:x|d:1", Time: when, Host: "h", Tags: []string{"a:b"},
		}}}, origin, `_sc|my_check|2|d:1700000000|h:h|#a:b,dd.internal.entity_id:pod-1|m:hi\nm\:x_d:1|c:ci-abc|e:it-false|card:low`},
		{"a status that does not exist", transport.Batch{Checks: []transport.ServiceCheck{{Name: "n", Status: 200}}}, none, "_sc|n|3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := encoded(t, &c.in, c.change)
			require.NoError(t, err)
			assert.Equal(t, []string{c.want + "\n"}, got)
			_, err = parseNotice(strings.TrimSuffix(got[0], "\n"))
			assert.NoError(t, err)
		})
	}
}

func TestLongTextsAreCutToFit(t *testing.T) {
	long := strings.Repeat("line\n日m:", 3000)
	tags := []string{"a:b", strings.Repeat("t", 150)}
	for _, max := range []int{512, 1432, 8192} {
		change := func(c *dogstatsd.Config) { c.MaxDatagram = max }
		got, err := encoded(t, &transport.Batch{
			Events: []transport.Event{
				{Title: strings.Repeat("é", 600), Text: long, Tags: tags, AggregationKey: strings.Repeat("k", 101)},
				{Title: "short", Text: long},
			},
			Checks: []transport.ServiceCheck{{Name: "n", Message: long, Tags: tags}},
		}, change)
		require.NoError(t, err)
		lines := split(got)
		require.Len(t, lines, 3)
		for i, text := range lines {
			assert.LessOrEqual(t, len(text)+1, max)
			n, err := parseNotice(text)
			require.NoError(t, err)
			assert.True(t, strings.HasSuffix(n.text, "…"), n.text)
			kept := strings.TrimSuffix(n.text, "…")
			assert.True(t, strings.HasPrefix(long, kept), "number %d at %d: %q", i, max, kept)
			assert.Greater(t, len(text), max-20, "no room is wasted")
		}
	}
}

func TestLongAggregationKeysStayApart(t *testing.T) {
	a, b := strings.Repeat("é", 100)+"a", strings.Repeat("é", 100)+"b"
	assert.NotEqual(t, dogstatsd.ShortenKey(a), dogstatsd.ShortenKey(b))
	for _, key := range []string{a, b} {
		assert.Equal(t, 100, len([]rune(dogstatsd.ShortenKey(key))))
	}
	assert.Equal(t, a[:200], dogstatsd.ShortenKey(a[:200]))
}

// What a wire cannot carry is refused, and its neighbours are sent.
func TestRefused(t *testing.T) {
	nan := math.NaN()
	tags := make([]string, 10)
	for i := range tags {
		tags[i] = strings.Repeat(string(rune('a'+i)), 200)
	}
	setOf := func(value float64, members ...string) transport.Series {
		s := series("s", transport.KindSet, value, tags[:7]...)
		s.Points[0].Members = members
		return s
	}
	long := strings.Repeat("m", 200)
	for _, c := range []struct {
		name   string
		in     transport.Series
		reason string
	}{
		{"a count that is no number", series("c", transport.KindCount, nan), "bad_value"},
		{"an infinite gauge", series("g", transport.KindGauge, math.Inf(-1)), "bad_value"},
		{"a histogram without a summary", series("h", transport.KindHistogram, 1), "unsupported"},
		{"a sample that is no number", samples("h", transport.KindTiming, ones(1, nan)), "bad_value"},
		{"a set of which only the size is known", series("s", transport.KindSet, 3), "unsupported"},
		{"a kind that does not exist", series("x", 99, 1), "unsupported"},
		{"more tags than a datagram holds", series("c", transport.KindCount, 1, tags...), "too_large"},
		{"the same with values", samples("h", transport.KindHistogram, ones(1), tags...), "too_large"},
		{"the same with the second member", setOf(2, "m", long), "too_large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := encoded(t, batch(series("before", transport.KindCount, 1), c.in, series("after", transport.KindCount, 1)))
			se := transport.AsSendError(err)
			require.NotNil(t, se)
			assert.Equal(t, 3, se.Delivered)
			assert.Equal(t, []transport.Rejection{{Index: 1, Reason: c.reason}}, se.Rejected)
			assert.NotContains(t, se.Error(), "\n")
			assert.Equal(t, []string{"before:1|c\nafter:1|c\n"}, got)
		})
	}
	t.Run("an event and a check", func(t *testing.T) {
		got, err := encoded(t, &transport.Batch{
			Events: []transport.Event{{Title: "T", Tags: tags}, {Title: "T"}},
			Checks: []transport.ServiceCheck{{Name: "n", Tags: tags}, {Name: "n", Message: "m", Tags: tags[:6]}, {Name: "n", Message: "m", Tags: tags[:7]}, {Name: "n"}},
		})
		se := transport.AsSendError(err)
		require.NotNil(t, se)
		assert.Equal(t, []transport.Rejection{{Index: 0, Reason: "too_large"}, {Index: 2, Reason: "too_large"}, {Index: 4, Reason: "too_large"}}, se.Rejected)
		assert.Len(t, split(got), 3)
	})
}

// A time that an Agent would drop the line for is refused.
func TestTimesBefore1970AreRefused(t *testing.T) {
	old := with(series("old", transport.KindGauge, 1), func(s *transport.Series) { s.Points[0].Unix = -1 })
	b := batch(old, with(series("new", transport.KindGauge, 1), func(s *transport.Series) { s.Points[0].Unix = 1 }))
	got, err := encoded(t, b, func(c *dogstatsd.Config) { c.Timestamps = true })
	se := transport.AsSendError(err)
	require.NotNil(t, se)
	assert.Equal(t, []transport.Rejection{{Index: 0, Reason: "too_old"}}, se.Rejected)
	assert.Equal(t, []string{"new:1|g|T1\n"}, got)
}

func TestDatagramsAreFull(t *testing.T) {
	var values []float64
	for i := range 2000 {
		values = append(values, float64(i)+0.125)
	}
	var all []transport.Series
	for range 3 {
		all = append(all, samples("some.histogram", transport.KindHistogram, ones(values...), "env:prod"))
	}
	got, err := encoded(t, batch(all...))
	require.NoError(t, err)
	var sum, n int
	for i, d := range got {
		assert.LessOrEqual(t, len(d), 1432)
		if i < len(got)-1 {
			assert.Greater(t, len(d), 1432-150)
		}
		for _, text := range split([]string{d}) {
			m, err := parseMetric(text)
			require.NoError(t, err)
			for _, v := range m.values {
				sum += int(v)
				n++
			}
		}
	}
	assert.Equal(t, 3*2000, n)
	assert.Equal(t, 3*1999*2000/2, sum)
}

// The lines that datadogpy writes. Where ours differ, it is on purpose.
func TestGolden(t *testing.T) {
	text, err := os.ReadFile("testdata/dogstatsd_lines.txt")
	require.NoError(t, err)
	golden := strings.Split(string(text), "\n")
	at := func(s transport.Series, unix int64) transport.Series {
		s.Points[0].Unix = unix
		return s
	}
	set := func(member string) transport.Series {
		s := series("s", transport.KindSet, 1)
		s.Points[0].Members = []string{member}
		return s
	}
	event := func(e transport.Event) transport.Batch { return transport.Batch{Events: []transport.Event{e}} }
	check := func(c transport.ServiceCheck) transport.Batch {
		return transport.Batch{Checks: []transport.ServiceCheck{c}}
	}
	of := func(s transport.Series) transport.Batch { return *batch(s) }
	none := func(*dogstatsd.Config) {}
	timestamps := func(c *dogstatsd.Config) { c.Timestamps = true }
	for i, c := range []struct {
		in     transport.Batch
		change func(*dogstatsd.Config)
		want   string // if it differs
		why    string
	}{
		{of(series("g", transport.KindGauge, 123.4)), none, "", ""},
		{of(series("c", transport.KindCount, 1)), none, "", ""},
		{of(series("c", transport.KindCount, 11, "env:x")), none, "", ""},
		{of(series("c", transport.KindCount, -1)), none, "", ""},
		{of(series("c", transport.KindCount, -12)), none, "", ""},
		{of(samples("h", transport.KindHistogram, ones(123.4))), none, "", ""},
		{of(samples("di", transport.KindDistribution, ones(123.4), "a", "b:c")), none, "", ""},
		{of(samples("t", transport.KindTiming, ones(123))), none, "", ""},
		{of(set("123")), none, "", ""},
		{of(set("u|x")), none, "s:u_x~77c3ce4d3b571ee8|s", "a member must not add a field"},
		{of(at(series("g", transport.KindGauge, 1, "a:b"), 1713804588)), timestamps, "", ""},
		{of(at(series("c", transport.KindCount, 2), 1713804588)), timestamps, "", ""},
		{of(series("g", transport.KindGauge, 1, "pipe|in:tag", "com,ma", "sp ace", "é:ü")), none,
			"g:1|g|#pipe_in:tag,com_ma,sp ace,é:ü", "a blank forges nothing and Datadog replaces it itself"},
		{of(series("na|me:x", transport.KindGauge, 1)), none, "na_me_x:1|g", "a name must not add a value or a field"},
		{of(series("c", transport.KindCount, 1)), none, "", ""},
		{event(transport.Event{
			Title: "Title", Text: "L1\nL2", Time: time.Unix(1, 0), Host: "h", AggregationKey: "k", Priority: "low",
			SourceTypeName: "src", AlertType: "error", Tags: []string{"t:1"},
		}), none, "", ""},
		{event(transport.Event{Title: "é", Text: "ü"}), none, "", ""},
		{check(transport.ServiceCheck{Name: "my.check", Status: 1, Time: time.Unix(5, 0), Host: "h", Message: "hi\nm:x", Tags: []string{"a:b"}}), none, "", ""},
		{},
		{of(series("ns.c", transport.KindCount, 1, "a:b", "k:v")), none, "", ""},
		{event(transport.Event{Title: "T", Text: "x", Tags: []string{"k:v"}}), none, "", ""},
		{check(transport.ServiceCheck{Name: "n", Tags: []string{"k:v"}}), none, "", ""},
		{},
		{of(series("c", transport.KindCount, 1, "a:b")), func(c *dogstatsd.Config) { c.ContainerID, c.Cardinality = "ci-abc", "high" }, "", ""},
	} {
		if c.change == nil {
			require.Empty(t, golden[i])
			continue
		}
		got, err := encoded(t, &c.in, c.change)
		require.NoError(t, err)
		want := golden[i]
		if c.want != "" {
			require.NotEqual(t, want, c.want, c.why)
			want = c.want
		}
		assert.Equal(t, []string{want + "\n"}, got)
	}
	// What follows in the file is datadogpy's own aggregation, whose rates and times
	// are wrong: nothing to compare with.
	require.True(t, strings.HasPrefix(golden[25], "AGG "), golden[25])
}
