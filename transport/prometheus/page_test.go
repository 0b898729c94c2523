package prometheus_test

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// page is what a strict reader makes of a text.
type page struct {
	families map[string]*pageFamily
	order    []string
}

type pageFamily struct {
	kind, help, unit string
	samples          []pageSample
}

type pageSample struct {
	name   string
	labels map[string]string
	value  float64
}

func (s pageSample) key() string { return s.name + fmt.Sprint(s.labels) } // maps print sorted

var (
	nameOf  = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	labelOf = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
	numeral = regexp.MustCompile(`^(-?[0-9]+(\.[0-9]+)?(e[+-][0-9]+)?|\+Inf)$`)
)

// readPage reads the text format 0.0.4, or OpenMetrics 1.0, and errs at anything odd.
func readPage(text string, open bool) (*page, error) {
	p := &page{families: map[string]*pageFamily{}}
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("not UTF-8")
	}
	if open {
		var ok bool
		if text, ok = strings.CutSuffix(text, "# EOF\n"); !ok {
			return nil, fmt.Errorf("no # EOF at the end")
		}
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		return nil, fmt.Errorf("the last line does not end")
	}
	var now *pageFamily
	name, seen := "", map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if about, ok := strings.CutPrefix(line, "# "); ok {
			parts := strings.SplitN(about, " ", 3)
			if len(parts) != 3 || !nameOf.MatchString(parts[1]) {
				return nil, fmt.Errorf("line %q", line)
			}
			if parts[1] != name {
				name = parts[1]
				if p.families[name] != nil {
					return nil, fmt.Errorf("%s comes twice", name)
				}
				now = &pageFamily{}
				p.families[name] = now
				p.order = append(p.order, name)
			}
			var into *string
			switch parts[0] {
			case "HELP":
				into = &now.help
				var err error
				if parts[2], err = unescape(parts[2], open); err != nil {
					return nil, err
				}
			case "TYPE":
				into = &now.kind
			case "UNIT":
				if into = &now.unit; !open || !strings.HasSuffix(name, "_"+parts[2]) {
					return nil, fmt.Errorf("line %q", line)
				}
			default:
				return nil, fmt.Errorf("line %q", line)
			}
			if *into != "" || parts[2] == "" || len(now.samples) > 0 {
				return nil, fmt.Errorf("line %q comes too late, or says nothing", line)
			}
			*into = parts[2]
			continue
		}
		s, err := readSample(line)
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", line, err)
		}
		if now == nil || seen[s.key()] {
			return nil, fmt.Errorf("line %q has no family, or comes twice", line)
		}
		seen[s.key()] = true
		if err := belongs(name, now.kind, s, open); err != nil {
			return nil, fmt.Errorf("line %q: %w", line, err)
		}
		now.samples = append(now.samples, s)
	}
	for name, f := range p.families {
		if len(f.samples) == 0 {
			return nil, fmt.Errorf("%s has no samples", name)
		}
		if err := f.consistent(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return p, nil
}

func unescape(text string, quotes bool) (string, error) {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '"' && quotes:
			return "", fmt.Errorf("a bare quote in %q", text)
		case c != '\\':
			out.WriteByte(c)
			continue
		}
		i++
		if i == len(text) {
			return "", fmt.Errorf("%q ends in an escape", text)
		}
		switch {
		case text[i] == 'n':
			out.WriteByte('\n')
		case text[i] == '\\', text[i] == '"' && quotes:
			out.WriteByte(text[i])
		default:
			return "", fmt.Errorf("escape \\%c", text[i])
		}
	}
	return out.String(), nil
}

func readSample(line string) (s pageSample, err error) {
	s.labels = map[string]string{}
	end := strings.IndexAny(line, "{ ")
	if end < 0 {
		return s, fmt.Errorf("no value")
	}
	s.name = line[:end]
	if !nameOf.MatchString(s.name) {
		return s, fmt.Errorf("name %q", s.name)
	}
	rest := line[end:]
	if rest[0] == '{' {
		rest = rest[1:]
		for {
			key, after, ok := strings.Cut(rest, `="`)
			if !ok || !labelOf.MatchString(key) || strings.HasPrefix(key, "__") {
				return s, fmt.Errorf("label %q", key)
			}
			end := 0
			for end < len(after) && after[end] != '"' {
				if after[end] == '\\' {
					end++
				}
				end++
			}
			if end >= len(after) {
				return s, fmt.Errorf("a label without an end")
			}
			value, err := unescape(after[:end], true)
			if _, twice := s.labels[key]; err != nil || twice || value == "" {
				return s, fmt.Errorf("label %s=%q: %w", key, value, err)
			}
			s.labels[key] = value
			rest = after[end+1:]
			if rest != "" && rest[0] == ',' {
				rest = rest[1:]
				continue
			}
			break
		}
		if rest == "" || rest[0] != '}' {
			return s, fmt.Errorf("no end of labels at %q", rest)
		}
		rest = rest[1:]
	}
	number, ok := strings.CutPrefix(rest, " ")
	if !ok || !numeral.MatchString(number) {
		return s, fmt.Errorf("value %q", rest)
	}
	s.value, err = strconv.ParseFloat(number, 64)
	return s, err
}

// belongs checks the name of a sample and its own labels against its family.
func belongs(family, kind string, s pageSample, open bool) error {
	_, le := s.labels["le"]
	quantile, hasQuantile := s.labels["quantile"]
	suffix, ok := strings.CutPrefix(s.name, family)
	switch {
	case !ok:
	case kind == "counter" && (open && suffix == "_total" || !open && suffix == ""), kind == "gauge" && suffix == "",
		kind == "summary" && (suffix == "_sum" || suffix == "_count"), kind == "histogram" && (suffix == "_sum" || suffix == "_count"):
		if !le && !hasQuantile {
			return nil
		}
	case kind == "summary" && suffix == "" && hasQuantile && !le:
		if q, err := strconv.ParseFloat(quantile, 64); err == nil && q >= 0 && q <= 1 {
			return nil
		}
	case kind == "histogram" && suffix == "_bucket" && le && !hasQuantile:
		return nil
	}
	return fmt.Errorf("no part of the %s %s", kind, family)
}

// consistent checks that buckets ascend, and that the last is the count.
func (f *pageFamily) consistent() error {
	if f.kind != "histogram" {
		return nil
	}
	bound, count := math.Inf(-1), 0.0
	for _, s := range f.samples {
		switch {
		case strings.HasSuffix(s.name, "_bucket"):
			le, err := strconv.ParseFloat(s.labels["le"], 64)
			if err != nil || le <= bound || s.value < count {
				return fmt.Errorf("bucket %v = %v after %v = %v", le, s.value, bound, count)
			}
			bound, count = le, s.value
		case strings.HasSuffix(s.name, "_count"):
			if !math.IsInf(bound, 1) || s.value != count {
				return fmt.Errorf("the last bucket is %v = %v, the count %v", bound, count, s.value)
			}
			bound, count = math.Inf(-1), 0
		}
	}
	return nil
}
