package replay_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/replay"
)

func TestLinesThatAreRead(t *testing.T) {
	for _, line := range []string{
		`{"op":"increment","metric_name":"c"}`,
		`{"op":"increment","metric_name":"c","value":2.5,"timestamp":99.9,"tags":["a:b"],"sample_rate":0.5,"host":""}`,
		`{"op":"decrement","metric_name":"c","value":-3,"timestamp":null,"tags":null,"host":null}`,
		`{"op":"gauge","metric_name":"g","value":1e3,"timestamp":-3}`,
		`{"op":"histogram","metric_name":"h","value":1}`,
		`{"op":"timing","metric_name":"t","value":12.5}`,
		`{"op":"distribution","metric_name":"d","value":1}`,
		`{"op":"rate","metric_name":"r","value":1,"timestamp":1}`,
		`{"op":"set","metric_name":"s","value":null}`,
		`{"op":"set","metric_name":"s","member":{"a":[1]}}`,
		`{"op":"event","title":"T","message":"M","alert_type":"error","priority":"low","date_happened":1375296969,"hostname":"h"}`,
		`{"op":"event","title":"T","text":"M","source_type_name":"s","aggregation_key":"k","host":"h","tags":["a"]}`,
		`{"op":"service_check","check":"db","status":3,"message":"m","timestamp":1.5,"hostname":"h","tags":["a"]}`,
		`{"op":"flush"}`,
		`{"op":"flush","at":"inf"}`,
		`{"op":"flush","at":109.99}`,
	} {
		_, err := replay.ParseOp([]byte(line))
		assert.NoError(t, err, line)
	}
}

func TestLinesThatAreWrong(t *testing.T) {
	for _, c := range []struct{ line, says string }{
		{`{}`, `no "op"`},
		{`7`, "field \"\" is a number: want an object"},
		{`{"op":"increment"`, "not complete"},
		{`{"op":"increment","metric_name":"c"} {}`, "something follows"},
		{`{"op":"count","metric_name":"c"}`, `op "count" is not known`},
		{`{"op":"increment","metric":"c"}`, `unknown field "metric"`},
		{`{"op":"increment"}`, `increment without "metric_name"`},
		{`{"op":"gauge","metric_name":"g"}`, `gauge without "value"`},
		{`{"op":"gauge","metric_name":"g","value":null}`, "the value is null: want a number"},
		{`{"op":"gauge","metric_name":"g","value":"1"}`, `the value is "1": want a number`},
		{`{"op":"gauge","metric_name":"g","value":1e999}`, "the value is 1e999: want a number"},
		{`{"op":"gauge","metric_name":"g","value":NaN}`, "invalid character 'N'"},
		{`{"op":"gauge","metric_name":"g","value":1,"title":"x"}`, `gauge has no field "title"`},
		{`{"op":"gauge","metric_name":"g","value":1,"member":"x"}`, `gauge has no field "member"`},
		{`{"op":"gauge","metric_name":"g","value":1,"timestamp":"inf"}`, `only a flush can be at "inf"`},
		{`{"op":"gauge","metric_name":"g","value":1,"timestamp":"now"}`, `time "now": want Unix seconds`},
		{`{"op":"gauge","metric_name":"g","value":1,"timestamp":1577872800000}`, "not finer units"},
		{`{"op":"gauge","metric_name":"g","value":1,"tags":"a,b"}`, `field "tags" is a string: want a list of strings`},
		{`{"op":"gauge","metric_name":"g","value":1,"sample_rate":"1"}`, `field "sample_rate" is a string: want a number`},
		{`{"op":"set","metric_name":"s"}`, `want "value" or "member"`},
		{`{"op":"set","metric_name":"s","value":1,"member":2}`, `want "value" or "member"`},
		{`{"op":"event","tags":["a"]}`, `event without "title"`},
		{`{"op":"event","title":"x","value":1}`, `event has no field "value"`},
		{`{"op":"service_check","status":1}`, `without "check"`},
		{`{"op":"service_check","check":"c"}`, `without "status"`},
		{`{"op":"service_check","check":"c","status":4}`, `status 4`},
		{`{"op":"service_check","check":"c","status":-1}`, `want 0, 1, 2 or 3`},
		{`{"op":"flush","at":"soon"}`, `or "inf" for a flush`},
		{`{"op":"flush","metric_name":"c"}`, `flush has no field "metric_name"`},
	} {
		_, err := replay.ParseOp([]byte(c.line))
		if assert.Error(t, err, c.line) {
			assert.Contains(t, err.Error(), c.says, c.line)
			assert.NotContains(t, err.Error(), "\n")
		}
	}
}

func TestALogIsReadToItsEnd(t *testing.T) {
	log := strings.Join([]string{
		`# a comment`,
		`{"op":"increment","metric_name":"a"}`,
		``,
		`{"op":"increment"`,
		"\t" + `{"op":"increment","metric_name":"b"}` + "\r",
		`{"op":"gauge","metric_name":"` + strings.Repeat("x", 9<<20) + `","value":1}`,
		`{"op":"flush"}`,
		`oops`, // without a line end
	}, "\n")
	var ops, wrong []string
	for op, err := range replay.ReadLog(strings.NewReader(log)) {
		if err != nil {
			wrong = append(wrong, err.Error())
			continue
		}
		ops = append(ops, op.Op+op.MetricName)
	}
	assert.Equal(t, []string{"incrementa", "incrementb", "flush"}, ops)
	require.Len(t, wrong, 3)
	assert.Equal(t, "line 4: the JSON object is not complete", wrong[0])
	assert.Equal(t, "line 6: longer than 8388608 bytes", wrong[1])
	assert.Contains(t, wrong[2], "line 8: invalid character 'o'")
}

func TestALogThatCannotBeRead(t *testing.T) {
	broken := fmt.Errorf("the disk is gone")
	var errs []error
	for _, err := range replay.ReadLog(brokenReader{broken}) {
		errs = append(errs, err)
	}
	assert.Equal(t, []error{broken}, errs)

	for range replay.ReadLog(strings.NewReader("{\n{\n")) {
		break // the reader stops when nobody asks for more
	}
}

type brokenReader struct{ err error }

func (r brokenReader) Read([]byte) (int, error) { return 0, r.err }

func TestTime(t *testing.T) {
	for text, want := range map[string]string{
		"100":               "1970-01-01T00:01:40Z",
		"99.9":              "1970-01-01T00:01:39.9Z",
		"109.99":            "1970-01-01T00:01:49.989999Z", // never rounded up, out of its bucket
		"-3":                "1969-12-31T23:59:57Z",
		"-0.5":              "1969-12-31T23:59:59.5Z",
		"1577872809.999999": "2020-01-01T10:00:09.999999Z",
		"253402300799":      "9999-12-31T23:59:59Z",
	} {
		var at replay.Time
		require.NoError(t, json.Unmarshal([]byte(text), &at))
		assert.Equal(t, want, at.Go().UTC().Format(time.RFC3339Nano), text)
		assert.Equal(t, text, at.String())
		assert.False(t, at.IsInf())
		again, err := json.Marshal(at)
		require.NoError(t, err)
		assert.Equal(t, text, string(again))
	}
	var at replay.Time
	require.NoError(t, json.Unmarshal([]byte(`"inf"`), &at))
	assert.True(t, at.IsInf())
	again, err := json.Marshal(replay.Time(math.Inf(1)))
	require.NoError(t, err)
	assert.Equal(t, `"inf"`, string(again))
}
