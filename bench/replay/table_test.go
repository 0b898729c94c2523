package replay_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/replay"
	"github.com/shardstats/shardstats/stats"
)

// The golden file lacks some of datadogpy's own unit tests. They are here.

// steps makes a scenario of lines of a log, flushes among them.
func steps(t *testing.T, lines ...string) *replay.Scenario {
	t.Helper()
	s := &replay.Scenario{Name: t.Name()}
	for op, err := range replay.ReadLog(strings.NewReader(strings.Join(lines, "\n"))) {
		require.NoError(t, err)
		if op.Op == "flush" {
			after := len(s.Ops)
			s.Flushes = append(s.Flushes, replay.FlushPlan{After: &after, At: *op.At})
			continue
		}
		s.Ops = append(s.Ops, op)
	}
	return s
}

// brief returns series as "name host value@time #tags".
func brief(list []replay.Metric) []string {
	out := []string{}
	for _, m := range list {
		text := m.Metric
		if m.Host != nil {
			text += " on " + quote(*m.Host)
		}
		text += " = " + line(m.Points[0])
		if len(m.Tags) > 0 {
			text += " #" + strings.Join(m.Tags, ",")
		}
		out = append(out, text)
	}
	return out
}

func quote(s string) string { return `"` + s + `"` }

func line(p replay.Point) string {
	text, _ := p.MarshalJSON()
	return string(text)
}

func TestSets(t *testing.T) {
	out := output(t, steps(t,
		`{"op":"set","metric_name":"s1","value":"a string","timestamp":100}`,
		`{"op":"set","metric_name":"s1","value":[],"timestamp":105}`, // a frozenset() there
		`{"op":"set","metric_name":"s2","value":30,"timestamp":115}`,
		`{"op":"set","metric_name":"s3","value":30,"timestamp":125}`,
		`{"op":"flush","at":120}`, `{"op":"flush","at":130}`, `{"op":"flush","at":150}`,
	))
	assert.Equal(t, []string{"s1 = [100,2]", "s2 = [110,1]"}, brief(out[0].Series))
	assert.Equal(t, []string{"s3 = [120,1]"}, brief(out[1].Series))
	assert.Empty(t, out[2].Series)
	assert.Equal(t, "gauge", out[0].Series[0].Type)

	out = output(t, steps(t,
		`{"op":"set","metric_name":"s","value":1,"timestamp":100}`,
		`{"op":"set","metric_name":"s","value":1.0,"timestamp":101}`,
		`{"op":"set","metric_name":"s","value":"1","timestamp":102}`,
		`{"op":"set","metric_name":"s","member":"1","timestamp":103}`,
		`{"op":"flush","at":105}`, // not closed yet
		`{"op":"set","metric_name":"s","value":true,"timestamp":109}`,
		`{"op":"flush","at":110}`,
		`{"op":"set","metric_name":"s","value":null,"timestamp":100}`,
		`{"op":"set","metric_name":"s","value":1,"timestamp":100}`,
		`{"op":"flush","at":111}`,
	))
	assert.Empty(t, out[0].Series)
	assert.Equal(t, []string{"s = [100,3]"}, brief(out[1].Series))
	assert.Equal(t, []string{"s = [100,4]"}, brief(out[2].Series), "late: the whole set")
}

func TestHosts(t *testing.T) {
	out := output(t, steps(t,
		`{"op":"gauge","metric_name":"g","value":12,"timestamp":100,"host":""}`,
		`{"op":"gauge","metric_name":"g","value":10,"timestamp":100,"host":null}`,
		`{"op":"gauge","metric_name":"g","value":15,"timestamp":100,"host":"test"}`,
		`{"op":"increment","metric_name":"c","timestamp":100}`,
		`{"op":"increment","metric_name":"c","timestamp":100,"host":null}`,
		`{"op":"increment","metric_name":"c","timestamp":100,"host":"test"}`,
		`{"op":"increment","metric_name":"c","timestamp":100,"host":"test","tags":["tag"]}`,
		`{"op":"increment","metric_name":"c","timestamp":100,"host":"test","tags":["tag"]}`,
		`{"op":"flush","at":200}`,
	))
	assert.ElementsMatch(t, []string{
		`g on "" = [100,12]`, `g = [100,10]`, `g on "test" = [100,15]`,
		`c = [100,0.2]`, `c on "test" = [100,0.1]`, `c on "test" = [100,0.2] #tag`,
	}, brief(out[0].Series))
	for _, m := range out[0].Series {
		assert.Nil(t, m.Device)
	}
}

func TestHostsOfOtherKinds(t *testing.T) {
	out := output(t, steps(t,
		`{"op":"set","metric_name":"s","value":1,"timestamp":100,"host":"a"}`,
		`{"op":"set","metric_name":"s","value":1,"timestamp":100,"host":"b"}`,
		`{"op":"set","metric_name":"s","value":2,"timestamp":100,"host":"b"}`,
		`{"op":"distribution","metric_name":"d","value":1,"timestamp":100,"host":"a"}`,
		`{"op":"distribution","metric_name":"d","value":2,"timestamp":100,"host":""}`,
		`{"op":"timing","metric_name":"t","value":0.125,"host":"a"}`,
		`{"op":"flush","at":110}`,
	))
	assert.Subset(t, brief(out[0].Series), []string{
		`s on "a" = [100,1]`, `s on "b" = [100,2]`, `t.max on "a" = [100,0.125]`,
	})
	assert.ElementsMatch(t, []string{`d on "a" = [100,[1]]`, `d on "" = [100,[2]]`}, brief(out[0].Distributions))
}

func TestEdgesOfBuckets(t *testing.T) {
	out := output(t, steps(t,
		`{"op":"gauge","metric_name":"g","value":1,"timestamp":100}`,
		`{"op":"flush","at":109.99}`, `{"op":"flush","at":110}`,
		`{"op":"gauge","metric_name":"below","value":1,"timestamp":-3}`,
		`{"op":"gauge","metric_name":"fraction","value":2,"timestamp":99.9}`,
		`{"op":"decrement","metric_name":"d","timestamp":112}`,
		`{"op":"decrement","metric_name":"d","value":2.5,"timestamp":112}`,
		`{"op":"gauge","metric_name":"now","value":3,"timestamp":0}`,
		`{"op":"gauge","metric_name":"far","value":4,"timestamp":10000000000}`,
		`{"op":"flush","at":120}`, `{"op":"flush","at":"inf"}`,
	))
	assert.Empty(t, out[0].Series)
	assert.Equal(t, []string{"g = [100,1]"}, brief(out[1].Series))
	assert.ElementsMatch(t, []string{"below = [-10,1]", "fraction = [90,2]", "d = [110,-0.35]", "now = [110,3]"}, brief(out[2].Series))
	assert.Equal(t, []string{"far = [10000000000,4]"}, brief(out[3].Series))

	minute := steps(t,
		`{"op":"increment","metric_name":"c","value":30,"timestamp":119}`,
		`{"op":"increment","metric_name":"c","value":30,"timestamp":120}`,
		`{"op":"increment","metric_name":"c","value":30,"timestamp":179}`,
		`{"op":"increment","metric_name":"c","value":60,"timestamp":180}`,
		`{"op":"flush","at":125}`, `{"op":"flush","at":180}`, `{"op":"flush","at":240}`,
	)
	minute.Start.RollUpInterval = new(60.0)
	out = output(t, minute)
	for i, want := range []string{"c = [60,0.5]", "c = [120,1]", "c = [180,1]"} {
		assert.Equal(t, []string{want}, brief(out[i].Series))
	}
}

// Beyond what a reservoir holds, percentiles are of a sample: datadogpy's own test
// lets them be 8 off, since its sample favours the last values.
func TestPercentilesOfMoreThanAReservoirHolds(t *testing.T) {
	const series = 8
	s := &replay.Scenario{Flushes: []replay.FlushPlan{{At: 2000}}}
	for i := range 20 * 100 {
		value, err := json.Marshal(i / 20) // in order, which a biased sample would show
		require.NoError(t, err)
		for n := range series {
			s.Ops = append(s.Ops, replay.Op{
				Op: "histogram", MetricName: fmt.Sprint("h", n), Value: value, Timestamp: new(replay.Time(1000)),
			})
		}
	}
	out := output(t, s)[0]
	require.Len(t, out.Series, 8*series)
	for figure, want := range map[string]float64{".75percentile": 75, ".85percentile": 85, ".95percentile": 95, ".99percentile": 99} {
		mean := 0.0
		for n := range series {
			got := values(out, fmt.Sprint("h", n, figure), "gauge")[0].Value
			assert.InDelta(t, want, got, 6, figure)
			mean += got / series
		}
		assert.InDelta(t, want, mean, 2.5, figure)
	}
	for figure, want := range map[string]float64{".min": 0, ".max": 99, ".avg": 49.5} {
		assert.Equal(t, want, values(out, "h0"+figure, "gauge")[0].Value, figure)
	}
	assert.Equal(t, 200.0, values(out, "h0.count", "rate")[0].Value)
}

func TestTagsFromTheEnvironment(t *testing.T) {
	// What the process itself has is not looked at, and there again afterwards.
	t.Setenv("DATADOG_TAGS", "of:the,process")
	t.Setenv("DD_ENV", "of-the-process")
	t.Setenv("DD_HOSTNAME", "of-the-process")
	t.Setenv("DD_VERSION", "")
	require.NoError(t, os.Unsetenv("DD_VERSION")) // and is put back after the test

	metric := `{"op":"gauge","metric_name":"g","value":1,"timestamp":100,"tags":["m:1"]}`
	flush := `{"op":"flush","at":200}`
	for name, c := range map[string]struct {
		ctor []string
		env  map[string]string
		want string
	}{
		"nothing": {nil, map[string]string{}, "m:1"},
		"no map":  {nil, nil, "m:1"},
		"tags": {
			nil, map[string]string{"DATADOG_TAGS": "country:china,age:45,blue"},
			"m:1,country:china,age:45,blue",
		},
		"empty pieces": {nil, map[string]string{"DATADOG_TAGS": ",a,,b,"}, "m:1,a,b"},
		"tags beside those of the constructor": {
			[]string{"country:canada", "red"}, map[string]string{"DATADOG_TAGS": "country:china,age:45,blue"},
			"m:1,country:canada,red,country:china,age:45,blue",
		},
		"all of them": {
			[]string{"country:canada", "red"},
			map[string]string{
				"DATADOG_TAGS": "country:china,age:45,blue",
				"DD_ENV":       "staging", "DD_SERVICE": "food", "DD_VERSION": "1.2.3",
			},
			"m:1,country:canada,red,country:china,age:45,blue,env:staging,service:food,version:1.2.3",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := steps(t, metric, flush)
			s.Ctor.ConstantTags, s.Env = c.ctor, c.env
			out := output(t, s)
			require.Len(t, out[0].Series, 1)
			assert.Equal(t, c.want, strings.Join(out[0].Series[0].Tags, ","), "in this order")
			assert.Nil(t, out[0].Series[0].Host)
		})
	}
	assert.Equal(t, "of:the,process", os.Getenv("DATADOG_TAGS"))
	assert.Equal(t, "of-the-process", os.Getenv("DD_ENV"))
	_, set := os.LookupEnv("DD_VERSION")
	assert.False(t, set)
	assert.Equal(t, map[string]string{
		"DATADOG_TAGS": "of:the,process", "DD_ENV": "of-the-process", "DD_HOSTNAME": "of-the-process",
	}, replay.Environ())

	// A log looks at the process's only if it is asked to.
	for _, ask := range []bool{false, true} {
		cfg := replay.Config{}
		want := []string{"g = [100,1] #m:1"}
		if ask {
			cfg.Env = replay.Environ()
			want = []string{`g on "of-the-process" = [100,1] #m:1,of:the,process,env:of-the-process`}
		}
		r, err := steps(t, metric, flush).RunWith(t.Context(), cfg)
		require.NoError(t, err)
		out, err := r.Payloads(stats.ProfileThreadStats)
		require.NoError(t, err)
		assert.Equal(t, want, brief(out[0].Series))
	}
}

func TestDisabled(t *testing.T) {
	s := steps(t,
		`{"op":"gauge","metric_name":"g","value":1,"timestamp":100}`,
		`{"op":"increment","metric_name":"c"}`,
		`{"op":"set","metric_name":"s","value":1}`,
		`{"op":"histogram","metric_name":"h","value":1,"host":"x","sample_rate":0.5}`,
		`{"op":"event","title":"T","message":"M"}`,
		`{"op":"service_check","check":"c","status":0}`,
		`{"op":"flush","at":200}`, `{"op":"flush","at":"inf"}`,
	)
	s.Start.Disabled = true
	r, err := s.Run(t.Context())
	require.NoError(t, err)
	require.Len(t, r.Flushes, 2)
	for _, f := range append(r.Flushes, r.Rest) {
		assert.Empty(t, f.Requests)
	}
	assert.Empty(t, r.Ledger.Refused)
}

// After the end nothing is sent, and what is submitted is on the books. Unlike
// ThreadStats' stop(), the end flushes what is there.
func TestStop(t *testing.T) {
	p, err := replay.Open(replay.Config{})
	require.NoError(t, err)
	increment := steps(t, `{"op":"increment","metric_name":"c","timestamp":100}`).Ops[0]
	require.NoError(t, p.Do(t.Context(), increment))
	rest, err := p.Close(t.Context())
	require.NoError(t, err)
	out, err := replay.Unpack(replay.Inf, rest.Of(stats.ProfileThreadStats))
	require.NoError(t, err)
	assert.Equal(t, []string{"c = [100,0.1]"}, brief(out.Series))

	require.NoError(t, p.Do(t.Context(), increment))
	_, err = p.Flush(t.Context(), replay.Inf)
	require.ErrorIs(t, err, stats.ErrClosed)
	assert.Equal(t, map[stats.Reason]uint64{"after_stop": 1}, p.Ledger().Refused)
	for _, b := range p.Ledger().Transports {
		assert.EqualValues(t, 1, b.Delivered)
	}
}
