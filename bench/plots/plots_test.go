package plots_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/bench/plots"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func curves() []plots.Curve {
	return []plots.Curve{
		{Name: "p50", X: []float64{1, 2, 4, 8}, Y: []float64{40, 20, 18, 19}, Low: []float64{38, 19, 17, 18}, High: []float64{44, 22, 20, 21}},
		{Name: "p99.9", X: []float64{1, 2, 4, 8}, Y: []float64{400, 300, 310, 330}},
	}
}

func bars() []plots.Curve {
	return []plots.Curve{
		{Name: "ours", Y: []float64{5, 30}, Low: []float64{4, 29}, High: []float64{6, 33}},
		{Name: "theirs", Y: []float64{50, math.NaN()}},
	}
}

// texts returns the character data of a document, and an error if it is not XML.
func texts(svg []byte) ([]string, error) {
	var found []string
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		if data, ok := token.(xml.CharData); ok && strings.TrimSpace(string(data)) != "" {
			found = append(found, string(data))
		}
	}
}

func TestLinesShowEachCurveItsNameAndItsSpread(t *testing.T) {
	svg, err := plots.Lines("Cost of a submission", "shards", "ns", plots.LogX|plots.LogY, curves()...)
	require.NoError(t, err)
	words, err := texts(svg)
	require.NoError(t, err)
	for _, want := range []string{"Cost of a submission", "shards", "ns", "p50", "p99.9", "1", "2", "4", "8", "10", "100"} {
		assert.Contains(t, words, want)
	}
	assert.Equal(t, 1, bytes.Count(svg, []byte("fill-opacity")), "one of the two has a spread")
	assert.True(t, bytes.HasPrefix(svg, []byte("<svg ")), "HTML allows no prologue")
	assert.NotContains(t, string(svg), "xlink")
}

func TestBarsShowEachGroupAndLeaveAGapForNaN(t *testing.T) {
	svg, err := plots.Bars("Histograms", "ns", []string{"bound", "by name"}, plots.LogY, bars()...)
	require.NoError(t, err)
	words, err := texts(svg)
	require.NoError(t, err)
	for _, want := range []string{"Histograms", "ns", "bound", "by name", "ours", "theirs"} {
		assert.Contains(t, words, want)
	}
	// Each bar and the sample in the legend is a filled path.
	assert.Equal(t, 2+1, bytes.Count(svg, []byte(`style="fill:#0072B2"`)))
	assert.Equal(t, 1+1, bytes.Count(svg, []byte(`style="fill:#D55E00"`)))
}

func TestOneCurveNeedsNoLegend(t *testing.T) {
	svg, err := plots.Lines("t", "x", "y", 0, plots.Curve{Name: "alone", X: []float64{1, 2}, Y: []float64{0, 0}})
	require.NoError(t, err)
	words, err := texts(svg)
	require.NoError(t, err)
	assert.NotContains(t, words, "alone")
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	first, err := plots.Lines("t", "x", "y", plots.LogX, curves()...)
	require.NoError(t, err)
	again, err := plots.Lines("t", "x", "y", plots.LogX, curves()...)
	require.NoError(t, err)
	assert.Equal(t, first, again)
	first, err = plots.Bars("t", "y", []string{"a", "b"}, 0, bars()...)
	require.NoError(t, err)
	again, err = plots.Bars("t", "y", []string{"a", "b"}, 0, bars()...)
	require.NoError(t, err)
	assert.Equal(t, first, again)
}

// A plot is put inside HTML as it is, so no text may leave its element.
func TestTextsAreEscaped(t *testing.T) {
	const hostile = `</text><script>alert("1")</script>&]]>`
	line := plots.Curve{Name: hostile, X: []float64{1}, Y: []float64{1}}
	svg, err := plots.Lines(hostile, hostile, hostile, 0, line, line)
	require.NoError(t, err)
	words, err := texts(svg)
	require.NoError(t, err)
	assert.Contains(t, words, hostile)
	assert.NotContains(t, string(svg), "<script")
	svg, err = plots.Bars(hostile, hostile, []string{hostile}, 0, line, line)
	require.NoError(t, err)
	_, err = texts(svg)
	require.NoError(t, err)
	assert.NotContains(t, string(svg), "<script")
}

func TestWhatCannotBeDrawnIsNamed(t *testing.T) {
	many := make([]plots.Curve, 17)
	one := func(c plots.Curve) []plots.Curve { return []plots.Curve{c} }
	two := []float64{1, 2}
	for name, test := range map[string]struct {
		scale  plots.Scale
		curves []plots.Curve
		want   string
	}{
		"no curve":              {0, nil, `"t" has 0 curves: give 1 to 16`},
		"too many curves":       {0, many, "has 17 curves"},
		"an unknown scale":      {8, many[:1], "scale 8"},
		"no points":             {0, one(plots.Curve{Name: "c"}), `"t", curve "c": 0 places and 0 values`},
		"fewer values":          {0, one(plots.Curve{X: two, Y: two[:1]}), "2 places and 1 values"},
		"places out of order":   {0, one(plots.Curve{X: []float64{2, 1}, Y: two}), "X[1] is 1 after 2"},
		"no number":             {0, one(plots.Curve{X: two, Y: []float64{1, math.NaN()}}), "Y[1] is NaN"},
		"infinity":              {0, one(plots.Curve{X: two, Y: []float64{1, math.Inf(1)}}), "Y[1] is +Inf"},
		"zero on a log scale":   {plots.LogY, one(plots.Curve{X: two, Y: []float64{0, 1}}), "Y[0] is 0: a logarithmic axis"},
		"a place at zero":       {plots.LogX, one(plots.Curve{X: []float64{0, 1}, Y: two}), "X[0] is 0: a logarithmic axis"},
		"half a spread":         {0, one(plots.Curve{X: two, Y: two, Low: two}), "2 low and 0 high ends"},
		"a spread beside":       {0, one(plots.Curve{X: two, Y: two, Low: two, High: []float64{1, 1}}), "the spread 2 to 1 is not around Y[1], 2"},
		"a spread without ends": {0, one(plots.Curve{X: two, Y: two, Low: two, High: []float64{1, math.NaN()}}), "High[1] is NaN"},
	} {
		_, err := plots.Lines("t", "x", "y", test.scale, test.curves...)
		assert.ErrorContains(t, err, test.want, name)
	}
	_, err := plots.Bars("t", "y", nil, 0, plots.Curve{})
	assert.ErrorContains(t, err, "0 values for 0 groups")
	_, err = plots.Bars("t", "y", []string{"a"}, plots.LogX, plots.Curve{Y: two[:1]})
	assert.ErrorContains(t, err, "leave LogX out")
}

// Whatever passes the checks is drawn: no panic of an axis, no NaN among the
// coordinates, and well-formed.
func TestEverythingThatPassesIsDrawn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scale := plots.Scale(rapid.IntRange(0, 3).Draw(t, "scale"))
		low := -1e100
		if scale != 0 {
			low = 1e-100
		}
		number := rapid.Float64Range(low, 1e100)
		draw := func(of string) plots.Curve {
			x := rapid.SliceOfNDistinct(number, 1, 5, rapid.ID).Draw(t, of+" x")
			y := rapid.SliceOfN(number, len(x), len(x)).Draw(t, of+" y")
			return plots.Curve{Name: rapid.String().Draw(t, of), X: sorted(x), Y: y}
		}
		all := []plots.Curve{draw("a"), draw("b")}
		svg, err := plots.Lines(rapid.String().Draw(t, "title"), "x", "y", scale, all...)
		if err != nil {
			t.Skip(err) // numbers too near 0
		}
		words, err := texts(svg)
		require.NoError(t, err)
		require.NotEmpty(t, words)
		require.NotContains(t, string(svg), "NaN,")
		require.NotContains(t, string(svg), "Inf,")

		groups := make([]string, len(all[0].Y))
		svg, err = plots.Bars("t", "y", groups, scale&plots.LogY, plots.Curve{Y: all[0].Y})
		require.NoError(t, err)
		_, err = texts(svg)
		require.NoError(t, err)
	})
}

func sorted(values []float64) []float64 {
	slices.Sort(values)
	return values
}
