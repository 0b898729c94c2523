package servers

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseInspect(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want map[string][]float64
	}{
		"nothing":         {"{}\n", map[string][]float64{}},
		"one line":        {"{ a: 1, 'b.c': -2.5e+21 }\n", map[string][]float64{"a": {1}, "b.c": {-2.5e21}}},
		"several lines":   {"{\n  'a.b': 0,\n  c: [ 1, 2 ],\n  d: []\n}\n", map[string][]float64{"a.b": {0}, "c": {1, 2}, "d": {}}},
		"array over rows": {"{ a: [\n    1, 2,\n    3\n  ] }", map[string][]float64{"a": {1, 2, 3}}},
		"quotes in names": {`{ "it's": 1, 'a"b': 2, 'a\'b"': 3 }`, map[string][]float64{"it's": {1}, `a"b`: {2}, `a'b"`: {3}}},
		"infinity":        {"{ a: -Infinity }", map[string][]float64{"a": {math.Inf(-1)}}},
	} {
		got, err := parseInspect(test.text)
		require.NoError(t, err, name)
		assert.Equal(t, test.want, got, name)
	}
	for name, text := range map[string]string{
		"cut":       "{ a: 1, ",
		"shortened": "{ a: [ 1, ... 7 more items ] }",
		"no number": "{ a: x }",
		"more":      "{ a: 1 } b",
		"no comma":  "{ a: 1 b: 2 }",
		"nothing":   "",
	} {
		_, err := parseInspect(text)
		assert.Error(t, err, name)
	}
}

func TestParseExposition(t *testing.T) {
	got, err := parseExposition("# TYPE a counter\na 1\nb{x=\"y z\"} +Inf\n\n")
	require.NoError(t, err)
	assert.Equal(t, map[string]float64{"a": 1, `b{x="y z"}`: math.Inf(1)}, got)
	for _, page := range []string{"a", "a b", "a 1\na 2"} {
		_, err := parseExposition(page)
		assert.Error(t, err, page)
	}
}
