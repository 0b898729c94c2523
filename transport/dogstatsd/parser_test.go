package dogstatsd_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// metric is one line as a strict receiver reads it.
type metric struct {
	name   string
	kind   string
	values []float64
	member string // of a set
	weight int64  // int(1/rate)
	tags   []string

	container, external, cardinality, time string
}

var metricName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]{0,199}$`)

// parseMetric reads a line and is pickier than any receiver: fields come in one
// order, each once, and nothing is empty.
func parseMetric(text string) (m metric, err error) {
	if err := clean(text); err != nil {
		return m, err
	}
	head, rest, found := strings.Cut(text, ":")
	if !found || !metricName.MatchString(head) {
		return m, fmt.Errorf("%q: the name is wrong", text)
	}
	m.name, m.weight = head, 1
	fields := strings.Split(rest, "|")
	if len(fields) < 2 {
		return m, fmt.Errorf("%q: no type", text)
	}
	values := fields[0]
	m.kind = fields[1]
	switch m.kind {
	case "s":
		m.member = values
		if values == "" {
			return m, fmt.Errorf("%q: an empty member", text)
		}
	case "c", "g", "h", "ms", "d":
		for v := range strings.SplitSeq(values, ":") {
			f, err := strconv.ParseFloat(v, 64)
			if err != nil || strings.ContainsAny(v, "xX_+nNiI") {
				return m, fmt.Errorf("%q: the value %q is wrong", text, v)
			}
			m.values = append(m.values, f)
		}
	default:
		return m, fmt.Errorf("%q: the type is wrong", text)
	}
	order := 0
	for _, field := range fields[2:] {
		at, err := m.field(field)
		if err != nil || at <= order {
			return m, fmt.Errorf("%q: the field %q is wrong or out of order: %w", text, field, err)
		}
		order = at
	}
	return m, nil
}

// field reads one field behind the type, and returns its place in the order.
func (m *metric) field(field string) (int, error) {
	for i, f := range []struct {
		prefix string
		to     *string
	}{{"@", nil}, {"#", nil}, {"c:", &m.container}, {"e:", &m.external}, {"T", &m.time}, {"card:", &m.cardinality}} {
		value, found := strings.CutPrefix(field, f.prefix)
		switch {
		case !found:
			continue
		case value == "":
			return 0, errors.New("it is empty")
		case f.prefix == "@":
			rate, err := strconv.ParseFloat(value, 64)
			if err != nil || !(rate > 0 && rate < 1) || slices.Contains([]string{"c", "g", "s"}, m.kind) {
				return 0, errors.New("no rate")
			}
			m.weight = int64(1 / rate)
		case f.prefix == "#":
			m.tags = strings.Split(value, ",")
			if slices.Contains(m.tags, "") {
				return 0, errors.New("an empty tag")
			}
		case f.prefix == "T":
			if _, err := strconv.ParseInt(value, 10, 64); err != nil {
				return 0, err
			}
			fallthrough
		default:
			*f.to = value
		}
		return i + 1, nil
	}
	return 0, errors.New("no such field")
}

// notice is an event or a service check as a strict receiver reads it.
type notice struct {
	check       bool
	title, text string // as the sender meant them
	status      int
	fields      map[string]string // by their letter
	tags        []string
}

var eventHead = regexp.MustCompile(`^_e\{([0-9]+),([0-9]+)\}:`)

func parseNotice(text string) (n notice, err error) {
	if err := clean(text); err != nil {
		return n, err
	}
	n.fields = map[string]string{}
	var rest, letters string
	if m := eventHead.FindStringSubmatch(text); m != nil {
		titleBytes, _ := strconv.Atoi(m[1])
		textBytes, _ := strconv.Atoi(m[2])
		body := text[len(m[0]):]
		if titleBytes == 0 || textBytes == 0 || len(body) < titleBytes+1+textBytes || body[titleBytes] != '|' {
			return n, fmt.Errorf("%q: the lengths are wrong", text)
		}
		n.title = body[:titleBytes]
		n.text = strings.ReplaceAll(body[titleBytes+1:titleBytes+1+textBytes], `\n`, "\n")
		rest, letters = body[titleBytes+1+textBytes:], "dhkpst#ce+"
	} else {
		n.check = true
		parts := strings.SplitN(text, "|", 4)
		if len(parts) < 3 || parts[0] != "_sc" || parts[1] == "" {
			return n, fmt.Errorf("%q: neither an event nor a service check", text)
		}
		n.title = parts[1]
		if n.status, err = strconv.Atoi(parts[2]); err != nil || n.status < 0 || n.status > 3 {
			return n, fmt.Errorf("%q: the status is wrong", text)
		}
		if len(parts) == 4 {
			rest = "|" + parts[3]
		}
		letters = "dh#mce+"
	}
	for rest != "" {
		field, more, found := strings.Cut(rest[1:], "|")
		if rest[0] != '|' || field == "" {
			return n, fmt.Errorf("%q: %q is no field", text, rest)
		}
		rest = ""
		if found {
			rest = "|" + more
		}
		letter, value := field[:1], field[1:]
		if strings.HasPrefix(field, "card:") {
			letter, value = "+", field[4:]
		}
		at := strings.Index(letters, letter)
		if at < 0 {
			return n, fmt.Errorf("%q: the field %q is unknown, twice, or out of order", text, field)
		}
		letters = letters[at+1:]
		if letter == "#" {
			n.tags = strings.Split(value, ",")
			if slices.Contains(n.tags, "") {
				return n, fmt.Errorf("%q: an empty tag", text)
			}
			continue
		}
		value, found = strings.CutPrefix(value, ":")
		if !found || value == "" {
			return n, fmt.Errorf("%q: the field %q is wrong", text, field)
		}
		n.fields[letter] = value
	}
	if n.check {
		m := n.fields["m"]
		if strings.Contains(m, "m:") {
			return n, fmt.Errorf("%q: the message can be taken for a field", text)
		}
		n.text = strings.ReplaceAll(strings.ReplaceAll(m, `\n`, "\n"), `m\:`, "m:")
	}
	return n, nil
}

// clean reports what no line may hold.
func clean(text string) error {
	switch {
	case !utf8.ValidString(text):
		return fmt.Errorf("%q is not UTF-8", text)
	case strings.ContainsFunc(text, unicode.IsControl), strings.ContainsAny(text, "\u2028\u2029"):
		return fmt.Errorf("%q has a control character", text)
	}
	return nil
}
