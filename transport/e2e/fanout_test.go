package e2e

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/datadog"
	"github.com/shardstats/shardstats/transport/dogstatsd"
	"github.com/shardstats/shardstats/transport/e2e/servers"
	"github.com/shardstats/shardstats/transport/otlp"
	"github.com/shardstats/shardstats/transport/remotewrite"
	"github.com/shardstats/shardstats/transport/statsd"
)

// arm is one transport of the client, and the server behind it.
type arm struct {
	option stats.Option
	down   func() // puts the server out of order
	up     func()
	dies   bool // as against: hangs
	unsure bool // what was on its way when the server died is unknown

	requests func(route string) float64 // what the server counted in all
	level    func() float64             // the last value of the gauge
	samples  func() float64             // how many observations it has
}

const routes = 10

// newArms starts a server for each wire. The names are the keys.
func newArms(t *testing.T) map[string]arm {
	t.Helper()
	return map[string]arm{
		"datadog": datadogArm(t), "dogstatsd": dogstatsdArm(t), "statsd": statsdArm(t), "otlp": otlpArm(t),
		"remotewrite": remotewriteArm(t),
	}
}

func datadogArm(t *testing.T) arm {
	vm := servers.VictoriaMetrics(t)
	larger := func(_ string, _ int64, a, b float64) float64 { return max(a, b) } // a revision of a count that grows
	return arm{
		// It takes no distributions; a filter keeps them from it.
		option: stats.WithTransport(newDatadog(t, datadog.Config{URL: vm.URL + "/datadog"}),
			stats.OnlyMetrics(func(name string) bool { return name != "shop.latency" })),
		down: vm.Terminate, up: vm.Start, dies: true,
		requests: func(route string) float64 {
			return export(t, vm, `{__name__="shop.requests"}`, larger).total(keyOf("shop.requests", "route:"+route), func(v float64) float64 { return v })
		},
		level: func() (last float64) {
			for _, s := range vm.Export(`{__name__="shop.level"}`) {
				last = s.Values[len(s.Values)-1]
			}
			return last
		},
	}
}

func dogstatsdArm(t *testing.T) arm {
	e := servers.StatsdExporter(t)
	return arm{
		option: stats.WithTransport(newDogStatsD(t, dogstatsd.Config{Address: "unixgram://" + e.Unixgram, SignedDeltas: true})),
		// It has all in memory, so it hangs instead of dying.
		down: func() { e.Signal(syscall.SIGSTOP) }, up: func() { e.Signal(syscall.SIGCONT) },
		requests: func(route string) float64 { return e.Metrics()[keyOf("shop_requests", "route:"+route)] },
		level:    func() float64 { return e.Metrics()["shop_level"] },
		samples:  func() float64 { return e.Metrics()["shop_latency_count"] },
	}
}

func statsdArm(t *testing.T) arm {
	s := servers.Statsd(t)
	tr, err := statsd.New(statsd.Config{Address: s.TCP, Prefix: "applications.shop.test", ReconnectMax: time.Second})
	require.NoError(t, err)
	// values are those of the lines of one path, with the rate's share.
	values := func(path string) (all []float64) {
		for _, line := range s.Lines() {
			name, rest, _ := strings.Cut(line, ":")
			if name == "applications.shop.test."+path {
				value, _, _ := strings.Cut(rest, "|")
				v, err := strconv.ParseFloat(value, 64)
				assert.NoError(t, err, line)
				assert.NotContains(t, line, "@", "each stands for itself")
				all = append(all, v)
			}
		}
		return all
	}
	return arm{
		option: stats.WithTransport(tr),
		down:   s.Kill, up: s.Start, dies: true, unsure: true,
		requests: func(route string) float64 { return sum(values("counters.shop.requests.route." + route)) },
		level: func() float64 {
			all := values("gauges.shop.level")
			if len(all) == 0 {
				return 0
			}
			return all[len(all)-1]
		},
		samples: func() float64 { return float64(len(values("timers.shop.latency"))) },
	}
}

func otlpArm(t *testing.T) arm {
	p := servers.Prometheus3(t)
	return arm{
		option: stats.WithTransport(newOTLP(t, p, otlp.Config{Timeout: time.Minute})),
		// It has its totals in memory.
		down: func() { p.Signal(syscall.SIGSTOP) }, up: func() { p.Signal(syscall.SIGCONT) },
		requests: func(route string) float64 { return latest(p, fmt.Sprintf(`shop_requests_total{route=%q}`, route)) },
		level:    func() float64 { return latest(p, "shop_level") },
		samples:  func() float64 { return latest(p, "histogram_count(shop_latency)") },
	}
}

func remotewriteArm(t *testing.T) arm {
	p := servers.Prometheus2(t)
	tr, err := remotewrite.New(remotewrite.Config{URL: p.URL + "/api/v1/write"})
	require.NoError(t, err)
	return arm{
		option: stats.WithTransport(tr),
		down:   p.Kill, up: p.Start, dies: true, // and it has a log
		requests: func(route string) float64 { return latest(p, fmt.Sprintf(`shop_requests_total{route=%q}`, route)) },
		level:    func() float64 { return latest(p, "shop_level") },
		samples:  func() float64 { return latest(p, "histogram_count(shop_latency)") },
	}
}

// latest is the value of an expression that gives one, a moment after now, for the
// last bucket ends then.
func latest(p *servers.PrometheusServer, expr string) float64 {
	all := p.Query(expr, time.Now().Add(2*time.Second))
	if len(all) != 1 || len(all[0].Points) != 1 {
		return 0
	}
	return all[0].Points[0].Value
}

// One client sends to all at once. One server after the other is out of order for
// a while: nobody else notices, and in the end all have counted the same.
func TestFanOutOutlivesServers(t *testing.T) {
	t.Parallel()
	arms := newArms(t)
	opts := []stats.Option{
		stats.WithRollupInterval(time.Second), stats.WithFlushInterval(500 * time.Millisecond), stats.WithFlushJitter(0),
		stats.WithNamespace("shop"),
	}
	for _, a := range arms {
		opts = append(opts, a.option)
	}
	c := newClient(t, opts...)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	submitted := submitSteadily(ctx, c)

	for name, a := range arms {
		before, began := booksByName(c), time.Now()
		a.down()
		// Who hangs lets two buckets wait. Who is dead refuses one: not more, for the
		// fifth failure in a row opens the breaker, and then the next attempt is 30 s away.
		require.Eventually(t, func() bool {
			books := booksByName(c)[name]
			return books.Pending >= 2*routes || a.dies && books.Pending >= routes && books.LastError != ""
		}, patience, 10*time.Millisecond, name)
		waitForDeliveries(t, c, name, before)
		after, back := booksByName(c), time.Now()
		for other := range arms {
			if other != name {
				assert.Empty(t, after[other].LastError, "%s while %s is out of order", other, name)
				assert.Equal(t, before[other].Unknown, after[other].Unknown, "%s while %s is out of order", other, name)
			}
		}
		a.up()
		// If the breaker opened, the next attempt comes 30 s after it.
		require.Eventually(t, func() bool { return booksByName(c)[name].Pending == 0 && booksByName(c)[name].LastError == "" },
			2*patience, 10*time.Millisecond, "%s catches up: %+v", name, booksByName(c)[name])
		t.Logf("%s was out of order for %v, and caught up in %v", name, back.Sub(began), time.Since(back))
	}

	stop()
	want, observations := submitted()
	c.Gauge("level", 42.5)
	shutdown, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, c.Shutdown(shutdown))
	for name, a := range arms {
		books := booksByName(c)[name]
		assert.True(t, books.Balanced(), name)
		assert.Zero(t, books.DroppedTotal(), "%s: %+v", name, books)
		assert.True(t, a.unsure || books.Unknown == 0, "%s: %+v", name, books)
		same := func(now *assert.CollectT, want, got float64, what string) {
			if books.Unknown > 0 { // some of that arrived, and none of it twice
				assert.LessOrEqual(now, got, want, "%s: %s", name, what)
				assert.Greater(now, got, want/2, "%s: %s", name, what)
				return
			}
			assert.InDelta(now, want, got, 0, "%s: %s", name, what)
		}
		assert.EventuallyWithT(t, func(now *assert.CollectT) {
			for route, count := range want {
				same(now, count, a.requests(route), route)
			}
			same(now, 42.5, a.level(), "level")
			if a.samples != nil {
				same(now, observations, a.samples(), "latency")
			}
		}, patience, 200*time.Millisecond)
	}
}

// submitSteadily submits until ctx ends. What it returns then waits for that, and
// tells what was submitted: counts by route, and observations.
func submitSteadily(ctx context.Context, c *stats.Client) func() (map[string]float64, float64) {
	counts, observations := map[string]float64{}, 0.0
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ctx.Err() == nil; n++ {
			<-tick.C
			for r := range routes {
				route := fmt.Sprintf("r%d", r)
				c.Count("requests", int64(n%7+r), "route:"+route)
				counts[route] += float64(n%7 + r)
			}
			if n%10 == 0 { // few: every sample is kept
				c.Distribution("latency", float64(n%100))
				observations++
			}
		}
	})
	return func() (map[string]float64, float64) {
		wg.Wait()
		return counts, observations
	}
}

func booksByName(c *stats.Client) map[string]stats.Books {
	all := map[string]stats.Books{}
	for _, books := range c.Ledger().Transports {
		all[books.Transport] = books
	}
	return all
}

// waitForDeliveries waits until every transport but one has delivered a bucket more
// than before, and has no more than two of them to do.
func waitForDeliveries(t *testing.T, c *stats.Client, but string, before map[string]stats.Books) {
	t.Helper()
	require.Eventually(t, func() bool {
		for name, books := range booksByName(c) {
			if name != but && (books.Delivered < before[name].Delivered+routes || books.Pending > 2*(routes+1)) {
				return false
			}
		}
		return true
	}, patience, 10*time.Millisecond, "the others go on without %s: %+v", but, c.Ledger().Transports)
}
