package tune

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tiny measures next to nothing, but all of it.
func tiny() (Workload, Plan) {
	w := DefaultWorkload()
	w.Series, w.Observations, w.Goroutines = 20, 1500, 2
	p := Standard
	p.Budget, p.Round, p.Blocks, p.Rounds, p.Probes = 0, 20*time.Microsecond, 1, 2, 1
	return w, p
}

func TestARunMeasuresEverythingItShows(t *testing.T) {
	w, p := tiny()
	p.Plant = &Plant{Option: "shards", Value: 1, Share: 1}
	var told []Progress
	f, err := Run(t.Context(), w, p, func(p Progress) { told = append(told, p) })
	require.NoError(t, err)
	assert.Equal(t, Version, f.Tuning)
	assert.Equal(t, 20, f.Series)
	assert.Equal(t, "shards=1:+100%", f.Plant)
	assert.Positive(t, f.Timer.P50)

	require.Len(t, f.Shards, len(shardSweep(f.Machine.GOMAXPROCS)))
	blocks := MinBlocks(len(f.Shards), p.Rule)
	defaults := 0
	for _, r := range f.Shards {
		require.Len(t, r.Rounds, blocks)
		for _, block := range r.Rounds {
			assert.Len(t, block, 2)
		}
		if r.Default {
			defaults++
			assert.Equal(t, 1.0, r.Speed.Mid)
		}
		for _, v := range []float64{r.PerSecond.Low, r.Speed.Low, r.Speed.Mid, r.Latency.P99, r.SeriesBytes, r.FlushNS.Mid, r.FlushPerSeries} {
			assert.Positive(t, v)
		}
		assert.Positive(t, r.Latency.Count)
		assert.LessOrEqual(t, r.Latency.P50, r.Latency.P9999)
	}
	assert.Equal(t, 1, defaults)

	require.Len(t, f.Reservoirs, len(reservoirSweep))
	for _, r := range f.Reservoirs {
		assert.Equal(t, probeSeries, r.Probes)
		assert.Positive(t, r.HistogramBytes)
		// A reservoir that could keep all values may still lack pages for some.
		assert.Less(t, r.Measured, 0.1)
	}
	require.Len(t, f.FlushIntervals, len(intervalSweep))
	for _, r := range f.FlushIntervals {
		assert.Positive(t, r.Cost.Mid)
		assert.Positive(t, r.Held)
	}
	for _, line := range f.Lines() {
		assert.Regexp(t, `: (use With|keep the default|no difference above noise: keep the default)`, line)
	}
	assert.Equal(t, Progress{Stage: "done", Done: 1}, told[len(told)-1])
	for i := range told[1:] {
		assert.GreaterOrEqual(t, told[i+1].Done, told[i].Done)
	}
	require.NoError(t, f.WriteHTML(t.TempDir()+"/tune.html"))
	assert.NotEmpty(t, f.Table())
}

func TestAWorkloadWithoutHistogramsNeedsNoReservoir(t *testing.T) {
	w, p := tiny()
	w.Mix, w.Strings = Mix{Counter: 1}, Bound
	f, err := Run(t.Context(), w, p, nil)
	require.NoError(t, err)
	assert.Empty(t, f.Reservoirs)
	assert.Zero(t, f.Recommendation.ReservoirSize)
	assert.Contains(t, f.Reasons.ReservoirSize, "no histogram and no timing")
	_, err = f.HTML()
	require.NoError(t, err)
}

func TestWhatIsWrongWithAPlanIsNamedAtOnce(t *testing.T) {
	w, p := tiny()
	w.Series = 0
	p.Blocks, p.Rule.MinGain, p.Limits.Quantile = 0, 1, 1
	p.Plant = &Plant{Option: "shards", Value: 3, Share: 1}
	_, err := Run(t.Context(), w, p, nil)
	for _, want := range []string{"series 0", "0 blocks of 2 rounds", "least gain 1", "quantile 1", "plant shards=3:+100%"} {
		assert.ErrorContains(t, err, want)
	}
	w, p = tiny()
	w.Log = "no/such.log"
	_, err = Run(t.Context(), w, p, nil)
	assert.ErrorContains(t, err, "no/such.log")
}

func TestARunEndsWithItsContext(t *testing.T) {
	w, p := tiny()
	ctx, stop := context.WithCancel(t.Context())
	_, err := Run(ctx, w, p, func(Progress) { stop() })
	assert.ErrorIs(t, err, context.Canceled)
}

// The simulation does what the background does, as often: the clock runs for as
// long, and all that was submitted is drained and handed out.
func TestFlushesOfAnyTwoIntervalsAreSimulated(t *testing.T) {
	w, _ := tiny()
	l := newMixLoad(&w)
	for _, rollup := range []time.Duration{time.Second, 10 * time.Second, time.Hour} {
		for _, interval := range []time.Duration{time.Second, 10 * time.Second, 30 * time.Second} {
			s := DefaultSetting()
			s.Interval = interval
			cost, held, err := simulateFlushes(t.Context(), l, s, rollup)
			require.NoError(t, err)
			assert.Positive(t, cost, "%v %v", rollup, interval)
			assert.Less(t, cost, 1000.0)
			assert.Positive(t, held)
		}
	}
	assert.Equal(t, 10*time.Second, gcd(20*time.Second, 30*time.Second))
}

func TestAProbeFindsAllValuesOfAReservoirThatKeepsThem(t *testing.T) {
	s := DefaultSetting()
	s.Shards = 1 // else a goroutine may go on in a shard that has few pages yet
	a, err := probe(t.Context(), s, 1, 500, 0.9, rand.New(rand.NewPCG(1, 2)))
	require.NoError(t, err)
	assert.Len(t, a.Errors, probeSeries)
	for _, e := range a.Errors {
		assert.InDelta(t, 0, e, 1e-9)
	}
}

// One round of a planted setting takes its share longer, so the same rounds cannot
// be shorter than what was planted.
func TestAPlantedSettingIsSlower(t *testing.T) {
	w, _ := tiny()
	w.Goroutines = 1
	sub, err := newSubject(t.Context(), newMixLoad(&w), 1, DefaultSetting(), 100)
	require.NoError(t, err)
	defer func() { require.NoError(t, sub.client.Close()) }()
	calls := 0
	sub.submitters = []submitter{counted{&calls}}
	sub.slower = 1
	sub.round(10)
	assert.Equal(t, 10, calls, "the work is the same")
	from := clock()
	spin(from + time.Microsecond)
	assert.GreaterOrEqual(t, clock()-from, time.Microsecond)
}

type counted struct{ calls *int }

func (c counted) submit(n int) { *c.calls += n }
func (counted) bytes() int     { return 0 }

func TestTheTimeLeftGoesByTheBudgetAndThenByWhatWasDone(t *testing.T) {
	assert.Equal(t, 110*time.Second, left(10*time.Second, 2*time.Minute, 0.05))
	assert.Zero(t, left(3*time.Minute, 2*time.Minute, 0.05))
	assert.Equal(t, 3*time.Minute, left(3*time.Minute, 2*time.Minute, 0.5))
	assert.Zero(t, left(3*time.Minute, 2*time.Minute, 1))
}

// Timestamped, sampled and rated submissions wait in memory for a flush, which has
// room for so many: what is measured must not be how they are dropped.
func TestALogWithTimestampsIsPlayedWithoutALoss(t *testing.T) {
	w, p := tiny()
	w.Log = filepath.Join(t.TempDir(), "recorded.log")
	lines := recorded + `{"op":"rate","metric_name":"bytes","value":3,"timestamp":1577872806}` + "\n" +
		`{"op":"histogram","metric_name":"some","value":3,"sample_rate":0.5}` + "\n"
	require.NoError(t, os.WriteFile(w.Log, []byte(lines), 0o600))
	f, err := Run(t.Context(), w, p, nil) // which fails if anything is refused
	require.NoError(t, err)
	assert.Equal(t, 9, f.Series)
	assert.Equal(t, 2, f.LeftOut)
	assert.Contains(t, f.Table(), "2 goroutines playing the log "+w.Log)
	assert.Contains(t, f.Table(), "2 lines of the log were left out")
}

func TestWhatIsRefusedIsAnError(t *testing.T) {
	w, _ := tiny()
	sub, err := newSubject(t.Context(), newMixLoad(&w), 1, DefaultSetting(), 10)
	require.NoError(t, err)
	defer func() { require.NoError(t, sub.client.Close()) }()
	require.NoError(t, sub.refused())
	sub.client.At(time.Unix(1, 0)).Count("old", 1)
	require.NoError(t, sub.client.Flush(t.Context()))
	assert.ErrorContains(t, sub.refused(), "the client refused 1 submissions as too_old")
}
