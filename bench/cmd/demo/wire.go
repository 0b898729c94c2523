package main

import (
	"encoding/json"
	"fmt"
	"slices"
)

// What the v1 API takes, as its public documentation has it.

// identity is what both kinds of series share.
type identity struct {
	Metric string   `json:"metric"`
	Type   string   `json:"type"`
	Host   *string  `json:"host"`
	Device *string  `json:"device"`
	Tags   []string `json:"tags"`
}

// flatSeries is one of POST /api/v1/series.
type flatSeries struct {
	identity
	Interval *int64      `json:"interval"`
	Points   []flatPoint `json:"points"`
}

// distribution is one of POST /api/v1/distribution_points.
type distribution struct {
	identity
	Interval *int64              `json:"interval"`
	Points   []distributionPoint `json:"points"`
}

// flatPoint is [seconds, value], distributionPoint [seconds, [value, …]].
type flatPoint struct {
	unix  int64
	value float64
}

type distributionPoint struct {
	unix   int64
	values []float64
}

func (p *flatPoint) UnmarshalJSON(b []byte) error         { return pair(b, &p.unix, &p.value) }
func (p *distributionPoint) UnmarshalJSON(b []byte) error { return pair(b, &p.unix, &p.values) }

// pair reads a JSON array of exactly two values.
func pair(b []byte, first, second any) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	if len(parts) != 2 {
		return fmt.Errorf("a point has %d parts: want time and value", len(parts))
	}
	if err := json.Unmarshal(parts[0], first); err != nil {
		return err
	}
	return json.Unmarshal(parts[1], second)
}

// wireSeries is a series of either kind.
type wireSeries interface {
	points() int
	wrong() string // why the backend would refuse it; "" if it would not
}

func (s flatSeries) points() int   { return len(s.Points) }
func (s distribution) points() int { return len(s.Points) }

func (s flatSeries) wrong() string {
	if !slices.Contains([]string{"count", "gauge", "rate"}, s.Type) {
		return fmt.Sprintf("series %q has type %q", s.Metric, s.Type)
	}
	return s.identity.wrong(len(s.Points))
}

func (s distribution) wrong() string {
	if s.Type != "" && s.Type != "distribution" {
		return fmt.Sprintf("distribution %q has type %q", s.Metric, s.Type)
	}
	return s.identity.wrong(len(s.Points))
}

func (id identity) wrong(points int) string {
	switch {
	case id.Metric == "":
		return "a series has no metric"
	case points == 0:
		return fmt.Sprintf("series %q has no points", id.Metric)
	}
	return ""
}

func pointsOf[S wireSeries](series []S) int {
	n := 0
	for _, s := range series {
		n += s.points()
	}
	return n
}
