package tune

import (
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
)

// flat are rounds that cost the same everywhere, but for a spread.
func flat(cost float64) Rounds {
	rounds := make(Rounds, 12)
	for b := range rounds {
		rounds[b] = []float64{cost * (1 + 0.001*float64(b%3)), cost}
	}
	return rounds
}

func measured(costs map[int]float64) []Measured {
	var all []Measured
	for _, v := range []int{1, 2, 4, 8} {
		all = append(all, Measured{Value: v, Rounds: flat(costs[v]), Heap: []float64{100 * float64(v)}, latency: hdr.New(1, 2, 1)})
	}
	return all
}

func TestTheLineAboutShardsSaysWhatToDoAndWhy(t *testing.T) {
	line := func(costs map[int]float64) Advice {
		all := measured(costs)
		return adviseShards(Choose(candidates(all), 2, DefaultRule), all)
	}
	keep := line(map[int]float64{1: 50, 2: 50, 4: 50, 8: 50})
	assert.Zero(t, keep.Value)
	assert.Regexp(t, `^no difference above noise: keep the default \(2 shards\); at most WithShards\(\d\) is 1\.00 times as fast \(.* to .*, 98\.33 % interval\)$`, keep.Because)

	use := line(map[int]float64{1: 50, 2: 60, 4: 40, 8: 40})
	assert.Equal(t, 4, use.Value)
	assert.Regexp(t, `^use WithShards\(4\) because it is 1\.50 times as fast as the default of 2 \(1\.50 to 1\.50, 98\.33 % interval\), at 2\.00 times the memory of a series$`, use.Because)

	slow := line(map[int]float64{1: 100, 2: 50, 4: 50, 8: 50})
	assert.Zero(t, slow.Value)
	assert.Contains(t, slow.Because, "; WithShards(1) is slower: 0.50 times as fast (0.50 to 0.50,")

	few := adviseShards(Verdict{Value: 2, Default: 2, TooFew: true}, measured(map[int]float64{}))
	assert.Contains(t, few.Because, "too few blocks")
}

func TestTheSmallestAccurateReservoirIsTakenIfItSavesSomething(t *testing.T) {
	rows := func() []reservoirRow {
		return []reservoirRow{
			{size: 128, expected: 0.02, heap: 128}, {size: 512, expected: 0.008, heap: 512},
			{size: 1000, expected: 0.006, heap: 1000}, {size: 4000, expected: 0.003, heap: 4000},
		}
	}
	limits := DefaultLimits
	a := adviseReservoir(rows(), 1000, limits)
	assert.Equal(t, 512, a.Value)
	assert.Equal(t, "use WithReservoirSize(512) because the 99 % quantile stays within 1 % of the ranks (0.8 %) at 0.51 times the memory of a histogram", a.Because)

	same := rows()
	same[1].heap = 950
	a = adviseReservoir(same, 1000, limits)
	assert.Zero(t, a.Value, "5 % of the memory is not worth it")
	assert.Contains(t, a.Because, "keep the default (WithReservoirSize(1000))")
	same[1].faster = true
	assert.Equal(t, 512, adviseReservoir(same, 1000, limits).Value, "but speed is")

	slow := rows()
	slow[1].slower = true
	assert.Zero(t, adviseReservoir(slow, 1000, limits).Value, "a slower one saves nothing")

	limits.RankError = 0.004
	a = adviseReservoir(rows(), 1000, limits)
	assert.Equal(t, 4000, a.Value)
	assert.Contains(t, a.Because, "(0.3 %; the default's 0.6 %), at 4.00 times the memory")
	limits.RankError = 0.001
	a = adviseReservoir(rows(), 1000, limits)
	assert.Equal(t, 4000, a.Value)
	assert.Contains(t, a.Because, "which is more than the 0.1 % asked for")
}

func TestTheIntervalStaysUnlessItsCostIsAboveTheLimit(t *testing.T) {
	rows := func(costs ...float64) []Flushing {
		all := make([]Flushing, len(costs))
		for i, c := range costs {
			all[i].Interval = intervalSweep[i+2] // 5, 10, 20, 30 s
			for b := range 12 {
				all[i].Cost = append(all[i].Cost, c*(1+0.1*float64(b%3-1)))
				all[i].Held = append(all[i].Held, 1e6*float64(i+1))
			}
		}
		return all
	}
	const standard = 10 * time.Second
	limits := DefaultLimits
	a := adviseInterval(rows(0.02, 0.005, 0.004, 0.003), standard, limits)
	assert.Zero(t, a.Value)
	assert.Equal(t, "keep the default (WithFlushInterval(10s)): flushes take 0.5 % of a processor and the client holds 2 MB, within the limits", a.Because)

	a = adviseInterval(rows(0.04, 0.02, 0.009, 0.005), standard, limits)
	assert.Equal(t, 20, a.Value)
	assert.Contains(t, a.Because, "use WithFlushInterval(20s) because with the default of 10s flushes take 2 % of a processor, above 1 %")

	a = adviseInterval(rows(0.04, 0.0102, 0.004, 0.004), standard, limits)
	assert.Zero(t, a.Value, "noise reaches below the limit")

	a = adviseInterval(rows(0.04, 0.04, 0.04, 0.04), standard, limits)
	assert.Zero(t, a.Value)
	assert.Contains(t, a.Because, "no other interval is within the limits")

	limits.Held = 1.5e6
	a = adviseInterval(rows(0.004, 0.004, 0.004, 0.004), standard, limits)
	assert.Equal(t, 5, a.Value)
	assert.Contains(t, a.Because, "the client holds 2 MB before a flush, above 1.5")
}

func TestTheExpectedRankErrorIsThatOfDrawing(t *testing.T) {
	assert.InDelta(t, 0.00617, RankError(0.99, 1000, 1e9), 0.0001, "1.96 · √(0.99·0.01/1000)")
	assert.Zero(t, RankError(0.99, 1000, 1000))
	assert.InDelta(t, RankError(0.5, 100, 200), RankError(0.5, 100, 1e9)*0.7071, 0.0001)
}

func TestTheQuantileIsTheNearestRankByWeight(t *testing.T) {
	samples := []transport.Sample{{Value: 1, Weight: 1}, {Value: 2, Weight: 97}, {Value: 3, Weight: 2}}
	assert.Equal(t, 1.0, nearestRank(samples, 0.01))
	assert.Equal(t, 2.0, nearestRank(samples, 0.98))
	assert.Equal(t, 3.0, nearestRank(samples, 0.99))
	assert.Zero(t, nearestRank(nil, 0.5))
}

func TestAPlantIsReadAsItIsWritten(t *testing.T) {
	p, err := ParsePlant("shards=4:+20%")
	require.NoError(t, err)
	assert.Equal(t, &Plant{Option: "shards", Value: 4, Share: 0.2}, p)
	assert.Equal(t, "shards=4:+20%", p.String())
	assert.Equal(t, 0.2, p.on("shards", 4))
	assert.Zero(t, p.on("shards", 8))
	assert.Zero(t, p.on("reservoir", 4))
	assert.Zero(t, (*Plant)(nil).on("shards", 4))
	for _, wrong := range []string{"", "shards", "shards=x:+20%", "interval=4:+20%", "shards=4:20%", "shards=4:+20", "shards=4:+-1%", "shards=4:+NaN%"} {
		_, err := ParsePlant(wrong)
		assert.ErrorContains(t, err, "write shards=4:+20%", wrong)
	}
	err = (&Plant{Option: "reservoir", Value: 513, Share: 1}).check()
	assert.ErrorContains(t, err, "plant reservoir=513:+100%: that setting is not among those compared, [128 256 512")
}

// An interval that begins just above 1 has to look it.
func TestALimitShowsOnWhichSideOfOneItIs(t *testing.T) {
	for x, want := range map[float64]string{
		1: "1.00", 1.5: "1.50", 1.004: "1.004", 0.996: "0.996", 0.9951: "0.995", 1.0004: "1.0004", 1.00000001: "1.000000", 0: "0.00",
	} {
		assert.Equal(t, want, limit(x))
	}
}
