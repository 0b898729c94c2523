package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/benchfmt"
	"github.com/shardstats/shardstats/bench/scaling"
)

// flushExample has flushes that cost 10 µs, 20 ns for a live series and 100 ns for a
// touched one.
func flushExample() flushResults {
	r := flushResults{machine: []string{"system: test", "go: go1.26"}}
	wire := scaling.Wire{Name: "quick", GoalNS: 125}
	for _, series := range []int{1000, 10_000} {
		for _, touched := range []int{series, series / 10, 0} {
			ns := 10_000 + 20*float64(series) + 100*float64(touched)
			r.costs = append(r.costs, scaling.FlushCost{Wire: wire, Series: series, Shards: 2, Touched: touched, NS: []float64{ns, ns, ns}})
		}
	}
	b := &scaling.Beside{Wire: wire, Series: scaling.BesideSeries, Flush: []float64{2e9}, P999During: []float64{300}, P999Without: []float64{200}}
	b.During.Record(300)
	b.Without.Record(200)
	r.beside = append(r.beside, b)
	return r
}

func TestTheTableOfFlushes(t *testing.T) {
	r := flushExample()
	table := r.markdown()
	assert.Contains(t, table, "system: test · go: go1.26\n")
	assert.Contains(t, table, "| quick | 1000 | 2 | 1000 | 0.130 (0.130–0.130) | 130 (130–130) | ≤ 125 ns **missed** |\n")
	assert.Contains(t, table, "| quick | 10000 | 2 | 10000 | 1.210 (1.210–1.210) | 121 (121–121) | ≤ 125 ns |\n")
	assert.Contains(t, table, "| quick | 10000 | 2 | 0 | 0.210 (0.210–0.210) | – | – |\n")
	assert.Contains(t, table, "\nquick, within the cache, the line")
	assert.NotContains(t, table, "beyond it")
	assert.Contains(t, table, "| a flush | 10000 |\n| a live series | 20 |\n| a touched series | 100 |\n")
	assert.Contains(t, table, "| 10000 | 2 | 1000 | 0.310 | 0.310 | 0 % |\n")
	assert.Contains(t, table, "| quick | 2.00 | ≤ 1.5 s **missed** | 300 ns, without 200 ns | 300 ns, without 200 ns | 300 ns, without 200 ns | 1.50 (1.50–1.50) |\n")
	assert.Contains(t, r.raw(), "\nBenchmarkFlush/sent=quick/series=1000/shards=2/touched=1000\t1\t130000 ns/op\n")
	_, lines, err := benchfmt.Parse(r.raw())
	require.NoError(t, err)
	assert.GreaterOrEqual(t, len(lines), 3*len(r.costs), "a line for each round")
}

func TestThePlotOfFlushes(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "plots")
	r := flushExample()
	slow := r.costs[0]
	slow.Wire.Name, slow.Shards = "slow", 64
	r.costs = append(r.costs, slow)
	require.NoError(t, r.draw(folder))
	svg, err := os.ReadFile(filepath.Join(folder, "scaling-flush.svg"))
	require.NoError(t, err)
	assert.Contains(t, string(svg), "quick, 2 shards")
	assert.Contains(t, string(svg), "slow, 64 shards")
}

func TestSharesHaveASignUnlessTheyAreNone(t *testing.T) {
	for share, want := range map[float64]string{0: "0 %", -0.004: "0 %", 0.004: "0 %", 0.216: "+22 %", -0.05: "-5 %"} {
		assert.Equal(t, want, offBy(share))
	}
}

func TestListsOfNumbers(t *testing.T) {
	all, err := numbers("-series", "1,20", nil)
	require.NoError(t, err)
	assert.Equal(t, []int{1, 20}, all)
	all, err = numbers("-series", "", []int{7})
	require.NoError(t, err)
	assert.Equal(t, []int{7}, all)
	for _, bad := range []string{"0", "1,", "x", "-1", "99999999"} {
		_, err = numbers("-series", bad, nil)
		assert.ErrorContains(t, err, "-series "+bad)
	}
}

func TestAProfileThatCannotBeWrittenIsAnError(t *testing.T) {
	_, err := profileTo(filepath.Join(t.TempDir(), "none", "profile"))
	assert.Error(t, err)
	stop, err := profileTo("")
	require.NoError(t, err)
	assert.NoError(t, stop())
}
