package replay

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Payloads is what one flush put out under one profile: the reporter's view of
// it, without the requests it was packed into.
type Payloads struct {
	At            Time             `json:"at"`
	Series        []Metric         `json:"series"`
	Distributions []Metric         `json:"distribution_points"`
	Events        []map[string]any `json:"events"`
	Checks        []map[string]any `json:"checks,omitempty"`
}

// Metric is one object of a "series" list.
type Metric struct {
	Metric   string   `json:"metric"`
	Points   []Point  `json:"points"`
	Type     string   `json:"type"`
	Host     *string  `json:"host"`
	Device   *string  `json:"device"`
	Tags     []string `json:"tags"`
	Interval float64  `json:"interval"`
}

// Point is a time and a value, or of a distribution its values.
type Point struct {
	Unix   float64
	Value  float64
	Values []float64 // nil if there is one value
}

// UnmarshalJSON reads [time, value] or [time, [values]].
func (p *Point) UnmarshalJSON(text []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(text, &pair); err != nil || len(pair) != 2 {
		return fmt.Errorf("point %.40s: want [time, value] or [time, [values]]", text)
	}
	if err := json.Unmarshal(pair[0], &p.Unix); err != nil {
		return fmt.Errorf("point %.40s: want a number for the time", text)
	}
	if pair[1][0] == '[' {
		return json.Unmarshal(pair[1], &p.Values)
	}
	return json.Unmarshal(pair[1], &p.Value)
}

// MarshalJSON writes what UnmarshalJSON reads.
func (p Point) MarshalJSON() ([]byte, error) {
	if p.Values != nil {
		return json.Marshal([]any{p.Unix, p.Values})
	}
	return json.Marshal([]any{p.Unix, p.Value})
}

// The endpoints of the API, version 1.
const (
	pathSeries        = "/api/v1/series"
	pathDistributions = "/api/v1/distribution_points"
	pathEvents        = "/api/v1/events"
	pathChecks        = "/api/v1/check_run"
)

// Unpack reads the bodies of requests. Each point becomes a Metric of its own, as
// datadogpy sends them, in the order they were sent.
func Unpack(at Time, requests []Request) (Payloads, error) {
	out := Payloads{At: at}
	for _, r := range requests {
		if err := out.unpack(r); err != nil {
			return Payloads{}, fmt.Errorf("%s %s: %w", r.Method, r.Path, err)
		}
	}
	return out, nil
}

func (out *Payloads) unpack(r Request) error {
	if r.Method != "POST" {
		return fmt.Errorf("want POST")
	}
	switch r.Path {
	case pathSeries:
		return addSeries(&out.Series, r.Body)
	case pathDistributions:
		return addSeries(&out.Distributions, r.Body)
	case pathEvents:
		return addObject(&out.Events, r.Body)
	case pathChecks:
		return addObject(&out.Checks, r.Body)
	}
	return fmt.Errorf("no such endpoint")
}

func addSeries(to *[]Metric, body []byte) error {
	var content struct {
		Series []Metric `json:"series"`
	}
	if err := decodeOne(body, &content); err != nil {
		return err
	}
	for _, m := range content.Series {
		if len(m.Points) == 0 {
			return fmt.Errorf("%s without points", m.Metric)
		}
		for _, p := range m.Points {
			one := m
			one.Points = []Point{p}
			*to = append(*to, one)
		}
	}
	return nil
}

func addObject(to *[]map[string]any, body []byte) error {
	var object map[string]any
	if err := decodeOne(body, &object); err != nil {
		return err
	}
	*to = append(*to, object)
	return nil
}

// String returns m as a line of JSON.
func (m Metric) String() string { return line(m) }

// line returns v as JSON on one line, without the escapes that only HTML needs.
func line(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Sprintf("%v (%v)", v, err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
