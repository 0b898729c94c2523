package replay_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/bench/replay"
	"github.com/shardstats/shardstats/stats"
)

// The model is tested with what datadogpy itself put out.
func TestTheModelIsDatadogpy(t *testing.T) {
	for _, s := range goldenFile(t).Scenarios {
		switch s.Name {
		case "type_mixing", "disabled", "events", "tag_order_and_dups":
			continue // the model knows no types, no events; tags are compared as sets
		}
		require.Empty(t, replay.CompareAll(s.Expect, modelOf(&s, false)), s.Name)
	}
}

// modelOf returns what the model puts out for a scenario.
func modelOf(s *replay.Scenario, merge bool) []replay.Payloads {
	m := &model{
		rollup: 10, namespace: s.Ctor.Namespace, constant: s.Ctor.ConstantTags,
		device: s.Start.Device, merge: merge,
	}
	if s.Start.RollUpInterval != nil {
		m.rollup = *s.Start.RollUpInterval
	}
	var out []replay.Payloads
	done, last := 0, math.Inf(-1)
	for _, f := range s.Flushes {
		to := len(s.Ops)
		if f.After != nil {
			to = *f.After
		}
		for ; done < to; done++ {
			m.add(s.Ops[done], max(float64(f.At)-1e-6, last))
		}
		out = append(out, m.flush(f.At))
		last = float64(f.At)
	}
	return out
}

// Without late points both put out the same, whatever goes in.
func TestRandomScenariosComeOutAsOfDatadogpy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { compareWithModel(t, scenario(t, false), false) })
}

// With late points what is sent last for a time is the merged whole.
func TestLatePointsOfRandomScenariosAreMerged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { compareWithModel(t, scenario(t, true), true) })
}

func compareWithModel(t *rapid.T, s *replay.Scenario, merge bool) {
	cfg, err := s.Config()
	require.NoError(t, err)
	cfg.LateWindow = 1000 * time.Hour
	r, err := s.RunWith(context.Background(), cfg)
	require.NoError(t, err)
	require.Empty(t, r.Ledger.Refused)
	for _, b := range r.Ledger.Transports {
		require.True(t, b.Balanced())
		require.Zero(t, b.DroppedTotal())
	}
	got, err := r.Payloads(stats.ProfileThreadStats)
	require.NoError(t, err)
	if diff := replay.CompareAll(modelOf(s, merge), got); len(diff) > 0 {
		text, _ := json.MarshalIndent(s, "", " ")
		t.Fatalf("%s\n%s", strings.Join(diff, "\n"), text)
	}
	compareProfiles(t, r)
}

// compareProfiles: the default profile sends, in the same flushes, what the rates
// of the other are per second of.
func compareProfiles(t *rapid.T, r *replay.Result) {
	threadstats, err := r.Payloads(stats.ProfileThreadStats)
	require.NoError(t, err)
	standard, err := r.Payloads(stats.ProfileDefault)
	require.NoError(t, err)
	for i := range threadstats {
		counts := map[string]float64{}
		key := func(m replay.Metric) string {
			host := "none"
			if m.Host != nil {
				host = *m.Host + "!"
			}
			return fmt.Sprint(m.Metric, host, slices.Sorted(slices.Values(m.Tags)), m.Points[0].Unix)
		}
		for _, m := range standard[i].Series {
			if m.Type == "count" {
				counts[key(m)] = m.Points[0].Value
			}
		}
		rates := 0
		for _, m := range threadstats[i].Series {
			if m.Type == "rate" {
				rates++
				require.Equal(t, counts[key(m)]/m.Interval, m.Points[0].Value, "%v", m)
			}
		}
		require.Len(t, counts, rates)
	}
}

// scenario draws a scenario. Values are multiples of an eighth, so that sums do
// not depend on the order of adding.
func scenario(t *rapid.T, late bool) *replay.Scenario {
	s := &replay.Scenario{Name: "random"}
	rollup := rapid.SampledFrom([]float64{1, 5, 10, 60}).Draw(t, "roll_up")
	s.Start.RollUpInterval = &rollup
	s.Ctor.Namespace = rapid.SampledFrom([]string{"", "ns"}).Draw(t, "namespace")
	s.Ctor.ConstantTags = rapid.SampledFrom([][]string{nil, {"k:v"}, {"z", "k:v"}}).Draw(t, "constant_tags")
	s.Start.Device = rapid.SampledFrom([]*string{nil, new("dev0")}).Draw(t, "device")
	base := rapid.SampledFrom([]float64{-1000, 60, 1_577_872_800}).Draw(t, "base")

	now, cut := base, base // of the last flush: points before cut are late
	for range rapid.IntRange(1, 5).Draw(t, "flushes") {
		from := base
		if !late {
			from = max(cut, base)
		}
		for range rapid.IntRange(0, 30).Draw(t, "ops") {
			s.Ops = append(s.Ops, operation(t, from, now+3*rollup))
		}
		now += float64(rapid.IntRange(0, int(12*rollup)).Draw(t, "steps")) / 4
		after := len(s.Ops)
		s.Flushes = append(s.Flushes, replay.FlushPlan{After: &after, At: replay.Time(now)})
		cut = now
	}
	for range rapid.IntRange(0, 10).Draw(t, "more ops") {
		s.Ops = append(s.Ops, operation(t, max(cut, base), now+3*rollup))
	}
	now += 5 * rollup
	s.Flushes = append(s.Flushes, replay.FlushPlan{At: replay.Time(now)}, replay.FlushPlan{At: replay.Inf})
	return s
}

// operation draws a submission with a timestamp from..to, or of some kinds
// without one.
func operation(t *rapid.T, from, to float64) replay.Op {
	op := replay.Op{Op: rapid.SampledFrom([]string{
		"increment", "increment", "decrement", "gauge", "histogram", "histogram", "timing", "distribution", "set",
	}).Draw(t, "op")}
	// One name has one kind; a timing and a histogram are one.
	kind := map[string]string{"increment": "c", "decrement": "c", "timing": "h"}[op.Op]
	if kind == "" {
		kind = op.Op[:1]
	}
	op.MetricName = kind + rapid.SampledFrom([]string{"", "1"}).Draw(t, "name")
	value := func(least int) json.RawMessage {
		eighths := rapid.IntRange(least, 8000).Draw(t, "value")
		if eighths%8 == 0 && rapid.Bool().Draw(t, "whole") {
			return json.RawMessage(fmt.Sprint(eighths / 8))
		}
		text, _ := json.Marshal(float64(eighths) / 8)
		return text
	}
	switch op.Op {
	case "increment", "decrement":
		if rapid.Bool().Draw(t, "with a value") {
			op.Value = value(-8000)
		}
	case "set":
		op.Value = json.RawMessage(rapid.SampledFrom([]string{`1`, `"1"`, `"a"`, `true`, `null`, `[1]`, `{"a":1}`, `""`}).Draw(t, "member"))
	default:
		op.Value = value(-8000)
	}
	untimed := op.Op != "gauge" && rapid.IntRange(0, 7).Draw(t, "timed") == 0
	if !untimed {
		at := replay.Time(from + float64(int(rapid.Float64Range(0, 1).Draw(t, "at")*(to-from)*4))/4)
		op.Timestamp = &at
	}
	switch rapid.IntRange(0, 3).Draw(t, "tags") {
	case 1:
		op.Tags = []string{}
	case 2:
		op.Tags = []string{"b:c"}
	case 3:
		op.Tags = rapid.Permutation([]string{"a", "b:c", "d:e"}).Draw(t, "order")[:rapid.IntRange(1, 3).Draw(t, "number")]
	}
	op.Host = rapid.SampledFrom([]*string{nil, nil, new(""), new("web-1"), new("web-2")}).Draw(t, "host")
	op.SampleRate = rapid.SampledFrom([]*float64{nil, new(1.0)}).Draw(t, "sample_rate")
	return op
}
