package servers

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// exposition reads a page of metrics: name{labels}, as written, to value.
func exposition(t testing.TB, url string) map[string]float64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	body, err := get(ctx, url)
	if err == nil {
		var page map[string]float64
		if page, err = parseExposition(string(body)); err == nil {
			return page
		}
	}
	t.Errorf("servers: metrics of %s: %v", url, err)
	return nil
}

// parseExposition reads Prometheus' text format 0.0.4 as far as servers without
// timestamps write it.
func parseExposition(page string) (map[string]float64, error) {
	samples := map[string]float64{}
	for line := range strings.Lines(page) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		space := strings.LastIndexByte(line, ' ')
		if space < 0 {
			return nil, fmt.Errorf("%q has no value", line)
		}
		value, err := strconv.ParseFloat(line[space+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		if _, twice := samples[line[:space]]; twice {
			return nil, fmt.Errorf("%q comes twice", line[:space])
		}
		samples[line[:space]] = value
	}
	return samples, nil
}
