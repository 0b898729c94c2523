package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/otlp"
)

// collector is the Collector's own receiver, in this process, with a sink behind it.
type collector struct {
	consumertest.MetricsSink
	url  string
	fail atomic.Pointer[error] // what the next request gets
}

// ConsumeMetrics fails once if it is told to.
func (c *collector) ConsumeMetrics(ctx context.Context, md pmetric.Metrics) error {
	if err := c.fail.Swap(nil); err != nil {
		return *err
	}
	return c.MetricsSink.ConsumeMetrics(ctx, md)
}

func newCollector(t *testing.T) *collector {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())

	c := &collector{url: "http://" + address}
	factory := otlpreceiver.NewFactory()
	cfg := factory.CreateDefaultConfig().(*otlpreceiver.Config)
	cfg.GRPC = nil
	cfg.HTTP.ServerConfig.Endpoint = address
	var next consumer.Metrics = c
	r, err := factory.CreateMetrics(t.Context(), receivertest.NewNopSettings(factory.Type()), cfg, next)
	require.NoError(t, err)
	require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() { assert.NoError(t, r.Shutdown(context.Background())) })
	return c
}

// arrival is what makes a point one of its own at the receiver.
type arrival struct {
	name, host, attributes string
	end                    int64 // Unix seconds
}

// arrivals are the points at a receiver, by shape.
type arrivals struct {
	units        map[string]string
	sums         map[arrival]float64
	gauges       map[arrival]float64
	summaries    map[arrival]pmetric.SummaryDataPoint
	exponentials map[arrival]pmetric.ExponentialHistogramDataPoint
	monotonic    map[string]bool
}

// arrived reads the sink. Of deltas for one time it adds up; anything else that comes twice
// is an error.
func (c *collector) arrived(t *testing.T) arrivals {
	a := arrivals{
		map[string]string{}, map[arrival]float64{}, map[arrival]float64{},
		map[arrival]pmetric.SummaryDataPoint{}, map[arrival]pmetric.ExponentialHistogramDataPoint{}, map[string]bool{},
	}
	for _, md := range c.AllMetrics() {
		for _, rm := range md.ResourceMetrics().All() {
			service, _ := rm.Resource().Attributes().Get("service.name")
			assert.Equal(t, "shop", service.Str())
			host, _ := rm.Resource().Attributes().Get("host.name")
			for _, sm := range rm.ScopeMetrics().All() {
				assert.Equal(t, "github.com/shardstats/shardstats", sm.Scope().Name())
				for _, m := range sm.Metrics().All() {
					a.units[m.Name()] = m.Unit()
					a.read(t, m, func(attributes pcommon.Map, end pcommon.Timestamp) arrival {
						assert.Zero(t, end%1e9)
						return arrival{m.Name(), host.Str(), fmt.Sprint(attributes.AsRaw()), int64(end / 1e9)}
					})
				}
			}
		}
	}
	return a
}

func (a arrivals) read(t *testing.T, m pmetric.Metric, key func(pcommon.Map, pcommon.Timestamp) arrival) {
	lasts := func(start, end pcommon.Timestamp) { assert.EqualValues(t, 10*time.Second, end-start, m.Name()) }
	switch m.Type() {
	case pmetric.MetricTypeSum:
		assert.Equal(t, pmetric.AggregationTemporalityDelta, m.Sum().AggregationTemporality())
		for _, p := range m.Sum().DataPoints().All() {
			a.sums[key(p.Attributes(), p.Timestamp())] += p.DoubleValue()
			lasts(p.StartTimestamp(), p.Timestamp())
			assert.Equal(t, p.DoubleValue() >= 0, m.Sum().IsMonotonic())
		}
	case pmetric.MetricTypeGauge:
		for _, p := range m.Gauge().DataPoints().All() {
			k := key(p.Attributes(), p.Timestamp())
			assert.NotContains(t, a.gauges, k)
			a.gauges[k] = p.DoubleValue()
		}
	case pmetric.MetricTypeSummary:
		for _, p := range m.Summary().DataPoints().All() {
			k := key(p.Attributes(), p.Timestamp())
			assert.NotContains(t, a.summaries, k)
			a.summaries[k] = p
			lasts(p.StartTimestamp(), p.Timestamp())
		}
	case pmetric.MetricTypeExponentialHistogram:
		assert.Equal(t, pmetric.AggregationTemporalityDelta, m.ExponentialHistogram().AggregationTemporality())
		for _, p := range m.ExponentialHistogram().DataPoints().All() {
			k := key(p.Attributes(), p.Timestamp())
			assert.NotContains(t, a.exponentials, k)
			a.exponentials[k] = p
			lasts(p.StartTimestamp(), p.Timestamp())
		}
	default:
		t.Errorf("%s came as %v", m.Name(), m.Type())
	}
}

// otlpClock stands still, so that a test knows each bucket.
type otlpClock time.Time

func (c otlpClock) Now() time.Time { return time.Time(c) }

func newOTLPClient(t *testing.T, c *collector, now time.Time, change func(*otlp.Config), opts ...stats.Option) *stats.Client {
	cfg := otlp.Config{Endpoint: c.url, ServiceName: "shop"}
	if change != nil {
		change(&cfg)
	}
	tr, err := otlp.New(cfg)
	require.NoError(t, err)
	client, err := stats.New(append([]stats.Option{
		stats.WithTransport(tr), stats.WithManualFlush(), stats.WithClock(otlpClock(now)), stats.WithNamespace("shop"), stats.WithTags("env:test"),
	}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// exactQuantile is the smallest of sorted values up to which there is a share q of them.
func exactQuantile(values []float64, q float64) float64 {
	return values[max(0, int(math.Ceil(q*float64(len(values))-1e-9))-1)]
}

// exponentialQuantile reads the histograms as a backend does that merges them: at the coarsest
// scale of all, with the middle of the bucket that the rank falls into.
func exponentialQuantile(q float64, points ...pmetric.ExponentialHistogramDataPoint) float64 {
	scale := points[0].Scale()
	for _, p := range points {
		scale = min(scale, p.Scale())
	}
	counts, total := map[int32]uint64{}, uint64(0)
	for _, p := range points {
		for i, n := range p.Positive().BucketCounts().All() {
			counts[(p.Positive().Offset()+int32(i))>>(p.Scale()-scale)] += n
		}
		total += p.Count()
	}
	base := math.Pow(2, math.Pow(2, -float64(scale)))
	rank, seen := uint64(math.Ceil(q*float64(total))), uint64(0)
	for _, i := range slices.Sorted(maps.Keys(counts)) {
		if seen += counts[i]; seen >= rank {
			return math.Pow(base, float64(i)+0.5)
		}
	}
	return math.NaN()
}

func TestOTLPReceiverGetsWhatWasSubmitted(t *testing.T) {
	for name, change := range map[string]func(*otlp.Config){
		"gzip":          nil,
		"none":          func(c *otlp.Config) { c.Compression = otlp.None },
		"many requests": func(c *otlp.Config) { c.MaxRequestBytes = 64 << 10 },
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Unix(1_800_000_000, 0)
			c := newCollector(t)
			client := newOTLPClient(t, c, now, change,
				stats.WithMetric("shop.body", stats.MetricConfig{Unit: "byte", Description: "size of a body"}))

			const workers, rounds = 4, 500
			var mu sync.Mutex
			sums, gauges := map[arrival]float64{}, map[arrival]float64{}
			values := map[arrival][]float64{}
			var wg sync.WaitGroup
			for worker := range workers {
				wg.Go(func() {
					random := rand.New(rand.NewPCG(11, uint64(worker)))
					for range rounds {
						at := now.Add(-time.Duration(random.IntN(3)) * 10 * time.Second)
						end := at.Unix() + 10
						route, delta, quarters := random.IntN(300), random.IntN(100), float64(random.IntN(4000)-1000)/4
						attributes := fmt.Sprint(map[string]any{"env": "test", "route": fmt.Sprintf("/r/%d:x", route)})
						own := fmt.Sprint(map[string]any{"env": "test", "worker": fmt.Sprint(worker), "bare": "true"})
						tag, tags := fmt.Sprintf("route:/r/%d:x", route), []string{fmt.Sprintf("worker:%d", worker), "bare"}
						call := client.At(at)
						mu.Lock()
						call.Count("requests", int64(delta), tag)
						sums[arrival{"shop.requests", "", attributes, end}] += float64(delta)
						call.OnHost("web2").CountFloat("balance", quarters, tag)
						sums[arrival{"shop.balance", "web2", attributes, end}] += quarters
						call.Gauge("load", quarters, tags...)
						gauges[arrival{"shop.load", "", own, end}] = quarters
						call.Histogram("body", quarters, tags...)
						key := arrival{"shop.body", "", own, end}
						values[key] = append(values[key], quarters)
						call.OnHost("web3").Timing("wait", time.Duration(delta)*time.Millisecond, tags...)
						key = arrival{"shop.wait", "web3", own, end}
						values[key] = append(values[key], float64(delta))
						call.Distribution("price", math.Exp(quarters/100), tags...)
						key = arrival{"shop.price", "", own, end}
						values[key] = append(values[key], math.Exp(quarters/100))
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			require.NoError(t, client.Flush(t.Context()))

			got := c.arrived(t)
			assert.Equal(t, sums, got.sums)
			assert.Equal(t, gauges, got.gauges)
			assert.Equal(t, map[string]string{
				"shop.requests": "", "shop.balance": "", "shop.load": "", "shop.price": "", "shop.body": "By", "shop.wait": "ms",
			}, got.units)
			assert.Len(t, values, len(got.summaries)+len(got.exponentials))
			for key, want := range values {
				slices.Sort(want)
				sum := 0.0
				for _, v := range want {
					sum += v
				}
				if p, ok := got.exponentials[key]; ok {
					assert.Equal(t, "shop.price", key.name)
					assert.EqualValues(t, len(want), p.Count())
					assert.InEpsilon(t, sum, p.Sum(), 1e-12)
					assert.Equal(t, want[0], p.Min())
					assert.Equal(t, want[len(want)-1], p.Max())
					for _, q := range []float64{0.01, 0.5, 0.95, 0.99} {
						assert.InEpsilon(t, exactQuantile(want, q), exponentialQuantile(q, p), 0.0014, "%v of %v", q, key)
					}
					continue
				}
				p, ok := got.summaries[key]
				if !assert.True(t, ok, "%v did not arrive", key) {
					continue
				}
				assert.EqualValues(t, len(want), p.Count())
				assert.Equal(t, sum, p.Sum())
				quantiles := map[float64]float64{}
				for _, q := range p.QuantileValues().All() {
					quantiles[q.Quantile()] = q.Value()
				}
				exact := map[float64]float64{}
				for _, q := range []float64{0, 0.5, 0.95, 0.99, 1} {
					exact[q] = exactQuantile(want, q)
				}
				assert.Equal(t, exact, quantiles, "%v", key)
			}
			if name == "many requests" {
				assert.Greater(t, len(c.AllMetrics()), 1)
			}
			assert.Empty(t, client.Ledger().Transports[0].Dropped)
		})
	}
}

// Three processes with distributions of their own: what the receiver merges has the quantiles of
// the union, although each has gone on as a sketch.
func TestOTLPReceiverMergesDistributionsOfThreeProcesses(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	c := newCollector(t)
	var union []float64
	for process := range 3 {
		client := newOTLPClient(t, c, now, nil, stats.WithHost(fmt.Sprintf("web%d", process)))
		latency := client.NewDistribution("latency")
		random := rand.New(rand.NewPCG(13, uint64(process)))
		for range 20_000 {
			v := math.Exp(random.NormFloat64()*1.5 + float64(process))
			latency.Observe(v)
			union = append(union, v)
		}
		require.NoError(t, client.Flush(t.Context()))
	}
	slices.Sort(union)
	points := slices.Collect(maps.Values(c.arrived(t).exponentials))
	require.Len(t, points, 3)
	total := uint64(0)
	for _, p := range points {
		total += p.Count()
		assert.EqualValues(t, 8, p.Scale())
	}
	assert.EqualValues(t, len(union), total)
	for _, q := range []float64{0.5, 0.95, 0.99} {
		assert.InEpsilon(t, exactQuantile(union, q), exponentialQuantile(q, points...), 0.01, "quantile %v", q)
	}
}

// A late part of a delta comes alone and adds up at the receiver.
func TestOTLPReceiverAddsUpLateParts(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	c := newCollector(t)
	client := newOTLPClient(t, c, now, nil)
	late := client.At(now.Add(-30 * time.Second))
	for _, delta := range []int64{5, 7, 1} {
		late.Count("orders", delta)
		require.NoError(t, client.Flush(t.Context()))
	}
	assert.Equal(t, map[arrival]float64{
		{"shop.orders", "", fmt.Sprint(map[string]any{"env": "test"}), now.Unix() - 20}: 13,
	}, c.arrived(t).sums)
	assert.Len(t, c.AllMetrics(), 3)
}

// Of gauges and summaries with one time the last stands: the whole comes again.
func TestOTLPReceiverGetsTheWholeOfWhatOverwrites(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	c := newCollector(t)
	client := newOTLPClient(t, c, now, nil)
	late := client.At(now.Add(-30 * time.Second))
	for i, member := range []string{"ann", "bob", "ann"} {
		late.Gauge("level", float64(i))
		late.Set("guests", member)
		late.Histogram("size", float64(i+1))
		require.NoError(t, client.Flush(t.Context()))
	}
	got := map[string][]float64{}
	for _, md := range c.AllMetrics() {
		for _, m := range md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
			switch m.Type() {
			case pmetric.MetricTypeGauge:
				got[m.Name()] = append(got[m.Name()], m.Gauge().DataPoints().At(0).DoubleValue())
			case pmetric.MetricTypeSummary:
				p := m.Summary().DataPoints().At(0)
				got[m.Name()] = append(got[m.Name()], float64(p.Count()), p.Sum())
			default:
				t.Errorf("%s came as %v", m.Name(), m.Type())
			}
		}
	}
	last := func(name string, n int) []float64 {
		require.GreaterOrEqual(t, len(got[name]), n, name)
		return got[name][len(got[name])-n:]
	}
	assert.Equal(t, []float64{2}, last("shop.level", 1))
	assert.Equal(t, []float64{2}, last("shop.guests", 1))
	assert.Equal(t, []float64{3, 6}, last("shop.size", 2), "count and sum")
}

func TestOTLPReceiverSaysWhatToDo(t *testing.T) {
	c := newCollector(t)
	tr, err := otlp.New(otlp.Config{Endpoint: c.url})
	require.NoError(t, err)
	defer tr.Close(t.Context())
	b := &transport.Batch{Series: []transport.Series{{
		Name: "g", Kind: transport.KindGauge, Interval: 10 * time.Second, Points: []transport.Point{{Unix: 1_800_000_000, Value: 1}},
	}}}
	failure := func(err error) *transport.SendError {
		c.fail.Store(&err)
		failed := transport.AsSendError(tr.Send(t.Context(), b))
		require.NotNil(t, failed)
		return failed
	}
	busy := failure(errors.New("the queue is full"))
	assert.Equal(t, transport.Retry, busy.Outcome)
	assert.Contains(t, busy.Error(), "the queue is full", "the message of the Status is read")

	bad := failure(consumererror.NewPermanent(errors.New("this point is bad")))
	assert.Contains(t, []transport.Outcome{transport.Poison, transport.Permanent}, bad.Outcome)
	assert.Contains(t, bad.Error(), "this point is bad")

	require.NoError(t, tr.Send(t.Context(), b))
	assert.Equal(t, 1, c.DataPointCount())
}
