package replay_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/replay"
	"github.com/shardstats/shardstats/stats"
)

func TestWhatHasNoTimeIsOfTheBucketBeforeTheFlush(t *testing.T) {
	out := output(t, steps(t,
		`{"op":"increment","metric_name":"a"}`,
		`{"op":"flush","at":110}`,
		`{"op":"increment","metric_name":"b"}`,
		`{"op":"flush","at":110}`, // at the same time: b came after the first of them
		`{"op":"flush","at":120}`,
		`{"op":"increment","metric_name":"c"}`,
		`{"op":"flush","at":125}`, // its bucket is open
		`{"op":"increment","metric_name":"d","timestamp":177}`,
		`{"op":"increment","metric_name":"e"}`, // as late as the latest there is
		`{"op":"flush","at":"inf"}`,
	))
	assert.Equal(t, []string{"a = [100,0.1]"}, brief(out[0].Series))
	assert.Empty(t, out[1].Series)
	assert.Equal(t, []string{"b = [110,0.1]"}, brief(out[2].Series))
	assert.Empty(t, out[3].Series)
	assert.ElementsMatch(t, []string{"c = [120,0.1]", "d = [170,0.1]", "e = [170,0.1]"}, brief(out[4].Series))
}

func TestALogWithoutAnyTimeIsOfNow(t *testing.T) {
	before := time.Now().Unix()
	out := output(t, steps(t, `{"op":"gauge","metric_name":"g","value":1}`, `{"op":"flush","at":"inf"}`))
	require.Len(t, out[0].Series, 1)
	assert.GreaterOrEqual(t, out[0].Series[0].Points[0].Unix, float64(before-10))
	assert.LessOrEqual(t, out[0].Series[0].Points[0].Unix, float64(time.Now().Unix()))
}

// The logs of a client that is flushed by hand hold some hundred thousand
// submissions; a log may have more between two flushes.
func TestMoreSubmissionsThanALogHolds(t *testing.T) {
	p, err := replay.Open(replay.Config{Profiles: []stats.Profile{stats.ProfileDefault}})
	require.NoError(t, err)
	op, err := replay.ParseOp([]byte(`{"op":"increment","metric_name":"c","timestamp":100}`))
	require.NoError(t, err)
	const n = 600_000
	for range n {
		require.NoError(t, p.Do(t.Context(), op))
	}
	f, err := p.Flush(t.Context(), 110)
	require.NoError(t, err)
	out, err := replay.Unpack(f.At, f.Of(stats.ProfileDefault))
	require.NoError(t, err)
	assert.Equal(t, []string{fmt.Sprintf("c = [100,%d]", n)}, brief(out.Series))
	assert.Empty(t, p.Ledger().Refused)
	_, err = p.Close(t.Context())
	require.NoError(t, err)
}

func TestBothProfilesGetTheSame(t *testing.T) {
	s := steps(t,
		`{"op":"increment","metric_name":"c","value":3,"timestamp":100}`,
		`{"op":"histogram","metric_name":"h","value":2,"timestamp":100}`,
		`{"op":"histogram","metric_name":"h","value":4,"timestamp":100}`,
		`{"op":"flush","at":110}`,
	)
	r, err := s.Run(t.Context())
	require.NoError(t, err)
	require.Len(t, r.Flushes, 1)
	for profile, want := range map[stats.Profile][]string{
		stats.ProfileThreadStats: {
			"c = [100,0.3]",
			"h.min = [100,2]", "h.max = [100,4]", "h.count = [100,0.2]", "h.avg = [100,3]",
			"h.75percentile = [100,2]", "h.85percentile = [100,4]", "h.95percentile = [100,4]", "h.99percentile = [100,4]",
		},
		stats.ProfileDefault: {
			"c = [100,3]",
			"h.min = [100,2]", "h.max = [100,4]", "h.sum = [100,6]", "h.avg = [100,3]",
			"h.median = [100,2]", "h.95percentile = [100,4]", "h.count = [100,2]",
		},
	} {
		requests := r.Flushes[0].Of(profile)
		require.Len(t, requests, 1)
		assert.Equal(t, "POST", requests[0].Method)
		assert.Equal(t, "/api/v1/series", requests[0].Path)
		assert.Equal(t, "application/json", requests[0].Header.Get("Content-Type"))
		assert.Empty(t, requests[0].Header.Get("Content-Encoding"))
		out, err := replay.Unpack(110, requests)
		require.NoError(t, err)
		assert.ElementsMatch(t, want, brief(out.Series))
	}
}

// Whole nanoseconds go through Client.Timing, any other number of milliseconds as
// it is; either way it comes out as it went in.
func TestTimingsComeOutAsTheyWentIn(t *testing.T) {
	for _, ms := range []string{"12.5", "0", "-3", "0.000001", "0.1", "0.0000001234567", "1e300", "123456.789012345"} {
		out := output(t, steps(t,
			`{"op":"timing","metric_name":"t","value":`+ms+`,"timestamp":100}`,
			`{"op":"timing","metric_name":"t","value":`+ms+`,"timestamp":100,"sample_rate":1}`,
			`{"op":"flush","at":110}`,
		))
		want := replay.Point{Unix: 100}
		_, err := fmt.Sscan(ms, &want.Value)
		require.NoError(t, err)
		for _, figure := range []string{"t.min", "t.max", "t.99percentile"} {
			assert.Equal(t, []replay.Point{want}, values(out[0], figure, "gauge"), ms)
		}
	}
	// In ThreadStats a timing is a histogram: of one name they are one series.
	out := output(t, steps(t,
		`{"op":"timing","metric_name":"t","value":1,"timestamp":100}`,
		`{"op":"histogram","metric_name":"t","value":3,"timestamp":100}`,
		`{"op":"flush","at":110}`,
	))
	assert.Equal(t, []replay.Point{{Unix: 100, Value: 0.2}}, values(out[0], "t.count", "rate"))
	assert.Len(t, out[0].Series, 8)
}

func TestNumbersOfCounters(t *testing.T) {
	out := output(t, steps(t,
		`{"op":"increment","metric_name":"one","timestamp":100}`,
		`{"op":"decrement","metric_name":"less","timestamp":100}`,
		`{"op":"increment","metric_name":"whole","value":30,"timestamp":100}`,
		`{"op":"decrement","metric_name":"back","value":-30,"timestamp":100}`,
		`{"op":"increment","metric_name":"half","value":0.5,"timestamp":100}`,
		`{"op":"increment","metric_name":"mixed","value":1,"timestamp":100}`,
		`{"op":"increment","metric_name":"mixed","value":0.25}`,
		`{"op":"increment","metric_name":"large","value":1e20,"timestamp":100}`,
		`{"op":"decrement","metric_name":"least","value":-9223372036854775808,"timestamp":100}`,
		`{"op":"increment","metric_name":"zero","value":0,"timestamp":100}`,
		`{"op":"flush","at":110}`,
	))
	assert.ElementsMatch(t, []string{
		"one = [100,0.1]", "less = [100,-0.1]", "whole = [100,3]", "back = [100,3]", "half = [100,0.05]",
		"mixed = [100,0.125]", "large = [100,10000000000000000000]", "least = [100,922337203685477600]", "zero = [100,0]",
	}, brief(out[0].Series))
}

func TestARateNeedsTwoSamples(t *testing.T) {
	out := output(t, steps(t,
		`{"op":"rate","metric_name":"r","value":100,"timestamp":100}`,
		`{"op":"rate","metric_name":"r","value":130,"timestamp":106}`,
		`{"op":"flush","at":110}`,
	))
	assert.Equal(t, []string{"r = [100,5]"}, brief(out[0].Series))
}

func TestWhatIsRefusedIsInTheLedger(t *testing.T) {
	r, err := steps(t,
		`{"op":"increment","metric_name":"c","timestamp":100,"sample_rate":0}`,
		`{"op":"increment","metric_name":"c","timestamp":100,"sample_rate":1.5}`,
		`{"op":"flush","at":110}`,
	).Run(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[stats.Reason]uint64{"bad_rate": 2}, r.Ledger.Refused)
	assert.Empty(t, r.Flushes[0].Requests)
}

func TestAClientThatCannotBeMade(t *testing.T) {
	_, err := replay.Open(replay.Config{Rollup: 1500 * time.Millisecond})
	require.ErrorContains(t, err, "WithRollupInterval(1.5s): give whole seconds")

	s := steps(t, `{"op":"flush","at":1}`)
	s.Start.RollUpInterval = new(-1.0)
	_, err = s.Run(t.Context())
	require.ErrorContains(t, err, "roll_up_interval is -1: want seconds above 0")

	p, err := replay.Open(replay.Config{})
	require.NoError(t, err)
	assert.ErrorContains(t, p.Do(t.Context(), replay.Op{Op: "flush"}), "done by Player.Flush")
	_, err = p.Close(t.Context())
	require.NoError(t, err)
}

func TestScenariosThatAreWrong(t *testing.T) {
	for says, text := range map[string]string{
		"not complete":                    `{"scenarios":[`,
		`unknown field "colour"`:          `{"scenarios":[{"colour":"red"}]}`,
		"flush 1 is after 2 operations":   `{"scenarios":[{"ops":[],"flushes":[{"after":2,"at":1}]}]}`,
		"flush 2 is after 0 operations":   `{"scenarios":[{"ops":[{"op":"increment","metric_name":"c"}],"flushes":[{"after":1,"at":1},{"after":0,"at":1}]}]}`,
		"operation 1 is a flush":          `{"scenarios":[{"ops":[{"op":"flush"}]}]}`,
		"1 flushes and 2 expectations":    `{"scenarios":[{"flushes":[{"at":1}],"expect":[{"at":1},{"at":1}]}]}`,
		"roll_up_interval is 0":           `{"scenarios":[{"start":{"roll_up_interval":0}}]}`,
		`increment without "metric_name"`: `{"scenarios":[{"ops":[{"op":"increment"}]}]}`,
		`point [1]: want [time, value]`:   `{"scenarios":[{"flushes":[{"at":1}],"expect":[{"at":1,"series":[{"points":[[1]]}]}]}]}`,
	} {
		_, err := replay.ReadFile(strings.NewReader(text))
		assert.ErrorContains(t, err, says)
	}
}
