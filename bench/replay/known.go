package replay

import (
	"fmt"
	"math"
	"slices"
)

// Known is a scenario of the bundled golden file that comes out otherwise on
// purpose.
type Known struct {
	Why string
	// Check returns what differs from the output that is right, a line each.
	Check func(expect, got []Payloads) []string
}

// KnownDifferences are the scenarios where this library does what datadogpy
// should, by name.
var KnownDifferences = map[string]Known{
	"counter_upstream": {
		"a late point is added to its bucket, which is sent again whole: Datadog keeps the last value of a time",
		otherwise(func(e []Payloads) { value(e[1].Series, 1.1) }),
	},
	"late_point_same_bucket_twice": {
		"a late point is added to its bucket, which is sent again whole: Datadog keeps the last value of a time",
		otherwise(func(e []Payloads) { value(e[1].Series, 0.6) }),
	},
	"type_mixing": {
		"a gauge and a counter of one name are two series, not one of the type that came first",
		otherwise(func(e []Payloads) {
			gauge := e[0].Series[0]
			counter := gauge
			counter.Type = "rate"
			e[0].Series = []Metric{gauge, counter}
			value(e[0].Series[:1], 5)
			value(e[0].Series[1:], 0.7)
		}),
	},
	"tag_order_and_dups": {
		"a tag given twice is given once",
		otherwise(func(e []Payloads) {
			e[0].Series = slices.Delete(e[0].Series, 1, 2)
			value(e[0].Series[:1], 0.3)
		}),
	},
	"sample_rate_ignored": {
		"a sampling rate is heeded: each submission that is kept weighs 1/rate",
		sampled,
	},
}

// otherwise returns a Check that compares with what datadogpy put out, changed by
// right.
func otherwise(right func([]Payloads)) func(expect, got []Payloads) []string {
	return func(expect, got []Payloads) []string {
		expect = slices.Clone(expect)
		for i := range expect {
			expect[i].Series = slices.Clone(expect[i].Series)
		}
		right(expect)
		return CompareAll(expect, got)
	}
}

// value gives a value to series of one point each.
func value(series []Metric, v float64) {
	for i := range series {
		series[i].Points = []Point{{Unix: series[i].Points[0].Unix, Value: v}}
	}
}

// sampled checks ten increments sampled at a tenth, over ten seconds: each that
// is kept adds 1 to the rate, and if none is nothing is sent.
func sampled(expect, got []Payloads) []string {
	if len(got) == 1 && len(got[0].Series) == 1 {
		rate := got[0].Series[0].Points[0].Value
		if rate != math.Trunc(rate) || rate < 1 || rate > 10 {
			return []string{fmt.Sprintf("the rate is %v: want a whole number from 1 to 10", rate)}
		}
	}
	return otherwise(func(e []Payloads) {
		if len(got) == 1 && len(got[0].Series) == 0 {
			e[0].Series = nil
		} else if len(got) == 1 {
			value(e[0].Series, got[0].Series[0].Points[0].Value)
		}
	})(expect, got)
}

// CompareAll compares outputs flush by flush, naming the flush.
func CompareAll(want, got []Payloads) []string {
	if len(want) != len(got) {
		return []string{fmt.Sprintf("want %d flushes, got %d", len(want), len(got))}
	}
	var diff []string
	for i := range want {
		if want[i].At != got[i].At {
			diff = append(diff, fmt.Sprintf("flush %d: want one at %v, got %v", i+1, want[i].At, got[i].At))
		}
		for _, d := range Compare(want[i], got[i]) {
			diff = append(diff, fmt.Sprintf("flush %d: %s", i+1, d))
		}
	}
	return diff
}
