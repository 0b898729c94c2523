package plots

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// dashes tell curves apart without their colours.
var dashes = [][]vg.Length{nil, {6, 3}, {2, 2}, {8, 3, 2, 3}}

func drawLines(title, x, y string, scale Scale, curves []Curve) []byte {
	p := newPlot(title)
	p.X.Label.Text, p.Y.Label.Text = oneLine(x), oneLine(y)
	p.Add(gridLines())
	for i := range curves { // the bands first, so that no line is under one
		if band := newBand(&curves[i], i); band != nil {
			p.Add(band)
		}
	}
	for i := range curves {
		l := &line{points: points(curves[i].X, curves[i].Y)}
		l.style = draw.LineStyle{Color: palette[i].color(), Width: vg.Points(1.6), Dashes: dashes[i/2%len(dashes)]}
		p.Add(l)
		p.Legend.Add(oneLine(curves[i].Name), l)
	}
	xAxis(&p.X, scale, curves)
	yAxis(&p.Y, scale, curves)
	return render(title, p, len(curves))
}

// gridLines are drawn at the labelled places of the value axis.
func gridLines() *plotter.Grid {
	g := plotter.NewGrid()
	g.Vertical.Width = 0
	g.Horizontal.Color = grid.color()
	return g
}

func points(x, y []float64) plotter.XYs {
	xys := make(plotter.XYs, len(x))
	for i := range xys {
		xys[i].X, xys[i].Y = x[i], y[i]
	}
	return xys
}

// line is a curve with a dot at each point that was measured.
type line struct {
	points plotter.XYs
	style  draw.LineStyle
}

// manyPoints is where dots would hide the line.
const manyPoints = 40

// Plot implements plot.Plotter.
func (l *line) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	path := make([]vg.Point, len(l.points))
	for i, at := range l.points {
		path[i] = vg.Point{X: tx(at.X), Y: ty(at.Y)}
		if len(l.points) <= manyPoints {
			c.DrawGlyph(draw.GlyphStyle{Color: l.style.Color, Radius: vg.Points(2.2), Shape: draw.CircleGlyph{}}, path[i])
		}
	}
	c.StrokeLines(l.style, path)
}

// Thumbnail implements plot.Thumbnailer.
func (l *line) Thumbnail(c *draw.Canvas) {
	middle := c.Center().Y
	c.StrokeLine2(l.style, c.Min.X, middle, c.Max.X, middle)
}

// band is the spread of a curve.
type band struct {
	low, high plotter.XYs
	tone      tone
}

func newBand(c *Curve, i int) *band {
	if len(c.Low) == 0 {
		return nil
	}
	return &band{low: points(c.X, c.Low), high: points(c.X, c.High), tone: palette[i]}
}

// Plot implements plot.Plotter.
func (b *band) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	var around []vg.Point
	for _, at := range b.low {
		around = append(around, vg.Point{X: tx(at.X), Y: ty(at.Y)})
	}
	for i := len(b.high) - 1; i >= 0; i-- {
		around = append(around, vg.Point{X: tx(b.high[i].X), Y: ty(b.high[i].Y)})
	}
	c.FillPolygon(b.tone.faint(0x30), around)
}
