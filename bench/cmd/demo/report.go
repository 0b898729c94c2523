package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// figure prints a number with commas between thousands.
func figure(v float64) string {
	if math.IsNaN(v) {
		return "nothing"
	}
	s := strconv.FormatFloat(math.Abs(v), 'f', -1, 64)
	whole, rest, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	if v < 0 {
		whole = "-" + whole
	}
	return whole
}

// table writes rows of cells in columns, all but the first aligned to the right.
func table(w io.Writer, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		line := "  "
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-len([]rune(cell)))
			if i == 0 {
				line += cell + pad
			} else {
				line += "  " + pad + cell
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

// reportBuckets prints one row for each roll-up bucket that arrived.
func reportBuckets(w io.Writer, in *intake) {
	fmt.Fprintln(w, "\nroll-up buckets that arrived")
	value := func(kind, metric string) map[int64][]float64 { return in.values(namespace+"."+metric, kind) }
	requests := value("count", metricRequests)
	p95 := value("gauge", metricLatency+".95percentile")
	bytes := value("count", metricBytes)
	sizes := in.samples(namespace + "." + metricSize)
	bodies := value("gauge", metricBodyBytes+".sum")
	sessions := value("gauge", metricSessions)
	clients := value("gauge", metricClients)
	goroutines := value("gauge", "runtime.goroutines")
	at := func(byTime map[int64][]float64, unix int64) map[int64][]float64 {
		return map[int64][]float64{unix: byTime[unix]}
	}
	rows := [][]string{{"bucket", "requests", "slowest p95 ms", "bytes out", "sizes", "bytes in", "sessions", "clients", "goroutines", "points replaced"}}
	for _, unix := range in.buckets() {
		rows = append(rows, []string{
			clock(unix),
			figure(total(at(requests, unix))),
			strconv.FormatFloat(extreme(at(p95, unix), math.Max), 'f', 1, 64),
			figure(total(at(bytes, unix))),
			figure(number(at(sizes, unix))),
			figure(total(at(bodies, unix))),
			figure(total(at(sessions, unix))),
			figure(total(at(clients, unix))),
			figure(total(at(goroutines, unix))),
			figure(float64(in.replacedAt(unix))),
		})
	}
	table(w, rows)
}

// reportCosts prints what submissions cost in the middleware.
func reportCosts(w io.Writer, c *costs) {
	_, timer := c[costTimer].percentiles(0.5)
	fmt.Fprintf(w, "\ncost of a submission in ns: time between two readings of the clock, less %d ns,\n", timer[0])
	fmt.Fprintln(w, "the median of two readings with nothing between (first row, not subtracted there);")
	fmt.Fprintln(w, "a request's other work leaves few of the library's words in the caches, make bench measures warm ones")
	rows := [][]string{{"submission", "times", "p50", "p99", "p99.99"}}
	for kind := range kindsOfCost {
		n, found := c[kind].percentiles(0.5, 0.99, 0.9999)
		row := []string{costNames[kind], figure(float64(n))}
		for _, took := range found {
			if kind != costTimer {
				took = max(0, took-timer[0])
			}
			row = append(row, figure(float64(took)))
		}
		rows = append(rows, row)
	}
	table(w, rows)
}

// reportFindings prints every figure that was compared, and at the end those
// that differ, which it returns.
func reportFindings(w io.Writer, findings []finding) (differ []finding) {
	fmt.Fprintln(w, "\nwhat the clients counted, and what arrived")
	rows := [][]string{{"figure", "clients", "arrived", ""}}
	for _, f := range findings {
		mark := "="
		if !f.equal() {
			mark = "DIFFERS"
			differ = append(differ, f)
		}
		rows = append(rows, []string{f.what, figure(f.want), figure(f.arrived), mark})
	}
	table(w, rows)
	fmt.Fprintf(w, "%d of %d figures are equal\n", len(findings)-len(differ), len(findings))
	for _, f := range differ {
		fmt.Fprintln(w, "  "+f.String())
	}
	return differ
}

// reportResult says in the last line how it went.
func reportResult(w io.Writer, differ []finding, clean, smooth bool) bool {
	switch {
	case len(differ) > 0:
		fmt.Fprintf(w, "\nFAILED: figures that differ: %d, such as %v\n", len(differ), differ[0])
	case !clean:
		fmt.Fprintln(w, "\nFAILED: the ledger shows a loss or does not balance")
	case !smooth:
		fmt.Fprintln(w, "\nFAILED: not every request or the shutdown went well")
	default:
		fmt.Fprintln(w, "\nOK: all that the clients counted has arrived, and the books balance")
		return true
	}
	return false
}

// progress prints how far a run is: on a terminal in one line, else one each second.
type progress struct {
	w        io.Writer
	terminal bool
	begin    time.Time
}

func (p *progress) show(answers int64, r *receiver) {
	line := fmt.Sprintf("%4.1f s  %s requests answered, %s points in %s intake requests (%s refused)",
		time.Since(p.begin).Seconds(), figure(float64(answers)), figure(float64(r.intake.received())),
		figure(float64(r.requests.Load())), figure(float64(r.refused.Load())))
	if p.terminal {
		fmt.Fprintf(p.w, "\r%s\x1b[K", line)
	} else {
		fmt.Fprintln(p.w, line)
	}
}

func (p *progress) end() {
	if p.terminal {
		fmt.Fprintln(p.w)
	}
}
