package plots

import (
	"errors"
	"fmt"
	"math"
)

// Curve is what one colour shows.
type Curve struct {
	Name string
	// X are the places of the points of Lines, in ascending order. Bars ignores it.
	X []float64
	// Y are the values: one for each X, or one for each group of bars, where NaN
	// leaves a gap.
	Y []float64
	// Low and High are the ends of the spread around each Y. Without any there is
	// none.
	Low, High []float64
}

// Scale says which axes are logarithmic. The zero Scale has none.
type Scale uint8

// The logarithmic axes; LogX | LogY are both.
const (
	LogX Scale = 1 << iota
	LogY
)

// Lines draws curves over a numeric axis. The spread is a band.
func Lines(title, x, y string, scale Scale, curves ...Curve) ([]byte, error) {
	if err := checkAll(title, scale, curves, func(c *Curve) error { return c.checkLine(scale) }); err != nil {
		return nil, err
	}
	return drawLines(title, x, y, scale, curves), nil
}

// Bars draws, for each group, one bar of each curve. The spread is a whisker.
func Bars(title, y string, groups []string, scale Scale, bars ...Curve) ([]byte, error) {
	check := func(c *Curve) error { return c.checkBars(len(groups), scale) }
	if scale&LogX != 0 {
		return nil, fmt.Errorf("plots: %q: bars stand on groups, which have no logarithm: leave LogX out", title)
	}
	if err := checkAll(title, scale, bars, check); err != nil {
		return nil, err
	}
	return drawBars(title, y, groups, scale, bars), nil
}

// checkAll returns one error for each curve that cannot be drawn, joined.
func checkAll(title string, scale Scale, curves []Curve, check func(*Curve) error) error {
	if scale > LogX|LogY {
		return fmt.Errorf("plots: %q: scale %d: give 0, LogX, LogY or both", title, scale)
	}
	if len(curves) == 0 || len(curves) > len(palette) {
		return fmt.Errorf("plots: %q has %d curves: give 1 to %d, which is how many colours can be told apart", title, len(curves), len(palette))
	}
	var errs []error
	for i := range curves {
		if err := check(&curves[i]); err != nil {
			errs = append(errs, fmt.Errorf("plots: %q, curve %q: %w", title, curves[i].Name, err))
		}
	}
	return errors.Join(errs...)
}

func (c *Curve) checkLine(scale Scale) error {
	if len(c.X) != len(c.Y) || len(c.X) == 0 {
		return fmt.Errorf("%d places and %d values: give as many of both, at least 1", len(c.X), len(c.Y))
	}
	for i, x := range c.X {
		if i > 0 && x <= c.X[i-1] {
			return fmt.Errorf("the place X[%d] is %v after %v: give ascending places", i, x, c.X[i-1])
		}
		if err := check("X", i, x, scale&LogX != 0); err != nil {
			return err
		}
		if math.IsNaN(c.Y[i]) {
			return fmt.Errorf("the value Y[%d] is NaN: leave the point out", i)
		}
	}
	return c.checkValues(scale)
}

func (c *Curve) checkBars(groups int, scale Scale) error {
	if groups == 0 || len(c.Y) != groups {
		return fmt.Errorf("%d values for %d groups: give one for each group, NaN where there is none", len(c.Y), groups)
	}
	return c.checkValues(scale)
}

func (c *Curve) checkValues(scale Scale) error {
	if len(c.Low) != len(c.High) || len(c.Low) != 0 && len(c.Low) != len(c.Y) {
		return fmt.Errorf("%d values with %d low and %d high ends: give both ends for each value, or for none", len(c.Y), len(c.Low), len(c.High))
	}
	for i, y := range c.Y {
		if math.IsNaN(y) {
			continue
		}
		if err := check("Y", i, y, scale&LogY != 0); err != nil {
			return err
		}
		if len(c.Low) == 0 {
			continue
		}
		if err := errors.Join(check("Low", i, c.Low[i], scale&LogY != 0), check("High", i, c.High[i], scale&LogY != 0)); err != nil {
			return err
		}
		if !(c.Low[i] <= y && y <= c.High[i]) {
			return fmt.Errorf("the spread %v to %v is not around Y[%d], %v", c.Low[i], c.High[i], i, y)
		}
	}
	return nil
}

// largest is the largest value that can be drawn: beyond, the layout of the axes
// would overflow.
const largest = 1e100

// check says why one number cannot be drawn.
func check(of string, i int, v float64, logarithmic bool) error {
	switch {
	case math.IsNaN(v) || math.Abs(v) > largest || v != 0 && math.Abs(v) < 1/largest:
		return fmt.Errorf("%s[%d] is %v: give 0 or a number whose size is from %v to %v", of, i, v, 1/largest, largest)
	case logarithmic && v <= 0:
		return fmt.Errorf("%s[%d] is %v: a logarithmic axis needs numbers above 0", of, i, v)
	}
	return nil
}

// span returns the smallest and the largest of the values and their spreads;
// false if there is none.
func span(curves []Curve, of func(*Curve) [][]float64) (low, high float64, ok bool) {
	low, high = math.Inf(1), math.Inf(-1)
	for i := range curves {
		for _, values := range of(&curves[i]) {
			for j, v := range values {
				if math.IsNaN(v) || math.IsNaN(curves[i].Y[j]) {
					continue
				}
				low, high = min(low, v), max(high, v)
			}
		}
	}
	return low, high, low <= high
}

func values(c *Curve) [][]float64 { return [][]float64{c.Y, c.Low, c.High} }
func places(c *Curve) [][]float64 { return [][]float64{c.X} }
