package e2e

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/DataDog/datadog-go/v5/statsd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/dogstatsd"
)

// lastDatagram ends what recordDogStatsD returns.
const lastDatagram = "the last one"

// recordDogStatsD listens at a new address and returns it, and a function that
// returns all bytes that came: of a stream, after its end, as they are; of
// datagrams, each after its length, so that they compare as one text.
func recordDogStatsD(t *testing.T, scheme string) (address string, recorded func() string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "dsd")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	result := make(chan string, 1)
	done := func() string {
		select {
		case text := <-result:
			return text
		case <-time.After(20 * time.Second):
			require.Fail(t, "nothing came")
			return ""
		}
	}
	if scheme == "unixstream" {
		l, err := net.Listen("unix", path)
		require.NoError(t, err)
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			text, _ := io.ReadAll(c)
			result <- string(text)
		}()
		return "unixstream://" + path, done
	}
	network := scheme
	if scheme == "udp" {
		path = "127.0.0.1:0"
	}
	c, err := net.ListenPacket(network, path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	path = c.LocalAddr().String()
	go func() {
		var all []byte
		buf := make([]byte, 1<<16)
		for {
			n, _, err := c.ReadFrom(buf)
			if err != nil || string(buf[:n]) == lastDatagram {
				result <- string(all)
				return
			}
			all = binary.LittleEndian.AppendUint32(all, uint32(n))
			all = append(all, buf[:n]...)
		}
	}()
	return scheme + "://" + path, func() string {
		last, err := net.Dial(network, path)
		require.NoError(t, err)
		defer last.Close()
		_, err = last.Write([]byte(lastDatagram))
		require.NoError(t, err)
		return done()
	}
}

// submission is one thing that both libraries send.
type submission struct {
	theirs func(c *statsd.ClientDirect) error
	ours   transport.Batch
}

func point(name string, k transport.Kind, value float64, tags ...string) transport.Series {
	return transport.Series{Name: name, Kind: k, Tags: tags, Points: []transport.Point{{Unix: 1713804588, Value: value}}}
}

func observed(name string, k transport.Kind, weight float64, values []float64, tags ...string) transport.Series {
	s := point(name, k, 0, tags...)
	s.Points[0].Summary = &transport.Summary{}
	for _, v := range values {
		s.Points[0].Summary.Samples = append(s.Points[0].Summary.Samples, transport.Sample{Value: v, Weight: weight})
	}
	return s
}

func members(name string, all []string, tags ...string) transport.Series {
	s := point(name, transport.KindSet, float64(len(all)), tags...)
	s.Points[0].Members = all
	return s
}

func of(s transport.Series) transport.Batch { return transport.Batch{Series: []transport.Series{s}} }

// untimed returns one submission of each kind, and enough of them to fill frames.
func untimed() []submission {
	tags := []string{"env:prod", "Ünï:x", "bare"}
	when := time.Unix(1713804588, 0)
	all := []submission{
		{func(c *statsd.ClientDirect) error { return c.Gauge("g", 123.4, nil, 1) }, of(point("g", transport.KindGauge, 123.4))},
		{func(c *statsd.ClientDirect) error { return c.Gauge("g", -0.001, tags, 1) }, of(point("g", transport.KindGauge, -0.001, tags...))},
		{func(c *statsd.ClientDirect) error { return c.Count("c", 12, tags, 1) }, of(point("c", transport.KindCount, 12, tags...))},
		{func(c *statsd.ClientDirect) error { return c.Count("c", -1, nil, 1) }, of(point("c", transport.KindCount, -1))},
		{func(c *statsd.ClientDirect) error { return c.Histogram("h", 123.4, tags, 1) }, of(observed("h", transport.KindHistogram, 1, []float64{123.4}, tags...))},
		{func(c *statsd.ClientDirect) error { return c.Distribution("d", 7, tags, 1) }, of(observed("d", transport.KindDistribution, 1, []float64{7}, tags...))},
		{func(c *statsd.ClientDirect) error {
			return c.DistributionSamples("d", []float64{1, 2.5, 1657}, tags, 1)
		}, of(observed("d", transport.KindDistribution, 1, []float64{1, 2.5, 1657}, tags...))},
		{func(c *statsd.ClientDirect) error { return c.DistributionSamples("d", []float64{1, 2}, tags, 0.1) }, of(observed("d", transport.KindDistribution, 10, []float64{1, 2}, tags...))},
		{func(c *statsd.ClientDirect) error { return c.Set("s", "user:1", tags, 1) }, of(members("s", []string{"user:1"}, tags...))},
		{func(c *statsd.ClientDirect) error {
			return c.Event(&statsd.Event{
				Title: "Titel é", Text: "L1\nL2", Timestamp: when, Hostname: "h", AggregationKey: "k",
				Priority: statsd.Low, SourceTypeName: "src", AlertType: statsd.Error, Tags: tags,
			})
		}, transport.Batch{Events: []transport.Event{{
			Title: "Titel é", Text: "L1\nL2", Time: when, Host: "h", AggregationKey: "k",
			Priority: transport.PriorityLow, SourceTypeName: "src", AlertType: transport.AlertError, Tags: tags,
		}}}},
		{func(c *statsd.ClientDirect) error { return c.SimpleEvent("T", "x") }, transport.Batch{Events: []transport.Event{{Title: "T", Text: "x"}}}},
		{func(c *statsd.ClientDirect) error {
			return c.ServiceCheck(&statsd.ServiceCheck{Name: "my.check", Status: statsd.Critical, Timestamp: when, Hostname: "h", Message: "hi\nm:x", Tags: tags})
		}, transport.Batch{Checks: []transport.ServiceCheck{{Name: "my.check", Status: transport.CheckCritical, Time: when, Host: "h", Message: "hi\nm:x", Tags: tags}}}},
		{func(c *statsd.ClientDirect) error { return c.SimpleServiceCheck("n", statsd.Ok) }, transport.Batch{Checks: []transport.ServiceCheck{{Name: "n"}}}},
	}
	for i := range 400 {
		name, value := fmt.Sprintf("many.%03d", i), float64(i)*1.25
		all = append(all, submission{
			func(c *statsd.ClientDirect) error { return c.Gauge(name, value, tags, 1) },
			of(point(name, transport.KindGauge, value, tags...)),
		})
	}
	return all
}

// timed returns what has a time on the wire.
func timed() []submission {
	when, tags := time.Unix(1713804588, 0), []string{"a:b", "c"}
	return []submission{
		{func(c *statsd.ClientDirect) error { return c.GaugeWithTimestamp("g", 1.5, tags, 1, when) }, of(point("g", transport.KindGauge, 1.5, tags...))},
		{func(c *statsd.ClientDirect) error { return c.CountWithTimestamp("c", 2, nil, 1, when) }, of(point("c", transport.KindCount, 2))},
		{func(c *statsd.ClientDirect) error { return c.Histogram("h", 1, tags, 1) }, of(observed("h", transport.KindHistogram, 1, []float64{1}, tags...))},
		{func(c *statsd.ClientDirect) error { return c.SimpleEvent("T", "x") }, transport.Batch{Events: []transport.Event{{Title: "T", Text: "x"}}}},
		{func(c *statsd.ClientDirect) error { return c.SimpleServiceCheck("n", statsd.Warn) }, transport.Batch{Checks: []transport.ServiceCheck{{Name: "n", Status: transport.CheckWarning}}}},
	}
}

// What goes over a socket is what datadog-go 5.9 puts there for the same submissions,
// byte for byte: lines, datagrams, and frames with their lengths. The container is
// in all of it, since datadog-go has one for the whole process.
func TestDogStatsDIsThatOfDatadogGo(t *testing.T) {
	for _, c := range []struct {
		name   string
		all    []submission
		theirs []statsd.Option
		env    string
		ours   dogstatsd.Config
	}{
		{"plain", untimed(), []statsd.Option{statsd.WithoutOriginDetection()}, "", dogstatsd.Config{ContainerID: "ci-abc"}},
		{"origin and times", timed(), []statsd.Option{statsd.WithCardinality(statsd.CardinalityHigh)}, "it-false,cn-x",
			dogstatsd.Config{ContainerID: "ci-abc", ExternalData: "it-false,cn-x", Cardinality: "high", Timestamps: true}},
	} {
		for _, scheme := range []string{"unixstream", "unixgram", "udp"} {
			t.Run(c.name+" over "+scheme, func(t *testing.T) {
				t.Setenv("DD_EXTERNAL_ENV", c.env)
				theirAddress, theirs := recordDogStatsD(t, scheme)
				opts := append([]statsd.Option{
					statsd.WithoutTelemetry(), statsd.WithoutClientSideAggregation(), statsd.WithWorkersCount(1),
					statsd.WithBufferFlushInterval(time.Hour), statsd.WithContainerID("ci-abc"),
				}, c.theirs...)
				client, err := statsd.NewDirect(strings.TrimPrefix(theirAddress, "udp://"), opts...)
				require.NoError(t, err)

				ourAddress, ours := recordDogStatsD(t, scheme)
				cfg := c.ours
				cfg.Address = ourAddress
				d, err := dogstatsd.New(cfg)
				require.NoError(t, err)

				// Lines share datagrams within a Send, so it is one batch for each run of
				// submissions that a batch can hold in their order.
				var b transport.Batch
				for _, s := range c.all {
					if len(s.ours.Series) > 0 && len(b.Events)+len(b.Checks) > 0 {
						require.NoError(t, client.Flush())
						require.NoError(t, d.Send(t.Context(), &b))
						b = transport.Batch{}
					}
					require.NoError(t, s.theirs(client))
					b.Series = append(b.Series, s.ours.Series...)
					b.Events = append(b.Events, s.ours.Events...)
					b.Checks = append(b.Checks, s.ours.Checks...)
				}
				require.NoError(t, client.Close())
				require.NoError(t, d.Send(t.Context(), &b))
				require.NoError(t, d.Close(t.Context()))
				want, got := theirs(), ours()
				require.NotEmpty(t, want)
				// Line by line, so that a difference is short to read.
				require.Equal(t, strings.Count(want, "\n"), strings.Count(got, "\n"))
				for i, l := range strings.Split(want, "\n") {
					require.Equal(t, l, strings.Split(got, "\n")[i], "line %d", i)
				}
			})
		}
	}
}

// Where the two differ: datadog-go writes six decimals of each timing, and spells
// out large numbers.
func TestDogStatsDDiffersFromDatadogGoInDigits(t *testing.T) {
	theirAddress, theirs := recordDogStatsD(t, "unixgram")
	client, err := statsd.New(theirAddress, statsd.WithoutTelemetry(), statsd.WithoutClientSideAggregation(),
		statsd.WithWorkersCount(1), statsd.WithContainerID("ci-abc"), statsd.WithoutOriginDetection())
	require.NoError(t, err)
	require.NoError(t, client.TimeInMilliseconds("t", 12.5, nil, 1))
	require.NoError(t, client.Gauge("g", 1e21, nil, 1))
	require.NoError(t, client.Close())
	ourAddress, ours := recordDogStatsD(t, "unixgram")
	d, err := dogstatsd.New(dogstatsd.Config{Address: ourAddress, ContainerID: "ci-abc"})
	require.NoError(t, err)
	require.NoError(t, d.Send(t.Context(), &transport.Batch{Series: []transport.Series{
		observed("t", transport.KindTiming, 1, []float64{12.5}), point("g", transport.KindGauge, 1e21),
	}}))
	require.NoError(t, d.Close(t.Context()))
	assert.Equal(t, "t:12.500000|ms|c:ci-abc\ng:1000000000000000000000|g|c:ci-abc\n", theirs()[4:])
	assert.Equal(t, "t:12.5|ms|c:ci-abc\ng:1e21|g|c:ci-abc\n", ours()[4:])
}
