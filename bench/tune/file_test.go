package tune

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/discard"
)

// example is what a run could have found, with all three recommended.
func example() *File {
	w := DefaultWorkload()
	w.Goroutines = 2
	f := &File{
		Tuning: Version, Workload: w, Limits: DefaultLimits, MinGain: DefaultRule.MinGain, Interval: 0.9833, Series: 1000,
		Machine: Machine{System: "linux/amd64 6.1", Processor: "Example 1", Go: "go1.26", Commit: "abc", GOMAXPROCS: 2},
		Made:    time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Took: 2 * time.Minute,
		Timer:          Latency{P50: 20, P99: 21, P999: 22, P9999: 90, Count: 1000},
		Recommendation: Recommendation{Shards: 4, ReservoirSize: 512, FlushIntervalSeconds: 20},
		Reasons:        Reasons{Shards: "use WithShards(4) because …", ReservoirSize: "use WithReservoirSize(512) because …", FlushInterval: "use WithFlushInterval(20s) because …"},
	}
	row := func(value int, standard bool, speed float64) Row {
		return Row{
			Value: value, Default: standard, PerSecond: Span{19e6 * speed, 20e6 * speed, 21e6 * speed},
			Speed:   Comparison{Value: value, Low: speed - 0.01, Mid: speed, High: speed + 0.01, Faster: speed > 1.03, Slower: speed < 0.97},
			Latency: Latency{P50: 40 / speed, P99: 400, P999: 900, P9999: 4000, Count: 1e6}, SeriesBytes: 600, ClientBytes: 100_000,
			FlushNS: Span{90_000, 100_000, 120_000}, FlushPerSeries: 100, Rounds: Rounds{{50 / speed, 51 / speed}, {52 / speed}},
		}
	}
	f.Shards = []Row{row(1, false, 0.5), row(2, true, 1), row(4, false, 1.3), row(8, false, 1.3)}
	for _, r := range []Row{row(128, false, 1), row(512, false, 1.01), row(1000, true, 1)} {
		expected := RankError(0.99, r.Value, 10_000)
		f.Reservoirs = append(f.Reservoirs, ReservoirRow{Row: r, Expected: expected, Measured: expected * 0.9, Probes: 128, HistogramBytes: float64(40 * r.Value)})
	}
	f.FlushIntervals = []IntervalRow{
		{Seconds: 10, Default: true, Cost: Span{0.01, 0.02, 0.03}, Held: 2e6}, {Seconds: 20, Cost: Span{0.005, 0.006, 0.007}, Held: 3e6},
	}
	return f
}

// theClients is the file that the tests of package stats read.
const theClients = "../../stats/testdata/tune.json"

// TestTheClientsTestFileIsWhatWeWrite keeps writer and reader together: with another
// form of the file one of the two tests fails.
func TestTheClientsTestFileIsWhatWeWrite(t *testing.T) {
	written := filepath.Join(t.TempDir(), "tune.json")
	require.NoError(t, example().Write(written))
	got, err := os.ReadFile(written)
	require.NoError(t, err)
	if os.Getenv("UPDATE_TESTDATA") != "" {
		require.NoError(t, os.MkdirAll(filepath.Dir(theClients), 0o755))
		require.NoError(t, os.WriteFile(theClients, got, 0o644))
	}
	want, err := os.ReadFile(theClients)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got), "UPDATE_TESTDATA=1 writes it anew")
}

func TestAFileIsReadAsItWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tune.json")
	require.NoError(t, example().Write(path))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	read := new(File)
	require.NoError(t, json.Unmarshal(text, read))
	assert.Equal(t, example(), read)
	c, err := stats.New(stats.WithTransport(discard.New()), stats.WithTuning(path))
	require.NoError(t, err)
	require.NoError(t, c.Close())
}

func TestTheFileOfALongRunIsSmallEnoughForTheClient(t *testing.T) {
	blocks := make(Rounds, Standard.Blocks)
	for b := range blocks {
		blocks[b] = slices.Repeat([]float64{100.0 / 3}, 10_000)
	}
	m := &Measured{Value: 2, Rounds: blocks, latency: newHistogram()}
	v := &Verdict{Default: 2, Comparisons: []Comparison{{Value: 2}}}
	f := example()
	f.Shards = slices.Repeat([]Row{f.row(m, v)}, len(shardSweep(1000))+len(reservoirSweep))
	path := filepath.Join(t.TempDir(), "tune.json")
	require.NoError(t, f.Write(path))
	c, err := stats.New(stats.WithTransport(discard.New()), stats.WithTuning(path))
	require.NoError(t, err)
	require.NoError(t, c.Close())
}

func TestOnlyWhatDiffersFromTheDefaultIsRecommended(t *testing.T) {
	f := example()
	f.Recommendation = Recommendation{}
	text, err := json.Marshal(f)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"recommendation":{}`)
}

func TestAWriteThatFailsLeavesTheOldFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "sub", "tune.json")
	assert.ErrorContains(t, example().Write(path), "tune: ")
	require.NoError(t, os.Mkdir(filepath.Join(folder, "sub"), 0o755))
	require.NoError(t, example().Write(path))
	require.NoError(t, example().Write(path), "again")
	left, err := os.ReadDir(filepath.Join(folder, "sub"))
	require.NoError(t, err)
	assert.Len(t, left, 1, "nothing lies beside it")
}

func TestTheTableShowsFiguresAndOneLineForEachOption(t *testing.T) {
	text := example().Table()
	assert.Contains(t, text, "linux/amd64 6.1 · Example 1, GOMAXPROCS 2 · go1.26 · commit abc\n")
	assert.Contains(t, text, "2 goroutines, 1000 series with 3 tags, counter=70,gauge=10,histogram=20, strings kept; 10000 observations")
	assert.Regexp(t, `(?m)^ +2 \* +20\.0 M +– +40 ns +400 ns +900 ns +4 µs +600 +100 µs +100 ns$`, text)
	assert.Regexp(t, `(?m)^ +4 ← +26\.0 M +1\.300 \(1\.290–1\.310\) +30\.8 ns`, text)
	assert.Regexp(t, `(?m)^ +512 ← +0\.84 % +0\.76 % +20480 +20\.2 M`, text)
	assert.Regexp(t, `(?m)^ +20s ← +0\.6 % +3\.00 MB$`, text)
	assert.Contains(t, text, "\nshards: use WithShards(4) because …\nreservoir: use WithReservoirSize(512) because …\nflush interval: use WithFlushInterval(20s) because …\n")

	f := example()
	f.Reservoirs, f.Plant, f.LeftOut = nil, "shards=4:+20%", 3
	text = f.Table()
	assert.Contains(t, text, "planted: shards=4:+20%\n")
	assert.Contains(t, text, "3 lines of the log were left out")
	assert.NotContains(t, text, "rank error")
}

func TestDefaultsAreTheClients(t *testing.T) {
	for procs, want := range map[int]int{1: 1, 2: 2, 3: 4, 8: 8, 9: 16, 1000: 256} {
		assert.Equal(t, want, defaultShards(procs), procs)
	}
	assert.Equal(t, []int{1, 2, 4}, shardSweep(1))
	assert.Equal(t, []int{1, 2, 4, 8, 16}, shardSweep(3))
	assert.Equal(t, 256, shardSweep(1000)[8])
	s := DefaultSetting()
	assert.Equal(t, defaultShards(runtime.GOMAXPROCS(0)), s.Shards)
	// The table of defaults is generated from the library's constants.
	doc, err := os.ReadFile("../../docs/CONFIGURATION.md")
	require.NoError(t, err)
	assert.Contains(t, string(doc), fmt.Sprintf("| `WithFlushInterval` | %v |", s.Interval))
	assert.Contains(t, string(doc), "| `WithReservoirSize` | 1,000 |")
	assert.Equal(t, 1000, s.ReservoirSize)
	assert.Contains(t, string(doc), fmt.Sprintf("| next power of two from GOMAXPROCS | 1 to %d |", maxShards))
	assert.Contains(t, reservoirSweep, s.ReservoirSize)
	assert.Contains(t, intervalSweep, s.Interval)
}
