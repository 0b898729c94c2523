package tune

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

// taker counts what arrives.
type taker struct {
	series  map[string]bool
	kinds   map[transport.Kind]int
	counted float64
	hosts   map[string]bool
}

func newTaker() *taker {
	return &taker{series: map[string]bool{}, kinds: map[transport.Kind]int{}, hosts: map[string]bool{}}
}

func (*taker) Describe() transport.Description {
	return transport.Description{Summaries: true, Members: true}
}

func (t *taker) Send(_ context.Context, b *transport.Batch) error {
	for i := range b.Series {
		s := &b.Series[i]
		key := s.Name + strings.Join(s.Tags, ",") + s.Host
		if !t.series[key] {
			t.kinds[s.Kind]++
		}
		t.series[key] = true
		if s.HostSet {
			t.hosts[s.Host] = true
		}
		for _, p := range s.Points {
			switch {
			case p.Summary != nil:
				t.counted += p.Summary.Count
			case s.Kind == transport.KindCount:
				t.counted += p.Value
			}
		}
	}
	return nil
}

func (*taker) Close(context.Context) error { return nil }

// arrived submits with f and returns what arrives.
func arrived(t *testing.T, f func(*stats.Client)) *taker {
	t.Helper()
	to := newTaker()
	c, err := stats.New(stats.WithTransport(to), stats.WithManualFlush(), stats.WithSeriesLimit(1_000_000))
	require.NoError(t, err)
	f(c)
	require.NoError(t, c.Flush(t.Context()))
	require.NoError(t, c.Close())
	return to
}

func TestAWorkloadSubmitsWhatItSays(t *testing.T) {
	for _, from := range []Strings{Bound, Kept, Built} {
		w := DefaultWorkload()
		w.Goroutines, w.Series, w.Strings = 2, 100, from
		w.Mix = Mix{Counter: 50, Gauge: 10, Histogram: 20, Timing: 10, Distribution: 5, Set: 5}
		require.NoError(t, w.check())
		l := newMixLoad(&w)
		assert.Equal(t, 100, l.series())
		assert.True(t, l.samples())

		to := arrived(t, l.touch)
		assert.Len(t, to.series, 100, "touch reaches every series")
		assert.Equal(t, map[transport.Kind]int{
			transport.KindCount: 50, transport.KindGauge: 10, transport.KindHistogram: 20,
			transport.KindTiming: 10, transport.KindDistribution: 5, transport.KindSet: 5,
		}, to.kinds)

		const n = 20_000
		to = arrived(t, func(c *stats.Client) {
			for g := range w.Goroutines {
				l.open(c, g).submit(n / 2)
			}
		})
		assert.Len(t, to.series, 100, from)
		assert.InDelta(t, n*0.85, to.counted, n*0.03, "counters, histograms, timings and distributions, from %s strings", from)
	}
}

func TestAGaugeHasOneWriter(t *testing.T) {
	w := DefaultWorkload()
	w.Goroutines, w.Series, w.Mix = 3, 10, Mix{Gauge: 1}
	l := newMixLoad(&w)
	writer := map[int32]int{}
	for g := range w.Goroutines {
		for _, s := range l.schedule(g) {
			if other, ok := writer[s.series]; ok {
				require.Equal(t, other, g, "gauge %d", s.series)
			}
			writer[s.series] = g
		}
	}
	assert.Greater(t, len(writer), 6)
}

func TestSeriesWithoutTagsDifferByName(t *testing.T) {
	w := DefaultWorkload()
	w.Series, w.Tags, w.Strings = 30, 0, Built
	to := arrived(t, newMixLoad(&w).touch)
	assert.Len(t, to.series, 30)
}

func TestWhatIsWrongWithAWorkloadIsNamedAtOnce(t *testing.T) {
	w := Workload{Tags: 17, Strings: "borrowed", Mix: Mix{}}
	err := w.check()
	for _, want := range []string{
		"goroutines 0: give a number from 1", "series 0: give", "tags 17: give a number from 0 to 16",
		`strings "borrowed": give bound, kept or built`, `mix "" of 0 series`, "observations 0", "roll-up 0s: give whole seconds",
	} {
		assert.ErrorContains(t, err, want)
	}
	w = DefaultWorkload()
	w.Log, w.Strings = "some.log", Bound
	assert.ErrorContains(t, w.check(), "a log is submitted with the strings it holds")
	w = DefaultWorkload()
	w.Series = 2
	assert.ErrorContains(t, w.check(), "a series for each kind")
}

func TestAMixIsWrittenAsItIsRead(t *testing.T) {
	var m Mix
	require.NoError(t, m.UnmarshalText([]byte("histogram=30, counter=70")))
	assert.Equal(t, Mix{Counter: 70, Histogram: 30}, m)
	assert.Equal(t, "counter=70,histogram=30", m.String())
	for text, want := range map[string]string{
		"": `"": write kind=share`, "counter": "write kind=share", "counter=-1": "write kind=share",
		"counter=2000000": "from 0 to 1000000", "timer=1": `kind "timer": give some of counter, gauge`,
	} {
		assert.ErrorContains(t, m.UnmarshalText([]byte(text)), want, text)
	}
	assert.Equal(t, Mix{Counter: 70, Histogram: 30}, m, "an error leaves it as it was")
}

const recorded = `
# a service
{"op":"increment","metric_name":"page.views","timestamp":1577872801.5,"tags":["env:prod"]}
{"op":"increment","metric_name":"page.views","value":4,"tags":["env:prod"]}
{"op":"decrement","metric_name":"in.flight","value":2}
{"op":"gauge","metric_name":"depth","value":17,"host":"web-1"}
{"op":"histogram","metric_name":"size","value":512,"sample_rate":1}
{"op":"timing","metric_name":"took","value":12.5}
{"op":"distribution","metric_name":"cart","value":99.9}
{"op":"set","metric_name":"users","value":"alice"}
{"op":"event","title":"deployed","message":"1.2.3"}
{"op":"flush","at":1577872810}
`

func TestALogIsSubmittedAsItWasRecorded(t *testing.T) {
	l, err := readLog(strings.NewReader(recorded), 2)
	require.NoError(t, err)
	assert.Equal(t, 7, l.series())
	assert.Equal(t, 2, l.leftOut)
	assert.True(t, l.samples())
	assert.True(t, l.piles(), "a timestamp is among them")
	to := arrived(t, func(c *stats.Client) { l.open(c, 0).submit(2 * len(l.calls)) })
	assert.Len(t, to.series, 7)
	assert.Equal(t, 2*(1+4-2+3.0), to.counted, "page.views, in.flight, and one each of size, took and cart; twice")
	assert.Equal(t, map[string]bool{"web-1": true}, to.hosts)
	assert.Len(t, arrived(t, l.touch).series, 7)
	assert.NotSame(t, l.open(nil, 0), l.open(nil, 1))
}

func TestALogThatCannotBePlayedIsNamed(t *testing.T) {
	_, err := readLog(strings.NewReader(`{"op":"flush"}`), 1)
	assert.ErrorContains(t, err, "no submission is in it")
	_, err = readLog(strings.NewReader("\n{\"op\":\"count\"}"), 1)
	assert.ErrorContains(t, err, "line 2")
	_, err = openLog("no/such.log", 1)
	assert.ErrorContains(t, err, "tune: open no/such.log")
}

func TestARollupIsWholeSeconds(t *testing.T) {
	w := DefaultWorkload()
	w.Rollup = 1500 * time.Millisecond
	assert.ErrorContains(t, w.check(), "roll-up 1.5s: give whole seconds from 1s to 1h0m0s")
}
