package stats_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

// awkward are strings that some wire or other cannot carry as they are.
var awkward = []string{
	"a", " ", "a b", strings.Repeat("x", 200), strings.Repeat("x", 201), strings.Repeat("é", 100), strings.Repeat("é", 101),
	strings.Repeat("long.", 64<<10/5-1), "\xff", "a\xc3", "\xed\xa0\x80", "\x00", "a\rb", "a\nb", "a\r\nb", "a\u2028b", "a\u2029b",
	"\ufeffbom", "\u0085", "emoji 🙂", "𝔘𝔫𝔦", "|", ":", "#", "@", ",", "=", "{}", `"`, `\`, "a|c|#x:y", "x:1|g\ny:2|c",
	strings.Repeat("\xff", 400), strings.Repeat("🙂", 60),
}

func TestWhateverTheStringsTheSampleArrivesAsOneWithASaneName(t *testing.T) {
	sane := func(t *testing.T, s string) {
		t.Helper()
		assert.True(t, utf8.ValidString(s), "%q is not UTF-8", s)
		assert.LessOrEqual(t, len(s), 200)
		assert.NotEmpty(t, s)
		assert.False(t, strings.ContainsFunc(s, unicode.IsControl), "%q holds a control character", s)
		assert.False(t, strings.ContainsAny(s, "\u2028\u2029"), "%q holds a line separator", s)
	}
	for _, s := range awkward {
		c, m := newKept(t, quiet(stats.WithNamespace(s), stats.WithTags(s), stats.WithHost(s), stats.WithDevice(s))...)
		for range 3 { // first sight, and the table
			c.Count(s, 1, s, "k:"+s)
			c.With(s).Gauge(s, 1, s)
			c.Set(s, s, s)
			c.WithNamespace(s).Histogram(s, 1, s, s, s, s, s)
		}
		require.NoError(t, c.Flush(t.Context()))
		var got [transport.KindDistribution + 1]int
		for _, series := range m.Series() {
			got[series.Kind]++
			sane(t, series.Name)
			sane(t, series.Host)
			sane(t, series.Device)
			for _, tag := range series.Tags {
				sane(t, tag)
			}
			require.Len(t, series.Points, 1)
			p := series.Points[0]
			switch series.Kind {
			case transport.KindCount:
				assert.Equal(t, 3.0, p.Value)
			case transport.KindHistogram:
				assert.Equal(t, 3.0, p.Summary.Count)
			case transport.KindSet:
				require.Len(t, p.Members, 1)
			}
		}
		for _, kind := range []transport.Kind{transport.KindCount, transport.KindGauge, transport.KindSet, transport.KindHistogram} {
			assert.Equal(t, 1, got[kind], "%s of %.40q", kind, s)
		}
		assert.Empty(t, c.Ledger().Refused, "%.40q", s)
	}
}

func TestANameOrTagBeyondTheLimitIsRefusedAndCounted(t *testing.T) {
	most, tooMuch := strings.Repeat("x", 64<<10), strings.Repeat("x", 64<<10+1)
	c, m := newKept(t)
	c.Count(most, 1, most)
	require.Empty(t, c.Ledger().Refused)
	c.Count("", 1)
	c.Count(tooMuch, 1)
	c.Count("a", 1, "b", tooMuch)
	c.Count(strings.Repeat("y", 1<<20), 1, "a", "b", "c", "d", "e")
	c.NewCounter(tooMuch).Inc()
	c.At(noon).Gauge(tooMuch, 1)
	require.NoError(t, c.Flush(t.Context()))
	assert.Len(t, m.Series(), 1)
	refused := c.Ledger().Refused
	assert.Equal(t, map[stats.Reason]uint64{transport.ReasonBadName: 6}, refused)
}

func TestEverySubmissionThroughAHandleOfABadNameIsCounted(t *testing.T) {
	c, m := newKept(t)
	counter, hist := c.NewCounter(""), c.NewHistogram("")
	was := c.Ledger().RefusedTotal()
	for range 10 {
		counter.Inc()
		hist.Observe(1)
	}
	require.NoError(t, c.Flush(t.Context()))
	assert.Empty(t, m.Series())
	assert.EqualValues(t, 20, c.Ledger().RefusedTotal()-was)
}

func TestLongNamesThatDifferOnlyInTheirEndsStayTwoSeries(t *testing.T) {
	c, m := newKept(t)
	base := strings.Repeat("x", 300)
	for _, end := range []string{"a", "b", "ab"} {
		c.Count(base+end, 1)
		c.Set("members", base+end)
	}
	require.NoError(t, c.Flush(t.Context()))
	assert.Len(t, m.Series(), 4)
	p, _ := m.Last("members")
	assert.Len(t, p.Members, 3)
}

func TestOneNameOfSeveralKindsIsAsManySeries(t *testing.T) {
	c, m := newKept(t, quiet()...)
	for range 2 {
		c.Count("m", 3, "t:1")
		c.Gauge("m", 5, "t:1")
		c.Histogram("m", 7, "t:1")
		c.Timing("m", 9_000_000, "t:1")
		c.Distribution("m", 11, "t:1")
		c.Set("m", "x", "t:1")
	}
	require.NoError(t, c.Flush(t.Context()))
	got := map[transport.Kind]float64{}
	for _, s := range m.Series() {
		require.Len(t, s.Points, 1)
		p := s.Points[0]
		got[s.Kind] += p.Value
		if p.Summary != nil {
			got[s.Kind] = p.Summary.Sum
		}
	}
	assert.Equal(t, map[transport.Kind]float64{
		transport.KindCount: 6, transport.KindGauge: 5, transport.KindHistogram: 14, transport.KindTiming: 18,
		transport.KindDistribution: 22, transport.KindSet: 1,
	}, got)
}

func TestMakingAHandleIsNoSubmission(t *testing.T) {
	c, _ := newKept(t, quiet(stats.WithSeriesLimit(1))...)
	c.Count("a", 1)
	full := c.NewGauge("b") // the limit is reached, and a gauge has no overflow series
	require.NoError(t, c.Close())
	late := c.NewTimer("c")
	watch := c.StartTimer("c")
	require.Empty(t, c.Ledger().Refused)
	full.Set(1)
	late.Observe(1)
	late.Start().Stop()
	watch.Stop()
	assert.Equal(t, map[stats.Reason]uint64{transport.ReasonSeriesLimit: 1, transport.ReasonAfterStop: 3}, c.Ledger().Refused)
}

func TestARefusedHandleCountsEveryKindOfSubmission(t *testing.T) {
	c, m := newKept(t)
	counter, gauge, hist := c.NewCounter(""), c.NewGauge(""), c.NewHistogram("")
	dist, set, timer := c.NewDistribution(""), c.NewSet(""), c.NewTimer("")
	for name, submit := range map[string]func(){
		"counter": counter.Inc, "large": func() { counter.Add(1 << 40) }, "float": func() { counter.AddFloat(0.5) },
		"gauge": func() { gauge.Set(1) }, "relative": func() { gauge.Add(1) }, "histogram": func() { hist.Observe(1) },
		"distribution": func() { dist.Observe(1) }, "set": func() { set.Add("m") }, "timer": func() { timer.Observe(1) },
	} {
		for range 100 {
			was := c.Ledger().Refused[transport.ReasonBadName]
			submit()
			require.Equal(t, was+1, c.Ledger().Refused[transport.ReasonBadName], name)
		}
	}
	hist.Observe(nan())
	hist.ObserveN([]float64{1, 2})
	assert.Equal(t, map[stats.Reason]uint64{transport.ReasonBadName: 902, transport.ReasonBadValue: 1}, c.Ledger().Refused)
	require.NoError(t, c.Flush(t.Context()))
	assert.Empty(t, m.Series())
}
