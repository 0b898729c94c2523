package plots

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// xAxis lets an axis end where the points do. An axis with few places has a tick
// at each; a logarithmic one of shards would have none at 2 and 4.
func xAxis(a *plot.Axis, scale Scale, curves []Curve) {
	low, high, _ := span(curves, places)
	if low == high { // one place, in the middle
		high = low + max(1, math.Abs(low))
		if low -= max(1, math.Abs(low)); scale&LogX != 0 {
			low, high = curves[0].X[0]/2, curves[0].X[0]*2
		}
	}
	a.Min, a.Max = low, high
	if scale&LogX != 0 {
		a.Scale, a.Tick.Marker = plot.LogScale{}, logTicks{}
	} else {
		a.Tick.Marker = linearTicks{}
	}
	var all []float64
	for i := range curves {
		all = append(all, curves[i].X...)
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) <= fewPlaces && apart(a, all) {
		var ticks plot.ConstantTicks
		for _, x := range all {
			ticks = append(ticks, plot.Tick{Value: x, Label: short(x)})
		}
		a.Tick.Marker = ticks
	}
}

// fewPlaces is how many labels find room beside each other.
const fewPlaces = 12

// apart reports whether labels at these places would not run into each other.
func apart(a *plot.Axis, places []float64) bool {
	for i := 1; i < len(places); i++ {
		if a.Norm(places[i])-a.Norm(places[i-1]) < 0.055 {
			return false
		}
	}
	return true
}

// yAxis has 0 on a linear axis, so that sizes can be compared by eye, and whole
// decades, or at least steps of 1, 2 and 5, on a logarithmic one.
func yAxis(a *plot.Axis, scale Scale, curves []Curve) {
	low, high, ok := span(curves, values)
	if !ok {
		low, high = 1, 1
	}
	if scale&LogY != 0 {
		a.Scale, a.Tick.Marker = plot.LogScale{}, logTicks{}
		a.Min, a.Max = stepBelow(low), stepAbove(high)
		if a.Min == a.Max {
			a.Max *= 10
		}
		return
	}
	a.Tick.Marker = linearTicks{}
	a.Min, a.Max = min(0, low), max(0, high*1.05)
	if a.Min == a.Max {
		a.Max = 1
	}
}

// steps are the labelled places within a decade.
var steps = []float64{1, 2, 5}

func stepBelow(v float64) float64 {
	decade := math.Floor(math.Log10(v))
	below := math.Pow(10, decade-1)
	for _, s := range steps {
		if at := s * math.Pow(10, decade); at <= v {
			below = at
		}
	}
	return below
}

func stepAbove(v float64) float64 {
	decade := math.Floor(math.Log10(v))
	for _, s := range steps {
		if at := s * math.Pow(10, decade); at >= v {
			return at
		}
	}
	return math.Pow(10, decade+1)
}

// logTicks labels each decade, and the steps between them while there are few.
type logTicks struct{}

func (logTicks) Ticks(low, high float64) []plot.Tick {
	first, last := math.Floor(math.Log10(low)), math.Ceil(math.Log10(high))
	each := max(1, math.Ceil((last-first)/8)) // decades to a label
	var ticks []plot.Tick
	for decade := first; decade <= last; decade++ {
		if math.Mod(decade-first, each) != 0 {
			continue
		}
		for step := 1.0; step < 10; step++ {
			at := step * math.Pow(10, decade)
			if at < low*(1-1e-9) || at > high*(1+1e-9) {
				continue
			}
			label := ""
			if step == 1 || last-first <= 3 && slices.Contains(steps, step) {
				label = short(at)
			}
			ticks = append(ticks, plot.Tick{Value: at, Label: label})
			if each > 1 {
				break
			}
		}
	}
	return ticks
}

// linearTicks are labelled at whole multiples of a step of 1, 2 or 5.
type linearTicks struct{}

// wantedTicks is about how many of them there are.
const wantedTicks = 5

func (linearTicks) Ticks(low, high float64) []plot.Tick {
	step := stepAbove((high - low) / wantedTicks)
	var ticks []plot.Tick
	for i := math.Ceil(low/step - 1e-9); i*step <= high+step*1e-9; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: short(i * step)})
		if len(ticks) > 2*wantedTicks { // the span is lost in the digits of its ends
			break
		}
	}
	return ticks
}

// short prints a number with a letter for its thousands: 1.5k, 20M.
func short(v float64) string {
	if v == 0 {
		return "0"
	}
	for _, unit := range []struct {
		size   float64
		letter string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if math.Abs(v) >= unit.size*(1-1e-9) && math.Abs(v) < unit.size*1e3 {
			return plain(v/unit.size) + unit.letter
		}
	}
	return plain(v)
}

// plain prints four digits at most, for what comes out of sums and powers has
// more that mean nothing.
func plain(v float64) string {
	s := strconv.FormatFloat(v, 'g', 4, 64)
	if f, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(f) >= 1e-4 && math.Abs(f) < 1e6 {
		s = strconv.FormatFloat(f, 'f', -1, 64)
	}
	return strings.Replace(s, "e+", "e", 1)
}
