package statsd_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sample is one sample of a line, read strictly: nothing but what the encoder is
// to put out passes.
type sample struct {
	path, value, kind string
	rate              string // "" if none
	tags              []string
}

func parse(line string) (s sample, err error) {
	for i := range len(line) {
		if line[i] <= ' ' || line[i] >= 0x7f {
			return s, fmt.Errorf("byte %#x in %q", line[i], line)
		}
	}
	line, tags, tagged := strings.Cut(line, "|#")
	if tagged {
		s.tags = strings.Split(tags, ",")
		for _, tag := range s.tags {
			if tag == "" || strings.ContainsAny(tag, "|#;") {
				return s, fmt.Errorf("tag %q in %q", tag, line)
			}
		}
	}
	path, rest, found := strings.Cut(line, ":")
	fields := strings.Split(rest, "|")
	if !found || path == "" || strings.Contains(rest, ":") || len(fields) < 2 || len(fields) > 3 {
		return s, fmt.Errorf("fields of %q", line)
	}
	for _, part := range strings.Split(path, ".") {
		if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
			return s, fmt.Errorf("path of %q", line)
		}
	}
	s.path, s.value, s.kind = path, fields[0], fields[1]
	if len(fields) == 3 {
		if s.rate, found = strings.CutPrefix(fields[2], "@"); !found || strings.Trim(s.rate, "0123456789.") != "" {
			return s, fmt.Errorf("rate of %q", line)
		}
		if r, err := strconv.ParseFloat(s.rate, 64); err != nil || r <= 0 || r >= 1 || s.kind != "ms" {
			return s, fmt.Errorf("rate of %q", line)
		}
	}
	switch s.kind {
	case "c", "g", "ms":
		_, err = strconv.ParseFloat(s.value, 64)
		if s.kind == "ms" && strings.HasPrefix(s.value, "-") {
			err = errors.New("a negative timing")
		}
	case "s":
		if s.value == "" || strings.Contains(s.value, "@") {
			err = errors.New("no member")
		}
	default:
		err = errors.New("no such type")
	}
	if err != nil {
		return s, fmt.Errorf("%q: %w", line, err)
	}
	return s, nil
}

func parseAll(t testing.TB, lines []string) []sample {
	t.Helper()
	all := make([]sample, len(lines))
	for i, line := range lines {
		var err error
		all[i], err = parse(line)
		require.NoError(t, err)
	}
	return all
}
