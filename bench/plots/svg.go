package plots

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"strings"
	"unicode"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The size of every plot, in points.
const (
	width  = 560
	height = 320
)

// tone is a colour on a light and on a dark page.
type tone struct{ light, dark uint32 }

// The colours of paper, text and grid.
var (
	paper = tone{0xffffff, 0x0d1117}
	ink   = tone{0x24292f, 0xe6edf3}
	grid  = tone{0xd0d7de, 0x30363d}
)

// palette are the colours of the curves, in order. The first eight follow Okabe
// and Ito's set for those who see colours differently, darker on white and lighter
// on black; curves have different dashes besides.
var palette = []tone{
	{0x0072b2, 0x58b4e9}, {0xd55e00, 0xf08a4b}, {0x009e73, 0x3dd6a3}, {0xb5508e, 0xe09cc6},
	{0xc98a00, 0xf0b93a}, {0x56a4d9, 0x8fd0ff}, {0x6a51a3, 0xb3a2e8}, {0x5f6b76, 0xa3adb8},
	{0x8c2d04, 0xe5794a}, {0x4d7c0f, 0xa3d65c}, {0x0f766e, 0x5fd4c8}, {0xa61e4d, 0xf783ac},
	{0x735c12, 0xd8c36a}, {0x1d4e89, 0x7aa7e0}, {0x7b2cbf, 0xcf9df5}, {0x3f3f46, 0xd4d4d8},
}

func (t tone) color() color.Color {
	return color.NRGBA{uint8(t.light >> 16), uint8(t.light >> 8), uint8(t.light), 0xff}
}

func (t tone) faint(alpha uint8) color.Color {
	c := t.color().(color.NRGBA)
	c.A = alpha
	return c
}

// family is the font that the layout was measured with, and what comes near it.
const (
	measured = "font-family:Liberation Sans"
	family   = "font-family:'Liberation Sans',Arimo,Arial,Helvetica,sans-serif"
)

// wider is how much wider than measured a text may come out in the font that the
// viewer has.
const wider = 1.18

// newPlot returns a plot without curves.
func newPlot(title string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = paper.color()
	p.Title.Text = oneLine(title)
	p.Title.Padding = vg.Points(8)
	p.Title.TextStyle.Color = ink.color()
	p.Title.TextStyle.Font = sans(13)
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color, a.Tick.Color = ink.color(), ink.color()
		a.Label.TextStyle.Color, a.Tick.Label.Color = ink.color(), ink.color()
		a.Label.TextStyle.Font, a.Tick.Label.Font = sans(11), sans(10)
		a.Label.Padding, a.Tick.Length = vg.Points(4), vg.Points(5)
	}
	p.Legend.TextStyle.Color = ink.color()
	p.Legend.TextStyle.Font = sans(10)
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.Padding = vg.Points(4)
	return p
}

func sans(size float64) font.Font {
	return font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, vg.Points(size))
}

// oneLine keeps a text from becoming two lines of a plot, and out of it what XML
// has no way to write.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(drawable, s)), " ")
}

func drawable(r rune) rune {
	if unicode.IsSpace(r) || unicode.IsPrint(r) {
		return r
	}
	return unicode.ReplacementChar
}

// render draws p, and its legend beside it if there is more than one curve.
func render(title string, p *plot.Plot, curves int) []byte {
	canvas := vgsvg.New(width, height)
	all := draw.Crop(draw.New(canvas), vg.Points(8), -vg.Points(8), vg.Points(8), -vg.Points(8))
	if legend := p.Legend; curves > 1 {
		column := min(wider*legend.Rectangle(all).Size().X+vg.Points(10), width*0.45)
		p.Legend = plot.NewLegend() // else it would be drawn into the plot, too
		p.Draw(draw.Crop(all, 0, -column, 0, 0))
		legend.Draw(draw.Crop(all, all.Size().X-column+vg.Points(10), 0, 0, -vg.Points(24)))
	} else {
		p.Legend = plot.NewLegend()
		p.Draw(all)
	}
	var out bytes.Buffer
	_, _ = canvas.WriteTo(&out) // a bytes.Buffer takes everything
	return dress(title, out.Bytes())
}

// dress puts our opening tag, with colours for dark pages, in the place of
// vgsvg's, which has a prologue that HTML does not allow.
func dress(title string, svg []byte) []byte {
	_, rest, _ := bytes.Cut(svg, []byte("<svg "))
	_, body, _ := bytes.Cut(rest, []byte(">\n"))
	body = bytes.ReplaceAll(body, []byte(measured), []byte(family))
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg class="shardstats-plot" role="img" width="%d" height="%d" viewBox="0 0 %d %d" xmlns="http://www.w3.org/2000/svg">`+"\n",
		width, height, width, height)
	fmt.Fprintf(&out, "<title>%s</title>\n<style>%s</style>\n", html.EscapeString(oneLine(title)), darkRules())
	// The drawing does not reach the edges of its canvas.
	fmt.Fprintf(&out, `<rect width="%d" height="%d" style="fill:#%06X"/>`+"\n", width, height, paper.light)
	out.Write(body)
	return out.Bytes()
}

// darkRules replaces each light colour by its dark one where the page is dark. A
// viewer that knows no such rules shows the light ones, which are in the elements.
func darkRules() string {
	var b strings.Builder
	b.WriteString("@media (prefers-color-scheme:dark){")
	for _, t := range append([]tone{paper, ink, grid}, palette...) {
		for _, property := range []string{"fill", "stroke"} {
			fmt.Fprintf(&b, `.shardstats-plot [style*="%s:#%06X"]{%s:#%06X!important}`, property, t.light, property, t.dark)
		}
	}
	b.WriteString("}")
	return b.String()
}
