package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/shardstats/shardstats/stats"
)

// reportLedger prints the library's own books. It reports whether they balance
// and nothing was refused, dropped or is pending: the clients' figures can only
// be equal then.
func reportLedger(w io.Writer, l stats.Ledger) bool {
	fmt.Fprintln(w, "\nthe ledger: what the library says became of each point")
	clean := l.Balanced() && l.RefusedTotal() == 0
	for i := range l.Transports {
		b := &l.Transports[i]
		sign := "="
		if !b.Balanced() {
			sign = "≠"
		}
		fmt.Fprintf(w, "  %s: %s rolled up %s %s delivered + %s pending + %s superseded + %s unknown + %s dropped\n",
			b.Transport, figure(float64(b.RolledUp)), sign, figure(float64(b.Delivered)), figure(float64(b.Pending)),
			figure(float64(b.Superseded)), figure(float64(b.Unknown)), figure(float64(b.DroppedTotal())))
		printReasons(w, "dropped", b.Dropped)
		if b.LastError != "" {
			fmt.Fprintf(w, "    last error: %s\n", b.LastError)
		}
		clean = clean && b.Pending == 0 && b.DroppedTotal() == 0 && b.Unknown == 0
	}
	fmt.Fprintf(w, "  refused at the door: %s; live series: %d; observations without a sample: %s\n",
		figure(float64(l.RefusedTotal())), l.Series, figure(float64(l.Unsampled)))
	printReasons(w, "refused", l.Refused)
	if l.Balanced() {
		fmt.Fprintln(w, "the books balance")
	} else {
		fmt.Fprintln(w, "the books do NOT balance")
	}
	return clean
}

func printReasons(w io.Writer, verb string, counts map[stats.Reason]uint64) {
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(w, "    %s as %s: %s\n", verb, reason, figure(float64(counts[reason])))
	}
}
