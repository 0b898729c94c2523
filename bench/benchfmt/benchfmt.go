// Package benchfmt writes and reads what was measured in the format of Go's
// benchmarks, so that benchstat and whatever else reads it can be used on results
// that go test did not make:
//
//	goos: linux
//	cpu: …
//	BenchmarkSubmit/kind=bound_counter-2   20000   3.31 ns/op   1.57 U/op
//
// A line for each round keeps the spread; benchstat takes the median itself. The
// format is that of https://golang.org/design/14313-benchmark-format.
package benchfmt

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// Value is one figure of a line.
type Value struct {
	Value float64
	Unit  string // no blanks, such as ns/op
}

// Line is what one round of a benchmark gave.
type Line struct {
	Name       string // without "Benchmark" and processors; see [Name]
	Procs      int    // GOMAXPROCS; the suffix of the name
	Iterations int
	Values     []Value
}

// Key is a part of a benchmark's name.
type Key struct{ Key, Value string }

// Name puts a name together: a word that starts with a capital, and keys. What the
// format does not allow in a value becomes an underscore.
func Name(base string, keys ...Key) string {
	var b strings.Builder
	b.WriteString(base)
	for _, k := range keys {
		b.WriteString("/" + k.Key + "=" + clean(k.Value))
	}
	return b.String()
}

// clean keeps what is safe in a name: a blank would end it, a slash begin a key.
func clean(value string) string {
	var b strings.Builder
	gap := false
	for _, r := range value {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' || r == '-' && b.Len() > 0 {
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			gap = false
			b.WriteRune(r)
			continue
		}
		gap = true
	}
	return b.String()
}

// Head returns the lines that say where figures come from: "key: value" each. Keys
// begin with a small letter and have no blanks, values no line breaks.
func Head(config ...Key) string {
	var b strings.Builder
	for _, k := range config {
		fmt.Fprintf(&b, "%s: %s\n", k.Key, strings.Join(strings.Fields(k.Value), " "))
	}
	return b.String()
}

// String returns the line, with its end.
func (l Line) String() string {
	var b strings.Builder
	b.WriteString("Benchmark" + l.Name)
	// go test writes none for 1; a name that ends like one needs it all the same.
	if bare, _ := cutProcs(l.Name); l.Procs > 1 || bare != l.Name {
		fmt.Fprintf(&b, "-%d", l.Procs)
	}
	fmt.Fprintf(&b, "\t%d", max(1, l.Iterations))
	for _, v := range l.Values {
		b.WriteString("\t" + short(v.Value) + " " + v.Unit)
	}
	b.WriteByte('\n')
	return b.String()
}

// short has four digits that count, and no exponent.
func short(v float64) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	digits := 3 - int(math.Floor(math.Log10(math.Abs(v))))
	return strconv.FormatFloat(v, 'f', min(max(digits, 0), 12), 64)
}

// Parse reads a result: the configuration and the lines of benchmarks. Other lines
// are passed over, as readers of the format have to.
func Parse(text string) (config map[string]string, lines []Line, err error) {
	config = map[string]string{}
	for text := range strings.Lines(text) {
		text = strings.TrimRight(text, "\n")
		if rest, ok := strings.CutPrefix(text, "Benchmark"); ok && rest != "" && !unicode.IsLower([]rune(rest)[0]) {
			line, err := parseLine(rest)
			if err != nil {
				return nil, nil, fmt.Errorf("benchmark line %q: %w", text, err)
			}
			lines = append(lines, line)
			continue
		}
		key, value, ok := strings.Cut(text, ":")
		if ok && key != "" && unicode.IsLower([]rune(key)[0]) && !strings.ContainsFunc(key, unicode.IsSpace) {
			config[key] = strings.TrimSpace(value)
		}
	}
	return config, lines, nil
}

// cutProcs splits what stands behind a name's last dash off, if it is a number of
// processors.
func cutProcs(name string) (string, int) {
	if at := strings.LastIndexByte(name, '-'); at > 0 {
		if procs, err := strconv.Atoi(name[at+1:]); err == nil && procs > 0 {
			return name[:at], procs
		}
	}
	return name, 1
}

func parseLine(text string) (Line, error) {
	fields := strings.Fields(text)
	if len(fields) < 4 || len(fields)%2 != 0 {
		return Line{}, fmt.Errorf("%d fields; it needs a name, a number of iterations, and pairs of value and unit", len(fields))
	}
	var line Line
	line.Name, line.Procs = cutProcs(fields[0])
	var err error
	if line.Iterations, err = strconv.Atoi(fields[1]); err != nil {
		return Line{}, fmt.Errorf("the number of iterations: %w", err)
	}
	for i := 2; i < len(fields); i += 2 {
		v, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return Line{}, fmt.Errorf("the value in %s: %w", fields[i+1], err)
		}
		line.Values = append(line.Values, Value{v, fields[i+1]})
	}
	return line, nil
}
