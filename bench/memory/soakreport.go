package memory

import (
	"fmt"
	"strings"
	"time"

	"github.com/shardstats/shardstats/bench/plots"
)

// Markdown returns the table for people. wrong is what Soak complained about.
func (r *SoakResult) Markdown(wrong error) string {
	var b strings.Builder
	p := &r.Plan
	fmt.Fprintf(&b, "%s\n\n", strings.Join(r.Machine, " · "))
	fmt.Fprintf(&b, "%s intervals of %v, stepped through in %v, from two goroutines: in each %s new series, a tenth of them histograms, that are never used again and given up after %d intervals; %s steady ones beside. What arrived was checked series by series, in each interval.\n\n",
		thousands(len(r.States)), interval, r.Took.Round(time.Second), thousands(p.Churn), soakExpiry, thousands(p.Steady))
	fmt.Fprintf(&b, "| | in the first %d intervals | after them | may be |\n| --- | ---: | ---: | ---: |\n", p.settled())
	row := func(what, format string, scale float64, bounded bool, of func(*State) int64) {
		before, after := r.peaks(of)
		limit := "–"
		if bounded {
			limit = fmt.Sprintf("≤ "+format, (1+margin)*float64(before)/scale)
		}
		fmt.Fprintf(&b, "| %s | "+format+" | "+format+" | %s |\n", what, float64(before)/scale, float64(after)/scale, limit)
	}
	row("most memory (RSS)", "%.1f MB", 1e6, true, func(s *State) int64 { return s.RSS })
	row("most live heap", "%.1f MB", 1e6, true, func(s *State) int64 { return s.Heap })
	row("most live series", "%.0f", 1, false, func(s *State) int64 { return int64(s.Series) })
	fmt.Fprintf(&b, "\n- Series that came and went: %s.\n", thousands(len(r.States)*p.Churn))
	fmt.Fprintf(&b, "- Growth of the live heap for each of them, between the halves of what came after: %.2f B. An id alone takes %d B: they are used again.\n", r.growth(), idBytes)
	fmt.Fprintf(&b, "- Submitted %s, arrived %s. Points delivered %s. The books balance: %v. Refused: %d.\n",
		thousands(int(r.Submitted)), thousands(int(r.Arrived)), thousands(int(r.Points)), r.Ledger.Balanced(), r.Ledger.RefusedTotal())
	fmt.Fprintf(&b, "- Garbage collections that had to be forced: %d.\n", r.Ledger.ForcedGrace)
	if wrong == nil {
		b.WriteString("\nNothing was wrong.\n")
	} else {
		fmt.Fprintf(&b, "\n**Wrong:**\n\n%s\n", wrong)
	}
	return b.String()
}

// Plot returns memory over the intervals, as SVG.
func (r *SoakResult) Plot() ([]byte, error) {
	var x, rss, heap []float64
	for i, s := range r.States {
		x = append(x, float64(i+1))
		rss, heap = append(rss, mb(s.RSS)), append(heap, mb(s.Heap))
	}
	return plots.Lines(fmt.Sprintf("Memory while %s new series come and go in each interval", thousands(r.Plan.Churn)), "interval", "MB", 0,
		plots.Curve{Name: "RSS", X: x, Y: rss}, plots.Curve{Name: "live heap", X: x, Y: heap})
}
