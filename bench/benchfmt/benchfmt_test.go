package benchfmt_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/bench/benchfmt"
)

func TestALineIsWrittenAsGoTestDoes(t *testing.T) {
	line := benchfmt.Line{
		Name:  benchfmt.Name("Submit", benchfmt.Key{Key: "kind", Value: "bound counter"}, benchfmt.Key{Key: "lib", Value: "client_golang, With(Labels)"}),
		Procs: 2, Iterations: 20_000,
		Values: []benchfmt.Value{{Value: 3.3123, Unit: "ns/op"}, {Value: 0, Unit: "allocs/op"}},
	}
	assert.Equal(t, "BenchmarkSubmit/kind=bound_counter/lib=client_golang_With_Labels-2\t20000\t3.312 ns/op\t0 allocs/op\n", line.String())
	line.Procs = 1
	assert.Contains(t, line.String(), "Labels\t20000", "one processor is not written")
}

func TestFiguresKeepFourDigits(t *testing.T) {
	for want, v := range map[string]float64{"123457": 123456.7, "12.35": 12.345678, "0.001235": 0.0012347, "0": 0, "-1.500": -1.5} {
		line := benchfmt.Line{Name: "X", Values: []benchfmt.Value{{Value: v, Unit: "ns/op"}}}
		assert.Equal(t, "BenchmarkX\t1\t"+want+" ns/op\n", line.String())
	}
}

func TestWhatIsWrittenCanBeRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := benchfmt.Line{
			Name:       benchfmt.Name("Submit", benchfmt.Key{Key: "lib", Value: rapid.String().Draw(t, "library")}, benchfmt.Key{Key: "size", Value: rapid.SampledFrom([]string{"1", "x-1", "x-8", "-3"}).Draw(t, "size")}),
			Procs:      rapid.IntRange(1, 64).Draw(t, "processors"),
			Iterations: rapid.IntRange(1, 1e9).Draw(t, "iterations"),
			Values:     []benchfmt.Value{{Value: rapid.Float64Range(1e-3, 1e9).Draw(t, "value"), Unit: "ns/op"}},
		}
		config, lines, err := benchfmt.Parse(benchfmt.Head(benchfmt.Key{Key: "cpu", Value: "a\nb"}) + "\n" + line.String() + "PASS\n")
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"cpu": "a b"}, config)
		require.Len(t, lines, 1)
		assert.InEpsilon(t, line.Values[0].Value, lines[0].Values[0].Value, 1e-3)
		lines[0].Values = line.Values
		assert.Equal(t, line, lines[0])
	})
}

func TestOtherLinesArePassedOver(t *testing.T) {
	_, lines, err := benchfmt.Parse("=== RUN\nok  \tpkg\t1.2s\nBenchmarking is fun\nNo key: 1\n\nPASS\n")
	require.NoError(t, err)
	assert.Empty(t, lines)
}

func TestABrokenLineIsAnError(t *testing.T) {
	for _, text := range []string{"BenchmarkX", "BenchmarkX 1", "BenchmarkX 1 2", "BenchmarkX many 2 ns/op", "BenchmarkX 1 two ns/op", "BenchmarkX 1 2 ns/op 3"} {
		_, _, err := benchfmt.Parse(text + "\n")
		assert.ErrorContains(t, err, text)
	}
}

func TestTheHeadNamesTheMachine(t *testing.T) {
	config, _, err := benchfmt.Parse(benchfmt.Head(benchfmt.Machine("example/pkg")...))
	require.NoError(t, err)
	for _, key := range []string{"goos", "goarch", "pkg", "cpu", "kernel", "go", "commit"} {
		assert.NotEmpty(t, config[key], key)
	}
}
