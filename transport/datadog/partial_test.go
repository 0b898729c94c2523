package datadog_test

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
)

// A Send of these takes a request for s0, s2 and s4, then one for d1 and d3.
func mixed() *transport.Batch {
	return batch(
		gauge("s0", 1), distribution("d1", []float64{1}), gauge("s2", 1),
		distribution("d3", []float64{1}), gauge("s4", 1))
}

func indexes(se *transport.SendError) []int {
	var out []int
	for _, r := range se.Rejected {
		out = append(out, r.Index)
	}
	return out
}

func TestWhatFailedRequestsSayOfTheOthers(t *testing.T) {
	small := func(dd *datadog.Transport) { dd.SetLimits(140, 1<<20) } // a series in each request
	for _, c := range []struct {
		name      string
		in        *transport.Batch
		small     bool
		request   int // that fails
		answer    http.HandlerFunc
		outcome   transport.Outcome
		delivered int
		rejected  []int
	}{
		{"the first request", mixed(), false, 1, wiretest.Status(503, ""), transport.Retry, 0, nil},
		{"series fail for good, distributions are tried again", mixed(), false, 1, wiretest.Status(404, ""), transport.Retry, 1, []int{0, 2, 4}},
		{"series are unknown, distributions were not tried", mixed(), false, 1, wiretest.Cut, transport.Retry, 0, nil},
		{"distributions may succeed later", mixed(), false, 2, wiretest.Status(503, ""), transport.Retry, 1, nil},
		{"distributions are unknown, and were all tried", mixed(), false, 2, wiretest.Cut, transport.Unknown, 1, nil},
		{"distributions are refused, series not", mixed(), false, 2, wiretest.Status(404, ""), transport.Retry, 5, []int{1, 3}},
		{"poison among distributions", mixed(), false, 2, wiretest.Status(400, ""), transport.Poison, 1, nil},
		{"only series, unknown", batch(gauge("a", 1), gauge("b", 2)), false, 1, wiretest.Cut, transport.Unknown, 0, nil},
		{"only series, refused", batch(gauge("a", 1), gauge("b", 2)), false, 1, wiretest.Status(404, ""), transport.Permanent, 0, nil},
		{"series in three requests, the second refused", batch(gauge("a", 1), gauge("b", 2), gauge("c", 3)), true, 2, wiretest.Status(404, ""), transport.Retry, 2, []int{1}},
		{"series in three requests, the last refused", batch(gauge("a", 1), gauge("b", 2), gauge("c", 3)), true, 3, wiretest.Status(404, ""), transport.Permanent, 2, nil},
		{"series in three requests, the second too large", batch(gauge("a", 1), gauge("b", 2), gauge("c", 3)), true, 2, wiretest.Status(413, ""), transport.TooLarge, 1, nil},
		{"distributions in two requests, the first unknown", batch(distribution("a", []float64{1}), distribution("b", []float64{2})), true, 1, wiretest.Cut, transport.Retry, 1, []int{0}},
		{"distributions in two requests, the last unknown", batch(distribution("a", []float64{1}), distribution("b", []float64{2})), true, 2, wiretest.Cut, transport.Unknown, 1, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := newIntake(t)
			in.Answers(c.request, c.answer)
			dd := open(t, in.URL, func(c *datadog.Config) { c.Compression = datadog.None })
			if c.small {
				small(dd)
			}
			se := failure(t, dd, c.in)
			assert.Equal(t, c.outcome, se.Outcome)
			assert.Equal(t, c.delivered, se.Delivered)
			assert.Equal(t, c.rejected, indexes(se))
			assert.Equal(t, c.request, in.Seen(), "nothing is sent after a failure")
		})
	}
}

func TestPointsThatCannotBeSent(t *testing.T) {
	noSamples := distribution("d", []float64{1})
	noSamples.Points[0].Summary.Samples = nil
	noSummary := distribution("d", []float64{1})
	noSummary.Points[0].Summary = nil
	heavy := distribution("d", []float64{1})
	heavy.Points[0].Summary.Samples[0].Weight = 1e12
	for _, c := range []struct {
		name   string
		bad    transport.Series
		reason string
	}{
		{"not a number", gauge("g", math.NaN()), string(transport.ReasonBadValue)},
		{"infinite", gauge("g", math.Inf(-1)), string(transport.ReasonBadValue)},
		{"a sample that is not a number", distribution("d", []float64{1, math.NaN()}), string(transport.ReasonBadValue)},
		{"a histogram that was not expanded", series("h", transport.KindHistogram, 1), string(transport.ReasonUnsupported)},
		{"a kind that is none", series("x", 77, 1), string(transport.ReasonUnsupported)},
		{"a distribution without a summary", noSummary, string(transport.ReasonUnsupported)},
		{"a distribution without samples", noSamples, string(transport.ReasonUnsupported)},
		{"a sample that stands for a trillion", heavy, string(transport.ReasonTooLarge)},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := newIntake(t)
			dd := open(t, in.URL)
			se := failure(t, dd, batch(gauge("before", 1, 2), distribution("d", []float64{1}), c.bad, gauge("after", 3)))
			assert.Equal(t, 5, se.Delivered, "all but what is rejected")
			require.Equal(t, []int{3}, indexes(se))
			assert.Contains(t, se.Rejected[0].Reason, c.reason)
			assert.Contains(t, se.Error(), c.reason)
			assert.Equal(t, []string{"before", "before", "after", "d"}, in.names())

			se = failure(t, dd, batch(gauge("alone", 1), c.bad))
			assert.Equal(t, transport.Permanent, se.Outcome, "there is nothing to try again")
		})
	}
}

func TestARejectedPointInsideASeries(t *testing.T) {
	in := newIntake(t)
	dd := open(t, in.URL)
	se := failure(t, dd, batch(gauge("g", 1, math.NaN(), 3, math.Inf(1)), gauge("h", 5)))
	assert.Equal(t, 5, se.Delivered)
	assert.Equal(t, []int{1, 3}, indexes(se))
	assert.Equal(t, []string{"g", "g", "h"}, in.names(), "its neighbours arrive")
}

// Whatever goes wrong, a flusher that keeps to the contract gets every point
// across: series at least once, and distribution points exactly once unless
// their answer was lost.
func TestNothingIsLostAndNoDistributionDoubled(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in := unstarted()
		in.Server.Server = httptest.NewServer(in)
		defer in.Close()
		answers := map[string]http.HandlerFunc{
			"ok": nil, "busy": wiretest.Status(503, ""), "cut": wiretest.Cut, "for good": wiretest.Status(404, ""), "denied": wiretest.Status(403, ""),
			"taken, then cut": func(_ http.ResponseWriter, r *http.Request) {
				_ = in.take(r)
				panic(http.ErrAbortHandler)
			},
		}
		var script []string // written before the first request
		in.Ask(func(number int, w http.ResponseWriter, r *http.Request) bool {
			if number > len(script) {
				return true
			}
			answer := answers[script[number-1]]
			if answer == nil {
				return true
			}
			answer(w, r)
			return false
		})

		b := batch()
		for i := range rapid.IntRange(1, 8).Draw(rt, "series") {
			name := fmt.Sprintf("p%d", i)
			switch rapid.IntRange(0, 5).Draw(rt, "kind") {
			case 0, 1:
				b.Series = append(b.Series, gauge(name, 1))
			case 2, 3:
				b.Series = append(b.Series, distribution(name, []float64{1}))
			case 4:
				b.Series = append(b.Series, gauge(name, math.NaN()))
			case 5: // larger than a request
				values := make([]float64, 400)
				b.Series = append(b.Series, distribution(name, values))
			}
		}
		dd := open(t, in.URL, func(c *datadog.Config) { c.Compression = datadog.None })
		dd.SetLimits(rapid.SampledFrom([]int{140, 300, 600}).Draw(rt, "limit"), 1<<20)
		script = rapid.SliceOfN(rapid.SampledFrom([]string{"ok", "ok", "busy", "cut", "taken, then cut", "for good", "denied"}), 0, 6).Draw(rt, "answers")
		refusals := 0
		for _, s := range script {
			if s == "for good" || strings.HasSuffix(s, "cut") {
				refusals++
			}
		}

		delivered, rejected, unknown := map[string]bool{}, map[string]bool{}, map[string]bool{}
		left := b.Series
		for range 50 {
			se := transport.AsSendError(dd.Send(t.Context(), batch(left...)))
			if se == nil {
				se = &transport.SendError{Delivered: len(left)}
			}
			require.LessOrEqual(rt, se.Delivered, len(left))
			refused := map[int]string{}
			for i, r := range se.Rejected {
				require.Less(rt, r.Index, len(left))
				require.True(rt, i == 0 || r.Index > se.Rejected[i-1].Index)
				refused[r.Index] = r.Reason
			}
			var again []transport.Series
			for i, s := range left {
				switch {
				case refused[i] == string(transport.ReasonUnknown):
					require.Equal(rt, transport.KindDistribution, s.Kind, "others can be sent again")
					unknown[s.Name] = true
				case refused[i] != "":
					rejected[s.Name] = true
				case i < se.Delivered:
					delivered[s.Name] = true
				case se.Outcome == transport.Permanent:
					rejected[s.Name] = true
				case se.Outcome == transport.Unknown && s.Kind == transport.KindDistribution:
					unknown[s.Name] = true
				default:
					again = append(again, s)
				}
			}
			left = again
			if len(left) == 0 {
				break
			}
		}
		require.Empty(rt, left)
		arrived := map[string]int{}
		for _, f := range in.flats() {
			arrived[f.Name]++
		}
		for _, s := range b.Series {
			n := arrived[s.Name]
			if delivered[s.Name] {
				require.Positive(rt, n, "%s counts as delivered", s.Name)
			}
			if s.Kind == transport.KindDistribution {
				require.LessOrEqual(rt, n, 1, "%s arrived more than once", s.Name)
				if n == 1 && refusals == 0 {
					require.True(rt, delivered[s.Name], "%s arrived and does not count as delivered", s.Name)
				}
			}
		}
		for _, s := range b.Series { // a series may arrive, its answer be lost, and the next attempt be refused
			if s.Kind == transport.KindDistribution && rejected[s.Name] {
				require.Zero(rt, arrived[s.Name], "%s arrived and counts as rejected", s.Name)
			}
		}
		if refusals == 0 { // nothing may be given up but what cannot be sent
			require.Empty(rt, unknown)
			for _, s := range b.Series {
				fits := s.Kind == transport.KindDistribution && len(s.Points[0].Summary.Samples) == 1 || s.Points[0].Value == 1
				require.Equal(rt, fits, delivered[s.Name], s.Name)
			}
		}
	})
}
