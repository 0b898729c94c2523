package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/e2e/servers"
	"github.com/shardstats/shardstats/transport/statsd"
)

// statsdClient returns a client with a transport to the original statsd.
func statsdClient(t *testing.T, cfg statsd.Config, opts ...stats.Option) (*stats.Client, *statsd.Transport) {
	t.Helper()
	cfg.Prefix = "applications.mail.live"
	sd, err := statsd.New(cfg)
	require.NoError(t, err)
	c, err := stats.New(append([]stats.Option{stats.WithTransport(sd), stats.WithManualFlush()}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c, sd
}

// What is submitted through a client is what the original statsd says it has.
func TestTheOriginalStatsdHasWhatWasSubmitted(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			s := servers.Statsd(t)
			address := map[string]string{"tcp": s.TCP, "udp": s.UDP}[network]
			c, sd := statsdClient(t, statsd.Config{Address: address, Network: network})
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			require.NoError(t, sd.Start(ctx))
			assert.True(t, sd.Connected())

			for i := range 200 {
				c.Increment("requests", "route:users", "slow")
				c.CountFloat("bytes", 0.25)
				c.Timing("query", time.Duration(i)*time.Millisecond)
			}
			c.Count("down", -3)
			c.Gauge("depth", 12.5)
			c.Gauge("cold", 5)
			c.Histogram("size", 1.5)
			c.Distribution("spread", 7)
			c.OnHost("web1").Gauge("load", 2)
			for _, user := range []string{"ann", "bob", "ann", "a:b|c", "", "0", "é"} {
				c.Set("users", user)
			}
			c.Increment("forged:1|c\ngauges.forged:9|g\n", "x:1|c", "Ċ")
			require.NoError(t, c.Flush(ctx))
			c.Gauge("cold", -7.5) // absolute, though the server has 5
			require.NoError(t, sd.GaugeDelta("sessions", 10))
			require.NoError(t, sd.GaugeDelta("sessions", -2.5))
			require.NoError(t, sd.Inject("counters.raw", "3", "c|@0.5"))
			require.NoError(t, c.Close())
			b := c.Ledger().Transports[0]
			assert.EqualValues(t, 12, b.Delivered, "%+v", b)
			assert.Equal(t, b.RolledUp, b.Delivered, "%+v", b)
			assert.Equal(t, statsd.Lines{Accepted: 3, Delivered: 3}, sd.Lines())

			const p = "applications.mail.live."
			assert.Eventually(t, func() bool { // over UDP something may be under way
				return s.Counters()[p+"counters.raw"] == 6 && s.Gauges()[p+"gauges.sessions"] == 7.5
			}, 10*time.Second, 20*time.Millisecond)
			assert.Equal(t, map[string]float64{
				p + "counters.requests.route.users.slow":             200,
				p + "counters.bytes":                                 50,
				p + "counters.down":                                  -3,
				p + "counters.raw":                                   6,
				p + "counters.forged_1_c_gauges.forged_9_g_.x.1_c._": 1,
			}, own(s.Counters()))
			assert.Equal(t, map[string]float64{
				p + "gauges.depth": 12.5, p + "gauges.cold": -7.5, p + "gauges.load.host.web1": 2, p + "gauges.sessions": 7.5,
			}, own(s.Gauges()))

			s.Terminate() // it flushes
			last := s.Flushes()
			require.NotEmpty(t, last)
			flush := last[len(last)-1]
			query := flush.Timers[p+"timers.query"]
			require.Len(t, query, 200)
			for i, ms := range query {
				require.Equal(t, float64(i), ms)
			}
			assert.EqualValues(t, 200, flush.Timed[p+"timers.query"])
			assert.Equal(t, []float64{1.5}, flush.Timers[p+"timers.size"])
			assert.Equal(t, []float64{7}, flush.Timers[p+"timers.spread"])
			assert.ElementsMatch(t, []string{"ann", "bob", "a%3Ab%7Cc", "%", "0", "%C3%A9"}, flush.Sets[p+"sets.users"])
			assert.Zero(t, flush.Counters["statsd.bad_lines_seen"])
		})
	}
}

// own leaves out what the server counts about itself.
func own(all map[string]float64) map[string]float64 {
	for key := range all {
		if strings.HasPrefix(key, "statsd.") {
			delete(all, key)
		}
	}
	return all
}

// The original statsd is killed and restarted under load. Every line is one of a
// kind: it arrives once, or is on the ledger as unknown.
func TestEveryLineArrivesOnceOrIsUnknownWhenStatsdIsKilled(t *testing.T) {
	for _, c := range []struct {
		name   string
		kill   func(*servers.StatsdServer)
		metric string // short enough with its numbers: a cut name ends with a hash, of which two may be one
		each   int    // series at once
	}{
		{"SIGKILL", (*servers.StatsdServer).Kill, "c", 50},
		{"SIGTERM", (*servers.StatsdServer).Terminate, "c", 50},
		{"SIGKILL, batches of several chunks", (*servers.StatsdServer).Kill, "c" + strings.Repeat("x", 180), 2000},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := servers.Statsd(t)
			client, sd := statsdClient(t, statsd.Config{
				Address: s.TCP, ReconnectMin: 5 * time.Millisecond, ReconnectMax: 50 * time.Millisecond,
				Timeout: time.Minute, // a server that is killed resets; one that is slow is none of that
			}, stats.WithSeriesLimit(1_000_000))
			require.NoError(t, sd.Start(t.Context()))

			var load sync.WaitGroup
			ctx, stop := context.WithCancel(t.Context())
			rounds, injected := 0, 0
			load.Go(func() {
				for ; ctx.Err() == nil; rounds++ {
					for i := range c.each {
						client.Increment(fmt.Sprintf("%s.%d.%d", c.metric, rounds, i))
					}
					time.Sleep(time.Duration(c.each) * 40 * time.Microsecond)
				}
			})
			load.Go(func() {
				for ctx.Err() == nil {
					// Without a deadline of its own: each would make an attempt out of
					// turn, and five that fail open the breaker for half a minute.
					_ = client.Flush(ctx)
				}
			})
			load.Go(func() {
				for ; ctx.Err() == nil; injected++ {
					for sd.Inject(fmt.Sprintf("i.%d", injected), "1", "c") != nil && ctx.Err() == nil {
						time.Sleep(time.Millisecond) // the queue is full
					}
					time.Sleep(200 * time.Microsecond)
				}
			})
			const kills = 5
			for range kills {
				time.Sleep(time.Duration(50+rand.IntN(150)) * time.Millisecond) // anywhere within a Send
				c.kill(s)
				s.Start()
			}
			stop()
			load.Wait()
			closing, cancel := context.WithTimeout(t.Context(), 90*time.Second) // past a breaker's pause
			defer cancel()
			require.NoError(t, client.Shutdown(closing), "all that is left is sent to the last of them")

			arrived := map[string]int{}
			for _, line := range s.Lines() {
				arrived[line]++
			}
			points, lines := 0, 0
			for line, n := range arrived {
				require.Equal(t, 1, n, "%s arrived %d times", line, n)
				if strings.Contains(line, "counters.c") {
					points++
				} else {
					require.Contains(t, line, "live.i.")
					lines++
				}
			}
			b := client.Ledger().Transports[0]
			assert.EqualValues(t, rounds*c.each, b.RolledUp)
			assert.Equal(t, b.RolledUp, b.Delivered+b.Unknown, "nothing was dropped: %+v", b)
			assert.GreaterOrEqual(t, uint64(points), b.Delivered, "what is delivered has arrived")
			assert.LessOrEqual(t, uint64(points), b.Delivered+b.Unknown)
			l := sd.Lines()
			assert.Equal(t, l.Accepted, l.Delivered+l.Unknown)
			assert.GreaterOrEqual(t, uint64(lines), l.Delivered)
			assert.LessOrEqual(t, uint64(lines), l.Accepted)
			t.Logf("%d kills: points: %d arrived, %d delivered, %d unknown; lines: %d arrived, %+v", kills, points, b.Delivered, b.Unknown, lines, l)
		})
	}
}
