package plots

import (
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

func drawBars(title, y string, groups []string, scale Scale, curves []Curve) []byte {
	p := newPlot(title)
	p.Y.Label.Text = oneLine(y)
	p.Add(gridLines())
	for i := range curves {
		b := &bars{curve: &curves[i], tone: palette[i], number: i, of: len(curves)}
		p.Add(b)
		p.Legend.Add(oneLine(curves[i].Name), b)
	}
	yAxis(&p.Y, scale, curves)
	p.X.Min, p.X.Max = -0.5, float64(len(groups))-0.5
	p.X.Tick.Length = 0
	p.X.Tick.Marker = groupTicks(groups)
	return render(title, p, len(curves))
}

// roomOfGroups is what the labels of all groups share, in points; the rest is
// the value axis and the legend.
const roomOfGroups = 375

// groupTicks are the labels below the groups, in as many lines as they need.
func groupTicks(groups []string) plot.ConstantTicks {
	face := font.DefaultCache.Lookup(sans(10), 10)
	room := vg.Points(roomOfGroups / float64(len(groups)))
	labels, most := make([]string, len(groups)), 0
	for i, group := range groups {
		labels[i] = wrap(group, func(s string) bool { return wider*face.Width(s) <= room })
		most = max(most, strings.Count(labels[i], "\n"))
	}
	ticks := make(plot.ConstantTicks, len(groups))
	for i, label := range labels {
		// As many lines for each, or the layout would put them at different heights.
		label += strings.Repeat("\n ", most-strings.Count(label, "\n"))
		ticks[i] = plot.Tick{Value: float64(i), Label: label}
	}
	return ticks
}

// wrap breaks a text at blanks into lines that fit. A word that does not is a
// line of its own.
func wrap(text string, fits func(string) bool) string {
	var lines []string
	for _, word := range strings.Fields(oneLine(text)) {
		if last := len(lines) - 1; last >= 0 && fits(lines[last]+" "+word) {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	if len(lines) == 0 {
		return " " // an empty label would be a minor tick
	}
	return strings.Join(lines, "\n")
}

// bars are the bars of one curve, in all groups.
type bars struct {
	curve      *Curve
	tone       tone
	number, of int
}

// Plot implements plot.Plotter.
func (b *bars) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	wide := 0.8 / float64(b.of)
	foot := max(p.Y.Min, min(0, p.Y.Max)) // a logarithmic axis has no 0
	whisker := draw.LineStyle{Color: ink.color(), Width: vg.Points(0.8)}
	for group, y := range b.curve.Y {
		if math.IsNaN(y) {
			continue
		}
		left := float64(group) - 0.4 + wide*float64(b.number)
		x0, x1 := tx(left+0.04*wide), tx(left+0.96*wide)
		c.FillPolygon(b.tone.color(), []vg.Point{{X: x0, Y: ty(foot)}, {X: x0, Y: ty(y)}, {X: x1, Y: ty(y)}, {X: x1, Y: ty(foot)}})
		if len(b.curve.Low) == 0 {
			continue
		}
		middle, cap := (x0+x1)/2, min((x1-x0)/4, vg.Points(4))
		low, high := ty(b.curve.Low[group]), ty(b.curve.High[group])
		c.StrokeLine2(whisker, middle, low, middle, high)
		c.StrokeLine2(whisker, middle-cap, low, middle+cap, low)
		c.StrokeLine2(whisker, middle-cap, high, middle+cap, high)
	}
}

// Thumbnail implements plot.Thumbnailer.
func (b *bars) Thumbnail(c *draw.Canvas) {
	middle, half := c.Center().Y, vg.Points(4)
	c.FillPolygon(b.tone.color(), []vg.Point{
		{X: c.Min.X, Y: middle - half}, {X: c.Min.X, Y: middle + half}, {X: c.Max.X, Y: middle + half}, {X: c.Max.X, Y: middle - half},
	})
}
