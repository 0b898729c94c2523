package e2e

import (
	"cmp"
	"context"
	"log/slog"
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/statsd_exporter/pkg/event"
	"github.com/prometheus/statsd_exporter/pkg/line"
	"github.com/prometheus/statsd_exporter/pkg/mapper"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/dogstatsd"
)

// exporterParser is statsd_exporter's parser of lines, as its server runs it.
type exporterParser struct {
	parser                           *line.Parser
	errors                           *prometheus.CounterVec
	samples, tagErrors, tagsReceived prometheus.Counter
}

func newExporterParser() *exporterParser {
	p := &exporterParser{
		parser:       line.NewParser(),
		errors:       prometheus.NewCounterVec(prometheus.CounterOpts{Name: "errors"}, []string{"reason"}),
		samples:      prometheus.NewCounter(prometheus.CounterOpts{Name: "samples"}),
		tagErrors:    prometheus.NewCounter(prometheus.CounterOpts{Name: "tag_errors"}),
		tagsReceived: prometheus.NewCounter(prometheus.CounterOpts{Name: "tags"}),
	}
	p.parser.EnableDogstatsdParsing()
	p.parser.EnableInfluxdbParsing()
	p.parser.EnableLibratoParsing()
	p.parser.EnableSignalFXParsing()
	return p
}

// events returns what is in text, and how many samples were refused for a reason.
func (p *exporterParser) events(text string) (all event.Events, refused int) {
	p.errors.Reset()
	for l := range strings.SplitSeq(text, "\n") {
		all = append(all, p.parser.LineToEvents(l, *p.errors, p.samples, p.tagErrors, p.tagsReceived, slog.New(slog.DiscardHandler))...)
	}
	ch := make(chan prometheus.Metric, 100)
	p.errors.Collect(ch)
	for range len(ch) {
		refused++
		<-ch
	}
	return all, refused
}

// overSocket returns a function that sends a batch, which has to fit into one
// datagram, and returns what arrived.
func overSocket(t testing.TB, cfg dogstatsd.Config) func(b *transport.Batch) (string, error) {
	dir, err := os.MkdirTemp("", "dsd")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c, err := net.ListenPacket("unixgram", filepath.Join(dir, "s"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	cfg.Address, cfg.MaxDatagram = "unixgram://"+c.LocalAddr().String(), 1<<16
	d, err := dogstatsd.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = d.Close(context.Background()) })
	buf := make([]byte, 1<<16)
	return func(b *transport.Batch) (string, error) {
		if err := d.Send(context.Background(), b); err != nil {
			return "", err
		}
		n, _, err := c.ReadFrom(buf)
		return string(buf[:n]), err
	}
}

// FuzzStatsdExporterParsesDogStatsD has statsd_exporter read what we write: each
// sample is there, with its tags, and nothing else is.
func FuzzStatsdExporterParsesDogStatsD(f *testing.F) {
	f.Add("api.time", "env", "prod", "web1", 1.5, uint8(3), uint8(1))
	f.Add("a[b]=c,x#y:1|c\n", "k,#|@0.1", "v|#a:b", "h,x", -0.25, uint8(1), uint8(3))
	f.Add("[", "", "\xff", "\u2028", math.MaxFloat64, uint8(200), uint8(5))
	f.Add("x]", "é", "#", ":", -5e-324, uint8(99), uint8(6))
	send, p := overSocket(f, dogstatsd.Config{SignedDeltas: true}), newExporterParser()
	d, err := dogstatsd.New(dogstatsd.Config{}) // for its names
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, name, key, value, host string, number float64, weight, kind uint8) {
		k := transport.Kind(kind%7) + 1
		if math.IsNaN(number) || math.IsInf(number, 0) || k == transport.KindSet {
			return // refused by us, or by it
		}
		tag := key + ":" + value
		s := point(name, k, number, tag)
		s.Host, s.HostSet = host, host != ""
		copies := max(1, int(weight))
		if k >= transport.KindHistogram {
			s.Points[0].Summary = &transport.Summary{Samples: []transport.Sample{
				{Value: number, Weight: float64(copies)}, {Value: 1, Weight: float64(copies)}, {Value: 2, Weight: 1},
			}}
			slices.SortFunc(s.Points[0].Summary.Samples, func(x, y transport.Sample) int { return cmp.Compare(x.Value, y.Value) })
		}
		text, err := send(&transport.Batch{Series: []transport.Series{
			point("before", transport.KindCount, 7), s, point("after", transport.KindCount, 7),
		}})
		require.NoError(t, err)
		events, refused := p.events(text)
		require.Zero(t, refused, "%q", text)

		labels := map[string]string{}
		wireTag := d.WireTag(tag)
		wireKey, wireValue, _ := strings.Cut(strings.TrimPrefix(wireTag, "#"), ":")
		if wireKey != "" && wireValue != "" {
			labels[mapper.EscapeMetricName(wireKey)] = wireValue
		}
		if host != "" {
			_, labels["host"], _ = strings.Cut(strings.Split(text, "\n")[1], wireTag+",host:")
			require.NotEmpty(t, labels["host"], "%q", text)
		}
		guard := func(e event.Event, name string) {
			require.Equal(t, &event.CounterEvent{CMetricName: name, CValue: 7, CLabels: map[string]string{}}, e)
		}
		require.GreaterOrEqual(t, len(events), 2)
		guard(events[0], "before")
		guard(events[len(events)-1], "after")
		events = events[1 : len(events)-1]
		var got []float64
		for _, e := range events {
			require.Equal(t, d.WireName(name), e.MetricName())
			require.Equal(t, labels, e.Labels(), "%q", text)
			got = append(got, e.Value())
		}
		var want []float64
		switch k {
		case transport.KindCount:
			want = []float64{number}
		case transport.KindGauge, transport.KindRate:
			// What the gauge is in the end.
			at := 0.0
			for _, e := range events {
				g := e.(*event.GaugeEvent)
				if g.GRelative {
					at += g.GValue
				} else {
					at = g.GValue
				}
			}
			got, want = []float64{at}, []float64{number}
		default:
			scale := 1.0
			if k == transport.KindTiming {
				scale = 1000
			}
			for range copies {
				want = append(want, number/scale, 1/scale)
			}
			want = append(want, 2/scale)
		}
		slices.Sort(got)
		slices.Sort(want)
		require.Equal(t, len(want), len(got))
		for i := range want {
			require.True(t, want[i] == got[i], "%v arrived as %v", want, got)
		}
	})
}

// Of what statsd_exporter does not know it drops the line: none of that is in what
// a Config says by default.
func TestWhatStatsdExporterRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		cfg   dogstatsd.Config
		in    transport.Series
		taken bool
	}{
		{"a set", dogstatsd.Config{}, members("s", []string{"a"}), false},
		{"external data", dogstatsd.Config{ExternalData: "it-x"}, point("c", transport.KindCount, 1), false},
		{"a cardinality", dogstatsd.Config{Cardinality: "low"}, point("c", transport.KindCount, 1), false},
		{"a container", dogstatsd.Config{ContainerID: "ci-x"}, point("c", transport.KindCount, 1, "a:b"), true},
		{"a container without tags, whose colon it takes for another value", dogstatsd.Config{ContainerID: "ci-x"}, point("c", transport.KindCount, 1), false},
		{"a time", dogstatsd.Config{Timestamps: true}, point("c", transport.KindCount, 1), true},
		{"packed values", dogstatsd.Config{}, observed("h", transport.KindHistogram, 3, []float64{1, 2}), true},
		{"packed counts", dogstatsd.Config{Packing: dogstatsd.PackAll}, transport.Series{
			Name: "c", Kind: transport.KindCount, Points: []transport.Point{{Value: 1}, {Value: 2}},
		}, false},
		{"counts one by one", dogstatsd.Config{}, transport.Series{
			Name: "c", Kind: transport.KindCount, Points: []transport.Point{{Value: 1}, {Value: 2}},
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := overSocket(t, c.cfg)(&transport.Batch{Series: []transport.Series{c.in}})
			require.NoError(t, err)
			events, refused := newExporterParser().events(text)
			require.Equal(t, c.taken, refused == 0 && len(events) > 0, "%q", text)
		})
	}
}
