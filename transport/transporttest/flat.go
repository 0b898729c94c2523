package transporttest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shardstats/shardstats/transport"
)

// Flat is one point as it arrived. A reader for [Received] fills in what its
// wire carries; [Arrives] clears the rest in what is expected.
type Flat struct {
	Name string   // as on the wire
	Tags []string // as on the wire; their order does not matter
	Host string
	Unix int64
	// Value is the value of a flat point, the sum of a summary.
	Value float64
	// Count is the number of observations of a summary, 0 for a flat point.
	Count float64
}

// String returns the point on one line.
func (f Flat) String() string {
	s := fmt.Sprintf("%q %q host %q at %d = %v", f.Name, f.Tags, f.Host, f.Unix, f.Value)
	if f.Count != 0 {
		s += fmt.Sprintf(" (%v observations)", f.Count)
	}
	return s
}

// Flatten returns the points of series in order, for transports that keep
// [transport.Series].
func Flatten(series []transport.Series) []Flat {
	var out []Flat
	for i := range series {
		s := &series[i]
		for _, p := range s.Points {
			f := Flat{Name: s.Name, Tags: slices.Clone(s.Tags), Host: s.Host, Unix: p.Unix, Value: p.Value}
			if p.Summary != nil {
				f.Value, f.Count = p.Summary.Sum, p.Summary.Count
			}
			out = append(out, f)
		}
	}
	return out
}

// expected returns how the points of b look when they arrive.
func (e *env) expected(t transport.Transport, b *transport.Batch) []Flat {
	flats := Flatten(b.Series)
	namer, _ := t.(transport.WireNamer)
	for i := range flats {
		f := &flats[i]
		if namer != nil {
			f.Name = namer.WireName(f.Name)
			for j, tag := range f.Tags {
				f.Tags[j] = namer.WireTag(tag)
			}
		}
		if e.cfg.arrives != nil {
			*f = e.cfg.arrives(*f)
		}
	}
	return flats
}

func sameFlat(a, b Flat) bool { return compareFlat(a, b) == 0 }

func compareFlat(a, b Flat) int {
	return cmp.Or(
		compareSeries(a, b),
		cmp.Compare(a.Unix, b.Unix), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Count, b.Count))
}

func compareSeries(a, b Flat) int {
	return cmp.Or(
		cmp.Compare(a.Name, b.Name),
		slices.Compare(slices.Sorted(slices.Values(a.Tags)), slices.Sorted(slices.Values(b.Tags))),
		strings.Compare(a.Host, b.Host))
}

// difference says in one line how got differs from want, "" if it does not.
func (c *config) difference(got, want []Flat) string {
	if c.withinSeries {
		got, want = slices.Clone(got), slices.Clone(want)
		slices.SortStableFunc(got, compareSeries)
		slices.SortStableFunc(want, compareSeries)
	}
	for i := range min(len(got), len(want)) {
		if !sameFlat(got[i], want[i]) {
			return fmt.Sprintf("point %d arrived as %v, want %v", i, got[i], want[i])
		}
	}
	switch {
	case len(got) < len(want):
		return fmt.Sprintf("%d of %d points arrived, the first missing: %v", len(got), len(want), want[len(got)])
	case len(got) > len(want):
		return fmt.Sprintf("%d points arrived, %d were sent, the first too many: %v", len(got), len(want), got[len(want)])
	}
	return ""
}

// missing says which point of want is not in got, "" if all are. It is for
// Sends of which an earlier attempt may have arrived too.
func missing(got, want []Flat) string {
	got, want = slices.SortedFunc(slices.Values(got), compareFlat), slices.SortedFunc(slices.Values(want), compareFlat)
	for _, w := range want {
		i, found := slices.BinarySearchFunc(got, w, compareFlat)
		if !found {
			return fmt.Sprintf("did not arrive: %v", w)
		}
		got = slices.Delete(got, i, i+1)
	}
	return ""
}
