package latency

import (
	"fmt"

	"github.com/shardstats/shardstats/bench/plots"
)

// Plots returns plots as SVG, by the name of their file.
func (r *Result) Plots() (map[string][]byte, error) {
	all := map[string][]byte{}
	draw := func(file, title string, curves []plots.Curve) error {
		if len(curves) == 0 {
			return nil
		}
		svg, err := plots.Lines(title, "one submission in so many takes longer", "ns", plots.LogX|plots.LogY, curves...)
		all[file] = svg
		return err
	}
	for _, g := range r.Plan.Goroutines {
		var everybody, mine []plots.Curve
		for _, f := range r.Found {
			if f.Way != ByName || f.Goroutines != g {
				continue
			}
			if f.State == BackToBack {
				everybody = append(everybody, curve(f.Library, &f.All.Submit))
			}
			if f.Library == Ours {
				mine = append(mine, curve("ours, "+string(f.State), &f.All.Submit))
				if f.State == BackToBack {
					mine = append(mine, curve("the timer then", &f.All.Timer), curve("atomic adds as long, then", &f.All.Floor))
				}
			}
		}
		title := fmt.Sprintf("a counter by name, %s", goroutines(g))
		if err := draw(fmt.Sprintf("latency-peers-%d.svg", g), "Flushes without pause: "+title, everybody); err != nil {
			return nil, err
		}
		if err := draw(fmt.Sprintf("latency-ours-%d.svg", g), "Ours: "+title, mine); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// curve shows the percentiles of h, by how rare what is above them is, as far as ten
// times are above.
func curve(name string, h *Histogram) plots.Curve {
	c := plots.Curve{Name: name}
	for _, decade := range []float64{1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000} {
		for _, step := range []float64{1, 2, 5} {
			rare := decade * step
			if rare < 2 || rare > 2 && float64(h.Count()) < 10*rare {
				continue
			}
			c.X = append(c.X, rare)
			c.Y = append(c.Y, float64(max(1, h.Quantile(1-1/rare))))
		}
	}
	return c
}
