package tune

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"

	"github.com/shardstats/shardstats/bench/plots"
)

//go:embed report.html
var page string

// report is page with what it prints figures with.
var report = template.Must(template.New("report").Funcs(template.FuncMap{
	"ns":      nanoseconds,
	"percent": percent,
	"cells":   func(r Row) []string { return r.cells() },
	"bytes":   func(v float64) string { return fmt.Sprintf("%.0f", v) },
	"mb":      func(v float64) string { return fmt.Sprintf("%.2f MB", v/1e6) },
	"keptOf":  ofReservoirs,
	"scaled":  func(by, v float64) float64 { return by * v },
}).Parse(page))

// HTML returns a page that needs nothing else: no script, no font, no network. All
// texts are escaped.
func (f *File) HTML() ([]byte, error) {
	drawn, err := f.plots()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = report.Execute(&out, struct {
		*File
		Head  []string
		Plots []template.HTML
	}{f, rowHead, drawn})
	if err != nil {
		return nil, fmt.Errorf("tune: %w", err)
	}
	return out.Bytes(), nil
}

// WriteHTML puts the page at path.
func (f *File) WriteHTML(path string) error {
	text, err := f.HTML()
	if err != nil {
		return err
	}
	return writeWhole(path, text)
}

// plots draws what was compared.
func (f *File) plots() ([]template.HTML, error) {
	var drawn []template.HTML
	var failed error
	add := func(svg []byte, err error) {
		if err != nil && failed == nil {
			failed = fmt.Errorf("tune: %w", err)
		}
		drawn = append(drawn, template.HTML(svg)) // package plots has escaped its texts
	}
	throughput, latencies := rowCurves(f.Shards)
	add(plots.Lines("Submissions by number of shards", "shards", "per second", plots.LogX, throughput))
	add(plots.Lines("Latency of a submission by number of shards", "shards", "ns", plots.LogX|plots.LogY, latencies...))
	if len(f.Reservoirs) > 0 {
		add(plots.Lines("Rank error by reservoir size", "samples", "% of the values", plots.LogX, f.errorCurves()...))
		add(plots.Lines("Memory of a histogram by reservoir size", "samples", "bytes", plots.LogX, f.histogramCurve()))
	}
	cost, held := f.intervalCurves()
	add(plots.Lines("Cost of flushes by flush interval", "seconds", "% of a processor", plots.LogX, cost))
	add(plots.Lines("Memory of the client by flush interval", "seconds", "MB", plots.LogX, held))
	return drawn, failed
}

// least keeps what is too short to be timed on a logarithmic axis.
const least = 1

func rowCurves(rows []Row) (throughput plots.Curve, latencies []plots.Curve) {
	throughput.Name = "submissions"
	latencies = []plots.Curve{{Name: "p50"}, {Name: "p99"}, {Name: "p99.9"}, {Name: "p99.99"}}
	for i := range rows {
		r := &rows[i]
		x := float64(r.Value)
		point(&throughput, x, r.PerSecond, 1)
		for j, v := range []float64{r.Latency.P50, r.Latency.P99, r.Latency.P999, r.Latency.P9999} {
			latencies[j].X, latencies[j].Y = append(latencies[j].X, x), append(latencies[j].Y, max(least, v))
		}
	}
	return throughput, latencies
}

// point adds a measured point with its spread.
func point(c *plots.Curve, x float64, s Span, by float64) {
	c.X, c.Y = append(c.X, x), append(c.Y, by*s.Mid)
	c.Low, c.High = append(c.Low, by*s.Low), append(c.High, by*s.High)
}

func (f *File) errorCurves() []plots.Curve {
	curves := []plots.Curve{{Name: "expected"}, {Name: "measured"}, {Name: "limit"}}
	for i := range f.Reservoirs {
		r := &f.Reservoirs[i]
		for j, v := range []float64{r.Expected, r.Measured, f.Limits.RankError} {
			curves[j].X, curves[j].Y = append(curves[j].X, float64(r.Value)), append(curves[j].Y, 100*v)
		}
	}
	return curves
}

func (f *File) histogramCurve() plots.Curve {
	c := plots.Curve{Name: "bytes"}
	for i := range f.Reservoirs {
		c.X, c.Y = append(c.X, float64(f.Reservoirs[i].Value)), append(c.Y, f.Reservoirs[i].HistogramBytes)
	}
	return c
}

func (f *File) intervalCurves() (cost, held plots.Curve) {
	for i := range f.FlushIntervals {
		r := &f.FlushIntervals[i]
		x := float64(r.Seconds)
		point(&cost, x, r.Cost, 100)
		held.X, held.Y = append(held.X, x), append(held.Y, r.Held/1e6)
	}
	return cost, held
}
