package peers

import (
	"fmt"
	"strings"
)

// asked are the columns of the README's table.
var asked = []struct{ head, family string }{
	{"bound counter", boundCounter},
	{"counter by name", literalCounter},
	{"bound histogram", boundHistogram},
	{"histogram by name", literalHistogram},
}

// Readme returns the table of what is asked most, with the goals. Plots are the files
// that stand under it, by the path from the README.
func (r *Report) Readme(plots []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", strings.Join(r.Machine, " · "))
	b.WriteString("Nanoseconds of one submission with 1 / 2 goroutines, medians of interleaved rounds; with 2, the time of both over the submissions of both. By name: with three literal tags. Some of the peers do less than ours: [what each does, and all tables](bench/results/peers.md).\n\n")
	b.WriteString("| ns, 1 / 2 goroutines |")
	rule := "| --- |"
	for _, column := range asked {
		b.WriteString(" " + column.head + " |")
		rule += " ---: |"
	}
	b.WriteString("\n" + rule + "\n")
	for _, library := range r.Libraries {
		var cells []string
		measured := false
		for _, column := range asked {
			one, two := r.median(column.family, 1, library.Name), r.median(column.family, 2, library.Name)
			cell := "–"
			if one != "" || two != "" {
				measured = true
				cell = orDash(one) + " / " + orDash(two)
			}
			cells = append(cells, cell)
		}
		if measured {
			fmt.Fprintf(&b, "| %s | %s |\n", bold(library.Name), strings.Join(cells, " | "))
		}
	}
	b.WriteString("\n" + r.goals())
	for _, plot := range plots {
		fmt.Fprintf(&b, "\n![Cost of a submission beside other libraries](%s)\n", plot)
	}
	return b.String()
}

// median returns the cost of a library; "" if it was not measured.
func (r *Report) median(family string, goroutines int, library string) string {
	for i := range r.Results {
		w := &r.Results[i].Workload
		if w.Family != family || w.Goroutines != goroutines {
			continue
		}
		if c := r.Results[i].Of(library); c != nil {
			return trimmed(c.Median())
		}
	}
	return ""
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}
