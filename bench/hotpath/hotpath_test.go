package hotpath

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/shardstats/shardstats/bench/sample"
	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// taker notes how many submissions arrived, and of how many series.
type taker struct {
	submissions float64
	series      int
}

func (*taker) Describe() transport.Description { return transport.Description{Summaries: true} }

func (t *taker) Send(_ context.Context, b *transport.Batch) error {
	for _, s := range b.Series {
		t.series++
		for _, p := range s.Points {
			switch {
			case p.Summary != nil:
				t.submissions += p.Summary.Count
			case s.Kind == transport.KindCount:
				t.submissions += p.Value
			}
		}
	}
	return nil
}

func (*taker) Close(context.Context) error { return nil }

// A figure is worth something only if the workload does what its name says.
func TestWorkloadsSubmitWhatTheySay(t *testing.T) {
	for _, w := range Workloads() {
		t.Run(w.Name, func(t *testing.T) {
			arrived := new(taker)
			client, err := stats.New(stats.WithTransport(arrived), stats.WithManualFlush())
			require.NoError(t, err)
			submit := w.New(client)
			submit(3000)
			require.NoError(t, client.Flush(t.Context()))
			require.NoError(t, client.Close())

			wantSeries := 1
			if strings.Contains(w.Name, "1000 series") {
				wantSeries = 1000
			}
			assert.Equal(t, wantSeries, arrived.series)
			switch {
			case strings.Contains(w.Name, "sampled"):
				assert.InDelta(t, 3000, float64(arrived.submissions), 5*164, "five standard deviations")
			case !strings.Contains(w.Name, "gauge") && !strings.Contains(w.Name, "set"):
				assert.EqualValues(t, 3000, arrived.submissions)
			}
			if w.Baseline != nil {
				w.Baseline()(3000)
			}
		})
	}
}

func TestMeasureTakesTheMedianOverRounds(t *testing.T) {
	cost, err := Measure(Workloads()[0], Plan{Rounds: 5, Ops: 100})
	require.NoError(t, err)
	assert.Len(t, cost.Ratios, 5)
	assert.Positive(t, cost.UnitNS)
	assert.Positive(t, cost.NS)
	assert.Equal(t, sample.Median(cost.Ratios), cost.Ratio())

	both, err := MeasureThroughput(Workloads()[0], Plan{Rounds: 4, Ops: 100})
	require.NoError(t, err)
	assert.Len(t, both.Ratios, 1)
	assert.Len(t, both.Machine, 1)
	assert.Positive(t, both.Ratio())
}

func TestDrainFindsEverything(t *testing.T) {
	d := MeasureDrain(1000, 3)
	assert.Equal(t, d.Expected, d.Drained)
	assert.Len(t, d.PerNS, 3)
}

func TestGoals(t *testing.T) {
	cost := Cost{Workload: Workload{Goal: 1.3}, Ratios: []float64{1.2, 1.3, 1.4}}
	assert.True(t, cost.Met())
	cost.Ratios = []float64{1.2, 1.31, 1.4}
	assert.False(t, cost.Met())
	cost = Cost{Allocs: 1}
	assert.False(t, cost.Met(), "an allocation misses every goal")
	busy := Throughput{Goal: 1.9, Ratios: []float64{1.8}, Machine: []float64{1.1}}
	assert.False(t, busy.Met())
	assert.False(t, busy.Possible(), "the machine had one processor to give")
	idle := Throughput{Goal: 1.9, Ratios: []float64{1.9}, Machine: []float64{1.9}}
	assert.True(t, idle.Met())
	assert.True(t, idle.Possible())
	assert.False(t, (&Drain{GoalNS: 100, PerNS: []float64{101}}).Met())
	assert.False(t, (&Drain{GoalNS: 100, PerNS: []float64{50}, Expected: 2, Drained: 1}).Met())
}

func BenchmarkUnit(b *testing.B) { Unit()(b.N) }

func BenchmarkSubmit(b *testing.B) {
	for _, w := range Workloads() {
		b.Run("kind="+strings.ReplaceAll(w.Name, " ", "_"), func(b *testing.B) {
			client, err := NewClient()
			require.NoError(b, err)
			defer client.Close()
			submit := w.New(client)
			submit(1000)
			b.ReportAllocs()
			b.ResetTimer()
			submit(b.N)
		})
	}
}
