package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/shardstats/shardstats/bench/benchfmt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestARunWritesTablesRoundsPlotsAndReadme(t *testing.T) {
	dir := t.TempDir()
	readme := filepath.Join(dir, "README.md")
	require.NoError(t, os.WriteFile(readme, []byte("# x\n<!-- peers -->\n<!-- /peers -->\n"), 0o600))
	o := options{
		budget: time.Millisecond, workloads: "^bound counter,", library: "^client_golang$|^atomic",
		out: filepath.Join(dir, "results"), name: "some", plots: filepath.Join(dir, "docs", "plots"), readme: readme,
	}
	var out, told bytes.Buffer
	require.NoError(t, run(t.Context(), o, &out, &progress{out: &told}))
	assert.Contains(t, out.String(), "| **shardstats** |")
	assert.Contains(t, told.String(), "2 of 2, 0s left: bound counter, 2 goroutines\n")

	tables, err := os.ReadFile(filepath.Join(o.out, "some.md"))
	require.NoError(t, err)
	assert.Equal(t, out.String(), string(tables))
	raw, err := os.ReadFile(filepath.Join(o.out, "some.txt"))
	require.NoError(t, err)
	config, lines, err := benchfmt.Parse(string(raw))
	require.NoError(t, err)
	assert.NotEmpty(t, config["kernel"])
	assert.Len(t, lines, 2*5*4, "two workloads of five rounds: U, ours and two peers")
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	assert.Contains(t, string(text), "](docs/plots/peers-bound-counter.svg)")
	assert.FileExists(t, filepath.Join(o.plots, "peers-bound-counter.svg"))
}

func TestTheListNamesEverything(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), options{list: true, budget: time.Second}, &out, &progress{}))
	for _, want := range []string{"bound counter, 1 goroutine\n", "while flushing", "datadog-go\n"} {
		assert.Contains(t, out.String(), want)
	}
}

func TestWrongFlagsAreNamed(t *testing.T) {
	for want, o := range map[string]options{
		"-budget 0s":          {},
		"-run: ":              {budget: 1, workloads: "("},
		"-lib: ":              {budget: 1, library: "("},
		"-run nothing: no ":   {budget: 1, workloads: "nothing"},
		"the line \"<!-- pee": {budget: 1, workloads: "^bound counter, 1 g", library: "^$", out: t.TempDir(), readme: blank(t)},
	} {
		assert.ErrorContains(t, run(t.Context(), o, new(bytes.Buffer), &progress{out: new(bytes.Buffer)}), want)
	}
}

func blank(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "README.md")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	return path
}

func TestARunThatIsEndedWritesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := options{budget: time.Hour, workloads: "^bound counter, 1 g", library: "^$", out: filepath.Join(t.TempDir(), "results"), name: "x"}
	require.ErrorIs(t, run(ctx, o, new(bytes.Buffer), &progress{out: new(bytes.Buffer)}), context.Canceled)
	assert.NoDirExists(t, o.out)
}

func TestATerminalHasABar(t *testing.T) {
	var out bytes.Buffer
	p := &progress{out: &out, terminal: true}
	p.tell(0, 2, "first", time.Minute)
	p.tell(1, 2, "second", time.Second)
	p.close()
	assert.True(t, strings.Contains(out.String(), "second"))
	(&progress{}).close()
}
