package prometheus

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/exponential"
	"github.com/shardstats/shardstats/transport/internal/prom"
)

// labelText returns labels as both text formats have them, without braces.
func labelText(list []prom.Label) string {
	var b []byte
	for i, l := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, l.Key...)
		b = append(b, `="`...)
		b = appendEscaped(b, l.Value, true)
		b = append(b, '"')
	}
	return string(b)
}

// appendEscaped appends text with \ and line feeds escaped, and " where it would end the
// text.
func appendEscaped(dst []byte, text string, quoted bool) []byte {
	if !strings.ContainsAny(text, "\\\n\"") {
		return append(dst, text...)
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\\':
			dst = append(dst, `\\`...)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '"' && quoted:
			dst = append(dst, `\"`...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// textWriter writes a page in a text format.
type textWriter struct {
	*scrape
	open  bool // OpenMetrics
	flush func()
}

func (w *textWriter) page() {
	w.each(w.begin, w.show, func(*group) {})
	if w.open {
		w.out = append(w.out, "# EOF\n"...)
	}
}

var typeNames = [...]string{prom.Counter: "counter", prom.Gauge: "gauge", prom.Summary: "summary", prom.Histogram: "histogram"}

// begin writes what is said about a family.
func (w *textWriter) begin(g *group) {
	name := g.family.Name
	if w.open {
		name = g.family.Base
	}
	about := func(what, text string, escape bool) {
		w.out = append(append(append(append(w.out, "# "...), what...), ' '), name...)
		w.out = append(w.out, ' ')
		if escape {
			w.out = appendEscaped(w.out, text, w.open)
		} else {
			w.out = append(w.out, text...)
		}
		w.out = append(w.out, '\n')
	}
	if g.help != "" {
		about("HELP", g.help, true)
	}
	about("TYPE", typeNames[g.family.Form], false)
	if w.open && g.family.Unit != "" {
		about("UNIT", g.family.Unit, false)
	}
}

func (w *textWriter) show(g *group, r *row, numbers []float64, samples []transport.Sample) {
	switch f := g.family; f.Form {
	case prom.Counter, prom.Gauge:
		w.line(f.Name, r.text, "", 0, r.value)
	case prom.Summary:
		for i, v := range numbers {
			w.line(f.Name, r.text, "quantile", w.values[i], v)
		}
		w.line(f.Sum, r.text, "", 0, r.value)
		w.line(f.Count, r.text, "", 0, whole(r.count))
	case prom.Histogram:
		w.buckets(f, r, samples)
		w.line(f.Sum, r.text, "", 0, r.value)
		w.line(f.Count, r.text, "", 0, whole(r.count))
	}
	w.flush()
}

// whole rounds a count: weights of samples need not be whole.
func whole(count float64) float64 { return math.Floor(count + 0.5) }

// line writes one sample; key is that of a label with a number, or "".
func (w *textWriter) line(name, labels, key string, number, value float64) {
	w.out = append(w.out, name...)
	if labels != "" || key != "" {
		w.out = append(append(w.out, '{'), labels...)
		if key != "" {
			if labels != "" {
				w.out = append(w.out, ',')
			}
			w.out = append(append(w.out, key...), `="`...)
			w.out = appendNumber(w.out, number)
			if digits := w.out[bytes.LastIndexByte(w.out, '"')+1:]; w.open && !bytes.ContainsAny(digits, ".eI") {
				w.out = append(w.out, ".0"...) // as OpenMetrics spells it
			}
			w.out = append(w.out, '"')
		}
		w.out = append(w.out, '}')
	}
	w.out = append(w.out, ' ')
	w.out = appendNumber(w.out, value)
	w.out = append(w.out, '\n')
}

func appendNumber(dst []byte, v float64) []byte {
	if math.IsInf(v, 1) {
		return append(dst, "+Inf"...)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, 64)
}

// maxClassic bounds the buckets of a classic histogram, of each sign.
const maxClassic = 64

// buckets writes a distribution as a classic histogram. Its bounds are powers of two, or of
// 4, 16 and so on if the values are that far apart: then each bound is one of those before,
// and the counts go on.
func (w *textWriter) buckets(f *prom.Family, r *row, samples []transport.Sample) {
	h := &w.classic
	h.Build(samples, maxClassic)
	scale, shift := min(h.Scale, 0), max(h.Scale, 0)
	below := 0.0
	bucket := func(bound float64) { w.line(f.Bucket, r.text, "le", bound, min(whole(below), whole(r.count))) }
	if n := len(h.Negative); n > 0 {
		at := n - 1
		for i := h.Negative[n-1].Index >> shift; i >= h.Negative[0].Index>>shift; i-- {
			for at >= 0 && h.Negative[at].Index>>shift == i {
				below += h.Negative[at].Count
				at--
			}
			if bound := -exponential.Bound(scale, i); bound != 0 {
				bucket(bound)
			}
		}
	}
	below += h.Zero
	if len(h.Negative) > 0 || h.Zero > 0 {
		bucket(0)
	}
	if n := len(h.Positive); n > 0 {
		first, at := h.Positive[0].Index>>shift, 0
		if bound := exponential.Bound(scale, first); bound > 0 {
			bucket(bound) // from here on, and not from 0
		}
		for i := first; i <= h.Positive[n-1].Index>>shift; i++ {
			for at < n && h.Positive[at].Index>>shift == i {
				below += h.Positive[at].Count
				at++
			}
			if bound := exponential.Bound(scale, i+1); !math.IsInf(bound, 1) {
				bucket(bound)
			}
		}
	}
	below = r.count
	bucket(math.Inf(1))
}
