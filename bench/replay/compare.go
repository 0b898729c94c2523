package replay

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
)

// avgTolerance is by how much, relative to it, an average may differ: the values
// of a bucket are added up in another order.
const avgTolerance = 1e-12

// Compare returns what differs between two outputs of a flush, a line each; none
// if they are equal. Series may come in any order, but the figures of a histogram
// come in theirs. Tags are compared as sets, null like none. A point of a
// distribution may have its values in any order. Averages may differ by 1e-12 of
// their value, every other number not at all. Events are compared in their order,
// with all fields.
func Compare(want, got Payloads) []string {
	var diff []string
	complain := func(format string, args ...any) { diff = append(diff, fmt.Sprintf(format, args...)) }
	places := compareSeries("series", want.Series, got.Series, complain)
	compareOrder(want.Series, places, complain)
	compareSeries("distribution_points", want.Distributions, got.Distributions, complain)
	compareObjects("event", want.Events, got.Events, complain)
	compareObjects("check", want.Checks, got.Checks, complain)
	return diff
}

type complainer func(format string, args ...any)

// compareSeries finds for each wanted series the one that came, and returns its
// place; -1 if there is none.
func compareSeries(list string, want, got []Metric, complain complainer) []int {
	came := map[string][]int{} // places, by identity
	for i, m := range got {
		key := identity(m)
		came[key] = append(came[key], i)
	}
	places := make([]int, len(want))
	for i, m := range want {
		key := identity(m)
		if len(came[key]) == 0 {
			places[i] = -1
			complain("%s: missing %v", list, m)
			continue
		}
		places[i], came[key] = came[key][0], came[key][1:]
		if g := got[places[i]]; !samePoint(m, g) {
			complain("%s: want %v, got %v", list, m, g)
		}
	}
	for i, m := range got {
		if slices.Contains(came[identity(m)], i) {
			complain("%s: unexpected %v", list, m)
		}
	}
	return places
}

// identity returns everything of a series but its value.
func identity(m Metric) string {
	tags := slices.Compact(slices.Sorted(slices.Values(m.Tags)))
	unix := math.NaN()
	if len(m.Points) == 1 {
		unix = m.Points[0].Unix
	}
	return fmt.Sprintf("%q %q %s %s %q %v %v", m.Metric, m.Type, quoted(m.Host), quoted(m.Device), tags, m.Interval, unix)
}

func quoted(s *string) string {
	if s == nil {
		return "null"
	}
	return fmt.Sprintf("%q", *s)
}

func samePoint(want, got Metric) bool {
	if len(want.Points) != 1 || len(got.Points) != 1 {
		return false
	}
	w, g := want.Points[0], got.Points[0]
	if w.Values != nil || g.Values != nil {
		return slices.Equal(slices.Sorted(slices.Values(w.Values)), slices.Sorted(slices.Values(g.Values)))
	}
	if want.Type == "gauge" && strings.HasSuffix(want.Metric, ".avg") {
		return math.Abs(w.Value-g.Value) <= avgTolerance*math.Abs(w.Value)
	}
	return w.Value == g.Value
}

// figures are what a histogram becomes, in order.
var figures = []string{".min", ".max", ".count", ".avg", ".75percentile", ".85percentile", ".95percentile", ".99percentile"}

// compareOrder looks for the figures of histograms among those wanted, and
// whether those that came are in the same order.
func compareOrder(want []Metric, places []int, complain complainer) {
	for i := range want {
		if !isHistogram(want[i:]) {
			continue
		}
		if p := places[i : i+len(figures)]; !slices.Contains(p, -1) && !slices.IsSorted(p) {
			complain("series: the figures of %v do not come in the order %s", want[i], strings.Join(figures, " "))
		}
	}
}

func isHistogram(m []Metric) bool {
	if len(m) < len(figures) {
		return false
	}
	base, ok := strings.CutSuffix(m[0].Metric, figures[0])
	for i, figure := range figures {
		ok = ok && m[i].Metric == base+figure
	}
	return ok
}

func compareObjects(what string, want, got []map[string]any, complain complainer) {
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			complain("%s %d: missing %s", what, i+1, line(want[i]))
		case i >= len(want):
			complain("%s %d: unexpected %s", what, i+1, line(got[i]))
		case !reflect.DeepEqual(normal(want[i]), normal(got[i])):
			complain("%s %d: want %s, got %s", what, i+1, line(want[i]), line(got[i]))
		}
	}
}

// normal returns an event with its tags sorted and distinct.
func normal(object map[string]any) map[string]any {
	out := map[string]any{}
	for key, value := range object {
		tags, ok := value.([]any)
		if key != "tags" || !ok {
			out[key] = value
			continue
		}
		var texts []string
		for _, tag := range tags {
			texts = append(texts, fmt.Sprintf("%q", tag))
		}
		out[key] = slices.Compact(slices.Sorted(slices.Values(texts)))
	}
	if tags, ok := out["tags"].([]string); out["tags"] == nil || ok && len(tags) == 0 {
		delete(out, "tags")
	}
	return out
}
