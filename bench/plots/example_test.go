package plots_test

import (
	"bytes"
	"fmt"

	"github.com/shardstats/shardstats/bench/plots"
)

func ExampleBars() {
	svg, err := plots.Bars("Cost of a submission", "ns", []string{"bound", "by name"}, plots.LogY,
		plots.Curve{Name: "ours", Y: []float64{3, 18}, Low: []float64{3, 17}, High: []float64{4, 20}},
		plots.Curve{Name: "theirs", Y: []float64{5, 64}},
	)
	if err != nil {
		panic(err)
	}
	title, _, _ := bytes.Cut(svg, []byte("\n<style>"))
	fmt.Printf("%s\n", title)
	// Output:
	// <svg class="shardstats-plot" role="img" width="560" height="320" viewBox="0 0 560 320" xmlns="http://www.w3.org/2000/svg">
	// <title>Cost of a submission</title>
}
