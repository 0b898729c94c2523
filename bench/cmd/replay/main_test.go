package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const goldenFile = "../../replay/testdata/threadstats.json"

// outcome is what one run did.
type outcome struct {
	status          int
	out, complaints string
}

func command(t *testing.T, in string, args ...string) outcome {
	t.Helper()
	var out, complaints bytes.Buffer
	status := run(t.Context(), args, strings.NewReader(in), &out, &complaints)
	return outcome{status, out.String(), complaints.String()}
}

const sample = `# a sample
{"op":"increment","metric_name":"page.views","value":2,"timestamp":1577872801,"tags":["env:prod"]}
{"op":"distribution","metric_name":"cart","value":2.5,"timestamp":1577872803}
{"op":"flush","at":1577872805}
{"op":"flush","at":1577872810}
{"op":"increment","metric_name":"page.views","value":5,"timestamp":1577872801,"tags":["env:prod"]}
`

func TestALogIsPrintedFlushByFlush(t *testing.T) {
	r := command(t, sample, "-namespace", "ns", "-tags", "k:v,x", "-device", "dev0")
	assert.Zero(t, r.status)
	assert.Empty(t, r.complaints)
	assert.Equal(t, `== flush at 1577872805

-- ThreadStats profile: nothing

-- default profile: nothing

== flush at 1577872810

-- ThreadStats profile
POST /api/v1/series
{"series": [
  {"metric":"ns.page.views","points":[[1577872800,0.2]],"type":"rate","host":null,"device":"dev0","tags":["env:prod","k:v","x"],"interval":10}
]}
POST /api/v1/distribution_points
{"series": [
  {"metric":"ns.cart","points":[[1577872800,[2.5]]],"type":"distribution","host":null,"device":"dev0","tags":["k:v","x"],"interval":10}
]}

-- default profile
POST /api/v1/series
{"series": [
  {"metric":"ns.page.views","points":[[1577872800,2]],"type":"count","host":null,"device":"dev0","tags":["env:prod","k:v","x"],"interval":10}
]}
POST /api/v1/distribution_points
{"series": [
  {"metric":"ns.cart","points":[[1577872800,[2.5]]],"type":"distribution","host":null,"device":"dev0","tags":["k:v","x"],"interval":10}
]}

== at the end of the log

-- ThreadStats profile
POST /api/v1/series
{"series": [
  {"metric":"ns.page.views","points":[[1577872800,0.7]],"type":"rate","host":null,"device":"dev0","tags":["env:prod","k:v","x"],"interval":10}
]}

-- default profile
POST /api/v1/series
{"series": [
  {"metric":"ns.page.views","points":[[1577872800,7]],"type":"count","host":null,"device":"dev0","tags":["env:prod","k:v","x"],"interval":10}
]}

`, r.out)
}

func TestOneProfile(t *testing.T) {
	r := command(t, sample, "-profile", "threadstats", "-rollup", "5s", "-")
	assert.Zero(t, r.status)
	assert.Contains(t, r.out, `[[1577872800,0.4]],"type":"rate"`)
	assert.NotContains(t, r.out, "default profile")

	r = command(t, sample, "-profile", "default")
	assert.Zero(t, r.status)
	assert.Contains(t, r.out, `[[1577872800,2]],"type":"count"`)
	assert.NotContains(t, r.out, "ThreadStats profile")
}

func TestTheLateWindowIsTheLogs(t *testing.T) {
	log := `{"op":"increment","metric_name":"c","timestamp":100}
{"op":"flush","at":110}
{"op":"flush","at":1000}
{"op":"increment","metric_name":"c","timestamp":100}
{"op":"flush","at":1010}
`
	r := command(t, log, "-profile", "default")
	assert.Zero(t, r.status)
	assert.NotContains(t, r.out, "[[100,2]]")
	assert.Contains(t, r.out, "dropped: 1 points, late_unmerged, default profile\n")
	r = command(t, log, "-profile", "default", "-late", "1h")
	assert.Contains(t, r.out, "[[100,2]]")
	assert.NotContains(t, r.out, "dropped")
}

func TestTheEnvironmentIsReadIfAsked(t *testing.T) {
	t.Setenv("DD_ENV", "staging")
	assert.NotContains(t, command(t, sample).out, "staging")
	assert.Contains(t, command(t, sample, "-env").out, `"tags":["env:prod","env:staging"]`)
}

func TestAWrongLineIsNamedAndTheOthersReplayed(t *testing.T) {
	r := command(t, "oops\n"+sample+`{"op":"gauge","metric_name":"g"}`+"\n"+
		`{"op":"gauge","metric_name":"g","value":1,"timestamp":1577872801,"sample_rate":1}`)
	assert.Equal(t, 1, r.status)
	assert.Equal(t, `replay: line 1: invalid character 'o' looking for beginning of value
replay: line 8: gauge without "value"
replay: 6 lines replayed, 2 wrong and left out
`, r.complaints)
	assert.Contains(t, r.out, `"metric":"page.views","points":[[1577872800,7]]`)
	assert.Contains(t, r.out, `"metric":"g","points":[[1577872800,1]]`)
}

func TestWhatIsRefusedIsSaid(t *testing.T) {
	r := command(t, `{"op":"increment","metric_name":"c","sample_rate":7}`, "-quiet")
	assert.Equal(t, outcome{0, "refused: 1 submissions, bad_rate\n", ""}, r)
}

func TestOneScenario(t *testing.T) {
	r := command(t, "", "-scenario", "flush_inf", goldenFile)
	assert.Zero(t, r.status)
	assert.Contains(t, r.out, "== scenario flush_inf\n== flush_inf, flush at inf\n")
	assert.Contains(t, r.out, `"points":[[10000000000,0.1]],"type":"rate"`)
	assert.Contains(t, r.out, `"points":[[10000000000,1]],"type":"count"`)
	assert.Contains(t, r.out, "flush_inf: equal\n")

	r = command(t, "", "-scenario", "flush_inf", "-profile", "default", goldenFile)
	assert.Zero(t, r.status)
	assert.Contains(t, r.out, "flush_inf: not compared: the ThreadStats profile was not asked for\n")
	assert.Contains(t, r.out, "no scenario compared\n")
}

// A file that claims something else than what comes out: the exit status says so,
// also where a known difference is not the one that is known.
func TestScenariosThatDiffer(t *testing.T) {
	text, err := os.ReadFile(goldenFile)
	require.NoError(t, err)
	for _, c := range []struct{ scenario, old, new, says string }{
		{"seed_roll5", `[[1577871015,0.2]]`, `[[1577871015,0.3]]`, "seed_roll5: DIFFERS\n  flush 1: series: want "},
		{"flush_inf", `"at":"inf","series":[`, `"at":5,"series":[`, "flush_inf: DIFFERS\n  flush 1: want one at 5, got inf"},
		{"late_point_same_bucket_twice", `"points":[[100,0.1]]`, `"points":[[100,0.2]]`, "DIFFERS: and not only since a late point"},
	} {
		at := bytes.Index(text, []byte(`{"name":"`+c.scenario+`"`))
		require.Positive(t, at)
		spoiled := string(text[:at]) + strings.Replace(string(text[at:]), c.old, c.new, 1)
		require.NotEqual(t, string(text), spoiled, c.scenario)
		file := filepath.Join(t.TempDir(), "spoiled.json")
		require.NoError(t, os.WriteFile(file, []byte(spoiled), 0o600))
		r := command(t, "", "-quiet", "-scenario", c.scenario, file)
		assert.Equal(t, 1, r.status)
		assert.Contains(t, r.out, c.says)
		assert.Contains(t, r.out, "1 differ\n")
		// From standard input it is found out what it is, too.
		assert.Equal(t, r, command(t, spoiled, "-quiet", "-scenario", c.scenario))
	}
}

func TestMistakesOfTheCaller(t *testing.T) {
	for says, args := range map[string][]string{
		`-profile "both,": want threadstats, default or both`: {"-profile", "both,"},
		"flag provided but not defined: -colour":              {"-colour"},
		"want one file, got 2":                                {"a", "b"},
		"no such file or directory":                           {"/nonexistent/log"},
		"-scenario: this is a log":                            {"-scenario", "x"},
		`-scenario "x": no such scenario in the file`:         {"-scenario", "x", goldenFile},
		"-rollup, -tags: only for a log":                      {"-tags", "a", "-rollup", "5s", goldenFile},
		"WithRollupInterval(1.5s): give whole seconds":        {"-rollup", "1500ms"},
	} {
		r := command(t, sample, args...)
		assert.Equal(t, 2, r.status, says)
		assert.Contains(t, r.complaints, says)
		assert.Empty(t, r.out)
	}
	r := command(t, `{"scenarios":[{"name":"x","ops":[{"op":"nothing"}]}]}`)
	assert.Equal(t, 2, r.status)
	assert.Contains(t, r.complaints, `op "nothing" is not known`)
}

func TestHelp(t *testing.T) {
	r := command(t, "", "-h")
	assert.Zero(t, r.status)
	assert.Empty(t, r.out)
	for _, text := range []string{"usage: replay [flags] [FILE]", `{"op":"flush","at":1577872810}`, "-profile", "threadstats, default or both", "-scenario", "-rollup"} {
		assert.Contains(t, r.complaints, text)
	}
}

func TestAReaderThatFails(t *testing.T) {
	var out, complaints bytes.Buffer
	in := io.MultiReader(strings.NewReader(sample), brokenReader{})
	assert.Equal(t, 2, run(t.Context(), nil, in, &out, &complaints))
	assert.Contains(t, complaints.String(), "the disk is gone")
	assert.Contains(t, out.String(), "page.views", "what came before was replayed")
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, complaints bytes.Buffer
	assert.Equal(t, 2, run(ctx, []string{"-quiet"}, strings.NewReader(sample), &out, &complaints))
	assert.Contains(t, complaints.String(), "context canceled")
}

// A log is printed while it is written: a flush line shows its requests before
// anything follows it.
func TestALogIsFollowed(t *testing.T) {
	in, write := io.Pipe()
	read, out := io.Pipe()
	done := make(chan int)
	go func() {
		defer out.Close()
		done <- run(t.Context(), []string{"-profile", "default"}, in, out, io.Discard)
	}()
	_, err := io.WriteString(write, `{"op":"gauge","metric_name":"g","value":7,"timestamp":100}`+"\n"+`{"op":"flush","at":110}`+"\n")
	require.NoError(t, err)
	buffer := make([]byte, 1<<16)
	n, err := read.Read(buffer)
	require.NoError(t, err)
	assert.Contains(t, string(buffer[:n]), `"points":[[100,7]]`)
	go io.Copy(io.Discard, read) // ends with the writer
	require.NoError(t, write.Close())
	assert.Zero(t, <-done)
}
