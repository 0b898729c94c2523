package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/shardstats/shardstats/bench/tune"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// parsed returns what a command line says.
func parsed(t *testing.T, args ...string) (*flags, error) {
	t.Helper()
	f := new(flags)
	parser, err := kong.New(f, defaults())
	require.NoError(t, err)
	_, err = parser.Parse(args)
	return f, err
}

func TestWithoutFlagsEverythingIsThePackagesDefault(t *testing.T) {
	f, err := parsed(t)
	require.NoError(t, err)
	w, p, err := f.read()
	require.NoError(t, err)
	assert.Equal(t, tune.DefaultWorkload(), w)
	assert.Equal(t, tune.Standard, p)
}

func TestFlagsAreTaken(t *testing.T) {
	log := filepath.Join(t.TempDir(), "a.log")
	require.NoError(t, os.WriteFile(log, nil, 0o600))
	f, err := parsed(t, "--goroutines=5", "--series=7", "--tags=2", "--mix=set=1,counter=2", "--strings=built", "--log", log, "--observations=9",
		"--rollup=1m", "--budget=3s", "--quantile=0.5", "--rank-error=0.2", "--flush-cost=0.3", "--memory=4", "--min-gain=0.1", "--plant=shards=1:+50%")
	require.NoError(t, err)
	w, p, err := f.read()
	require.NoError(t, err)
	assert.Equal(t, tune.Workload{
		Goroutines: 5, Series: 7, Tags: 2, Mix: tune.Mix{Counter: 2, Set: 1}, Strings: tune.Built, Log: log, Observations: 9, Rollup: time.Minute,
	}, w)
	want := tune.Standard
	want.Budget, want.Rule.MinGain, want.Plant = 3*time.Second, 0.1, &tune.Plant{Option: "shards", Value: 1, Share: 0.5}
	want.Limits.Quantile, want.Limits.RankError, want.Limits.FlushCost, want.Limits.Held = 0.5, 0.2, 0.3, 4e6
	assert.Equal(t, want, p)
}

func TestFlagsThatAreWrongAreNamed(t *testing.T) {
	for _, test := range [][2]string{
		{"--mix=timer=1", `kind "timer"`}, {"--strings=lent", `--strings must be one of "bound","kept","built"`}, {"--log=no/such.log", "no/such.log"},
	} {
		_, err := parsed(t, test[0])
		assert.ErrorContains(t, err, test[1])
	}
	f, err := parsed(t, "--plant=shards")
	require.NoError(t, err)
	_, _, err = f.read()
	assert.ErrorContains(t, err, "write shards=4:+20%")
	assert.ErrorContains(t, run(t.Context(), f), "write shards=4:+20%")
}

func TestAPlaceThatCannotBeWrittenIsFoundBeforeMeasuring(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	f := &flags{JSON: filepath.Join(folder, "a.json"), HTML: filepath.Join(folder, "none", "a.html")}
	assert.ErrorContains(t, f.writable(), "none")
	f.HTML = filepath.Join(file, "a.html")
	assert.ErrorContains(t, f.writable(), "is not a folder")
	f.HTML = filepath.Join(folder, "a.html")
	assert.NoError(t, f.writable())
}

func TestALogGetsALineForEachTenthAndStage(t *testing.T) {
	var out bytes.Buffer
	p := progressOn(&out, false)
	for i := range 100 {
		p.tell(tune.Progress{Stage: "shards", Done: float64(i) / 400, Left: time.Minute})
	}
	p.tell(tune.Progress{Stage: "reservoirs", Done: 0.25, Left: 30*time.Second + time.Millisecond})
	p.close()
	assert.Equal(t, "  0 %  shards, 1m0s left\n 10 %  shards, 1m0s left\n 20 %  shards, 1m0s left\n 25 %  reservoirs, 30s left\n", out.String())
}

func TestATerminalGetsABarWithTheTimeLeft(t *testing.T) {
	var out bytes.Buffer
	p := progressOn(&out, true)
	p.tell(tune.Progress{Stage: "shards", Done: 0.5, Left: 61 * time.Second})
	p.close()
	assert.Contains(t, out.String(), "1m1s left")
	assert.Contains(t, out.String(), "50%")
}
