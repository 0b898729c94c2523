package peers

import (
	"math"
	"strings"

	"github.com/shardstats/shardstats/bench/plots"
	"github.com/shardstats/shardstats/bench/sample"
)

// Plots returns the bars of the README's columns, by file name. What was not measured
// has none.
func (r *Report) Plots() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, column := range asked {
		var family []*Result
		for i := range r.Results {
			if r.Results[i].Workload.Family == column.family && len(r.Results[i].Costs) > 0 {
				family = append(family, &r.Results[i])
			}
		}
		if len(family) == 0 {
			continue
		}
		libraries := present(family)
		var bars []plots.Curve
		for _, result := range family {
			bars = append(bars, bar(result, libraries))
		}
		svg, err := plots.Bars(capital(column.family), "ns per submission", libraries, plots.LogY, bars...)
		if err != nil {
			return nil, err
		}
		files["peers-"+strings.ReplaceAll(column.head, " ", "-")+".svg"] = svg
	}
	return files, nil
}

// bar returns the bars of one workload, with a gap for each library that was not
// measured.
func bar(r *Result, libraries []string) plots.Curve {
	c := plots.Curve{Name: goroutines(r.Workload.Goroutines)}
	for _, library := range libraries {
		low, mid, high := math.NaN(), math.NaN(), math.NaN()
		if cost := r.Of(library); cost != nil {
			low, mid, high = sample.Spread(cost.NS)
		}
		c.Low, c.Y, c.High = append(c.Low, low), append(c.Y, mid), append(c.High, high)
	}
	return c
}

// PlotNames returns the files of Plots in the order of the README's columns.
func PlotNames(files map[string][]byte) []string {
	var names []string
	for _, column := range asked {
		if name := "peers-" + strings.ReplaceAll(column.head, " ", "-") + ".svg"; files[name] != nil {
			names = append(names, name)
		}
	}
	return names
}
