package stats_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// Submitters of late and of new points, while flush follows flush: the last total
// of each series is all that was submitted to it, and its times only grow.
func TestRunningTotalsConcurrentSafe(t *testing.T) {
	for _, c := range []struct {
		name        string
		submitters  int
		submissions int
	}{{"one submitter", 1, 4000}, {"more than processors", 6, 2000}} {
		t.Run(c.name, func(t *testing.T) {
			m := memory.New(memory.WithSketches(), memory.WithTemporality(func(transport.Kind) transport.Temporality {
				return transport.Cumulative
			}))
			client, err := stats.New(stats.WithTransport(m), stats.WithManualFlush(), stats.WithRollupInterval(time.Second))
			require.NoError(t, err)
			now := time.Now()
			var submitters, flusher sync.WaitGroup
			for range c.submitters {
				submitters.Go(func() {
					counter, dist := client.NewCounter("bound"), client.NewDistribution("dist")
					for i := range c.submissions {
						counter.Inc()
						dist.Observe(float64(1 + i%7))
						client.At(now.Add(-time.Duration(i%200)*time.Second)).Count("late", 1)
						client.At(now.Add(-time.Duration(i%20)*time.Second)).Distribution("late.dist", 1)
					}
				})
			}
			stop := make(chan struct{})
			flusher.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						assert.NoError(t, client.Flush(t.Context()))
					}
				}
			})
			submitters.Wait()
			close(stop)
			flusher.Wait()
			require.NoError(t, client.Close())

			totals, last := map[string]float64{}, map[string]int64{}
			for _, s := range m.Series() {
				p := &s.Points[0]
				if before, known := last[s.Name]; known {
					assert.Greater(t, p.Unix, before, s.Name)
				}
				total := p.Value
				if p.Summary != nil {
					total = p.Summary.Count
					weights := 0.0
					for _, x := range p.Summary.Samples {
						weights += x.Weight
					}
					assert.Equal(t, total, weights, "the bins of %s", s.Name)
				}
				assert.GreaterOrEqual(t, total, totals[s.Name], s.Name)
				totals[s.Name], last[s.Name] = total, p.Unix
			}
			want := float64(c.submitters * c.submissions)
			assert.Equal(t, map[string]float64{"bound": want, "dist": want, "late": want, "late.dist": want}, totals)
			assert.True(t, client.Ledger().Transports[0].Balanced())
		})
	}
}
