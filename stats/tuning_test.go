package stats_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/discard"
)

// tuned writes a file and returns its path.
func tuned(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tune.json")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// here is a recommendation made with this process's GOMAXPROCS.
func here(recommendation string) string {
	return fmt.Sprintf(`{"tuning": 1, "machine": {"gomaxprocs": %d}, "recommendation": {%s}}`, runtime.GOMAXPROCS(0), recommendation)
}

const everything = `"shards": 16, "reservoir_size": 512, "flush_interval_seconds": 20`

func TestATuningSetsWhatItNames(t *testing.T) {
	to := stats.WithTransport(discard.New())
	defaultShards, _, _, err := stats.Configured(to)
	require.NoError(t, err)
	for name, test := range map[string]struct {
		recommendation    string
		shards, reservoir int
		interval          time.Duration
	}{
		"everything":       {everything, 16, 512, 20 * time.Second},
		"nothing":          {``, defaultShards, stats.DefaultReservoirSize, stats.DefaultFlushInterval},
		"nulls":            {`"shards": null, "reservoir_size": null`, defaultShards, stats.DefaultReservoirSize, stats.DefaultFlushInterval},
		"only a reservoir": {`"reservoir_size": 4000`, defaultShards, 4000, stats.DefaultFlushInterval},
		"what it adds":     {`"shards": 4, "later": {"a": [1]}`, 4, stats.DefaultReservoirSize, stats.DefaultFlushInterval},
	} {
		shards, reservoir, interval, err := stats.Configured(to, stats.WithTuning(tuned(t, here(test.recommendation))))
		require.NoError(t, err, name)
		assert.Equal(t, test.shards, shards, name)
		assert.Equal(t, test.reservoir, reservoir, name)
		assert.Equal(t, test.interval, interval, name)
	}
}

func TestOptionsWinOverATuningWhereverTheyStand(t *testing.T) {
	to := stats.WithTransport(discard.New())
	from := stats.WithTuning(tuned(t, here(everything)))
	explicit := []stats.Option{to, stats.WithShards(2), stats.WithReservoirSize(7), stats.WithFlushInterval(time.Second)}
	for _, opts := range [][]stats.Option{append([]stats.Option{from}, explicit...), append(explicit, from)} {
		shards, reservoir, interval, err := stats.Configured(opts...)
		require.NoError(t, err)
		assert.Equal(t, []any{2, 7, time.Second}, []any{shards, reservoir, interval})
	}
	// The last of two files counts.
	shards, _, _, err := stats.Configured(to, from, stats.WithTuning(tuned(t, here(`"shards": 8`))))
	require.NoError(t, err)
	assert.Equal(t, 8, shards)
}

func TestShardsTunedForAnotherMachineAreLeftOutAndLogged(t *testing.T) {
	var log bytes.Buffer
	opts := []stats.Option{stats.WithTransport(discard.New()), stats.WithLogger(slog.New(slog.NewTextHandler(&log, nil)))}
	unchanged, _, _, err := stats.Configured(opts...)
	require.NoError(t, err)
	other := fmt.Sprintf(`{"tuning": 1, "machine": {"gomaxprocs": %d}, "recommendation": {%s}}`, runtime.GOMAXPROCS(0)+3, everything)
	opts = append(opts, stats.WithTuning(tuned(t, other)))
	shards, reservoir, interval, err := stats.Configured(opts...)
	require.NoError(t, err)
	assert.Equal(t, []any{unchanged, 512, 20 * time.Second}, []any{shards, reservoir, interval})
	assert.Contains(t, log.String(), "the number of shards stays at its default; run make tune here")

	log.Reset()
	_, _, _, err = stats.Configured(append(opts, stats.WithShards(4))...)
	require.NoError(t, err)
	assert.Empty(t, log.String(), "what an option has set needs no warning")
}

func TestATuningThatCannotBeUsedIsAnErrorOfNew(t *testing.T) {
	folder := t.TempDir()
	absent := filepath.Join(folder, "absent.json")
	for name, test := range map[string]struct{ path, want string }{
		"missing":            {absent, "write it with make tune, or leave the option out"},
		"no name":            {"", "no file is named"},
		"a folder":           {folder, "not a regular file"},
		"too large":          {tuned(t, strings.Repeat(" ", stats.MaxTuningBytes+1)), "larger than"},
		"no JSON":            {tuned(t, "shards: 4"), "not a JSON object"},
		"an array":           {tuned(t, "[1]"), "not a JSON object"},
		"no version":         {tuned(t, "{}"), `"tuning", the version of the file, is missing`},
		"another version":    {tuned(t, `{"tuning": 2}`), "the file is of version 2, and this library reads 1"},
		"a version in words": {tuned(t, `{"tuning": "1"}`), `the file is of version "1"`},
		"no shards":          {tuned(t, here(`"shards": 0`)), "recommendation.shards is 0: give a whole number from 1 to 256"},
		"too many shards":    {tuned(t, here(`"shards": 257`)), "recommendation.shards is 257"},
		"half a shard":       {tuned(t, here(`"shards": 1.5`)), "recommendation.shards is 1.5"},
		"a huge number":      {tuned(t, here(`"reservoir_size": 1e99`)), "recommendation.reservoir_size is 1e99"},
		"shards in words":    {tuned(t, here(`"shards": "`+strings.Repeat("4", 99)+`"`)), "…: give a whole number"},
		"a long interval":    {tuned(t, here(`"flush_interval_seconds": 3601`)), "recommendation.flush_interval_seconds is 3601"},
		"no processors":      {tuned(t, `{"tuning": 1, "recommendation": {"shards": 4}}`), "machine.gomaxprocs is missing"},
		"no recommendation":  {tuned(t, `{"tuning": 1, "recommendation": 5}`), "recommendation is number, not an object"},
	} {
		_, err := stats.New(stats.WithTransport(discard.New()), stats.WithTuning(test.path))
		assert.ErrorContains(t, err, test.want, name)
		assert.ErrorContains(t, err, "stats: WithTuning(", name)
	}
}

func TestEverythingWrongWithATuningIsNamedAtOnce(t *testing.T) {
	path := tuned(t, here(`"shards": 0, "reservoir_size": -1`))
	_, err := stats.New(stats.WithTuning(path))
	assert.ErrorContains(t, err, "recommendation.shards is 0")
	assert.ErrorContains(t, err, "recommendation.reservoir_size is -1")
	assert.ErrorContains(t, err, "no transport", "and what is wrong with the options")
}

func TestADisabledClientReadsNoTuning(t *testing.T) {
	c, err := stats.New(stats.WithDisabled(), stats.WithTuning("no/such/file"))
	require.NoError(t, err)
	require.NoError(t, c.Close())
}

// What make tune writes is read: the file is one of its own (its package has a
// test that keeps it so).
func TestAFileOfTheTunerIsRead(t *testing.T) {
	text, err := os.ReadFile("testdata/tune.json")
	require.NoError(t, err)
	shards, reservoir, interval, gomaxprocs, err := stats.ParseTuning(text)
	require.NoError(t, err)
	assert.Equal(t, []any{4, 512, 20 * time.Second, 2}, []any{shards, reservoir, interval, gomaxprocs})
}

func FuzzTuning(f *testing.F) {
	f.Add([]byte(here(everything)))
	f.Add([]byte(`{"tuning": 1, "machine": [], "recommendation": {"shards": {}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		shards, reservoir, interval, gomaxprocs, err := stats.ParseTuning(text)
		if err != nil {
			return
		}
		// What is taken is what New takes as options.
		assert.True(t, shards == 0 || 1 <= shards && shards <= 256 && gomaxprocs > 0)
		assert.True(t, 0 <= reservoir && reservoir <= 1<<20)
		assert.True(t, 0 <= interval && interval <= time.Hour)
	})
}

func ExampleWithTuning() {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "tune.json") // as make tune writes it, with more in it
	text := `{"tuning": 1, "recommendation": {"reservoir_size": 512}}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		panic(err)
	}

	c, err := stats.New(
		stats.WithTransport(discard.New()),
		stats.WithTuning(file),
		stats.WithFlushInterval(5*time.Second), // wins over the file
	)
	if err != nil {
		panic(err)
	}
	defer c.Close()
	c.Histogram("body.bytes", 1480)
	// Output:
}
