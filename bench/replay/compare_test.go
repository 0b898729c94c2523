package replay_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/replay"
)

// payloads is one flush of a bit of everything.
const payloads = `{"at": 200, "series": [
 {"metric": "c", "points": [[100, 0.3]], "type": "rate", "host": null, "device": "d", "tags": ["b", "a"], "interval": 10},
 {"metric": "h.min", "points": [[100, 1]], "type": "gauge", "host": "x", "device": "d", "tags": null, "interval": 10},
 {"metric": "h.max", "points": [[100, 2]], "type": "gauge", "host": "x", "device": "d", "tags": null, "interval": 10},
 {"metric": "h.count", "points": [[100, 0.2]], "type": "rate", "host": "x", "device": "d", "tags": null, "interval": 10},
 {"metric": "h.avg", "points": [[100, 1.5]], "type": "gauge", "host": "x", "device": "d", "tags": null, "interval": 10},
 {"metric": "h.75percentile", "points": [[100, 1]], "type": "gauge", "host": "x", "device": "d", "tags": null, "interval": 10},
 {"metric": "h.85percentile", "points": [[100, 2]], "type": "gauge", "host": "x", "device": "d", "tags": null, "interval": 10},
 {"metric": "h.95percentile", "points": [[100, 2]], "type": "gauge", "host": "x", "device": "d", "tags": null, "interval": 10},
 {"metric": "h.99percentile", "points": [[100, 2]], "type": "gauge", "host": "x", "device": "d", "tags": null, "interval": 10}
], "distribution_points": [
 {"metric": "d", "points": [[100, [1, 2.5]]], "type": "distribution", "host": null, "device": null, "tags": [], "interval": 10}
], "events": [
 {"title": "one", "text": "x", "tags": ["a", "b"]},
 {"title": "two", "text": "y"}
], "checks": [{"check": "c", "status": 0}]}`

func parse(t *testing.T, text string) replay.Payloads {
	t.Helper()
	var p replay.Payloads
	require.NoError(t, json.Unmarshal([]byte(text), &p))
	return p
}

func TestOutputsThatAreEqual(t *testing.T) {
	for name, change := range map[string][2]string{
		"the same":                                {"", ""},
		"tags in another order":                   {`["b", "a"]`, `["a", "b"]`},
		"no tags, and null":                       {`"tags": null`, `"tags": []`},
		"no tags of a distribution, and null":     {`"tags": []`, `"tags": null`},
		"values of a distribution in another way": {`[1, 2.5]`, `[2.5, 1]`},
		"an average within the tolerance":         {`[[100, 1.5]]`, `[[100, 1.5000000000000013]]`},
		"a float for a time":                      {`[[100, 0.3]]`, `[[100.0, 0.3]]`},
		"tags of an event in another order":       {`"tags": ["a", "b"]`, `"tags": ["b", "a"]`},
		"no tags of an event, and null":           {`"text": "y"`, `"text": "y", "tags": null`},
	} {
		got := payloads
		if change[0] != "" {
			require.Contains(t, payloads, change[0], name)
			got = strings.ReplaceAll(payloads, change[0], change[1])
		}
		assert.Empty(t, replay.Compare(parse(t, payloads), parse(t, got)), name)
		assert.Empty(t, replay.Compare(parse(t, got), parse(t, payloads)), name)
	}
	series := parse(t, payloads)
	series.Series = append(series.Series[1:], series.Series[0])
	assert.Empty(t, replay.Compare(parse(t, payloads), series), "series in another order")
}

func TestOutputsThatDiffer(t *testing.T) {
	for name, c := range map[string]struct{ old, new, says string }{
		"a value":                     {`[[100, 0.3]]`, `[[100, 0.30000000000000004]]`, "series: want"},
		"an average":                  {`[[100, 1.5]]`, `[[100, 1.50000000001]]`, "series: want"},
		"a time":                      {`[[100, 0.3]]`, `[[110, 0.3]]`, "series: missing"},
		"a type":                      {`"type": "rate", "host": null`, `"type": "count", "host": null`, "series: missing"},
		"a host that is empty":        {`"rate", "host": null`, `"rate", "host": ""`, "series: missing"},
		"a device":                    {`"host": null, "device": "d"`, `"host": null, "device": null`, "series: missing"},
		"a tag":                       {`["b", "a"]`, `["b", "a", "c"]`, "series: missing"},
		"an interval":                 {`["b", "a"], "interval": 10`, `["b", "a"], "interval": 5`, "series: missing"},
		"a name":                      {`"metric": "c"`, `"metric": "C"`, "series: unexpected"},
		"one value of a distribution": {`[1, 2.5]`, `[1, 2.5, 2.5]`, "distribution_points: want"},
		"a value for a distribution":  {`[1, 2.5]`, `1`, "distribution_points: want"},
		"a field of an event":         {`"text": "y"`, `"text": "y", "priority": "low"`, "event 2: want"},
		"an event's tag":              {`"tags": ["a", "b"]`, `"tags": ["a"]`, "event 1: want"},
		"a lost event":                {`,` + "\n" + ` {"title": "two", "text": "y"}`, ``, `event 2: missing {"text":"y","title":"two"}`},
		"events in another order":     {`"title": "one"`, `"title": "two"`, "event 1: want"},
		"a check":                     {`"status": 0`, `"status": 1`, "check 1: want"},
	} {
		require.Contains(t, payloads, c.old, name)
		got := strings.Replace(payloads, c.old, c.new, 1)
		diff := strings.Join(replay.Compare(parse(t, payloads), parse(t, got)), "\n")
		assert.Contains(t, diff, c.says, name)
		assert.NotEmpty(t, replay.Compare(parse(t, got), parse(t, payloads)), name)
	}
	swapped := parse(t, payloads)
	swapped.Series[1], swapped.Series[3] = swapped.Series[3], swapped.Series[1]
	diff := replay.Compare(parse(t, payloads), swapped)
	require.Len(t, diff, 1, "figures of a histogram in another order")
	assert.Contains(t, diff[0], "do not come in the order .min .max .count")

	twice := parse(t, payloads)
	twice.Series = append(twice.Series, twice.Series[0])
	diff = replay.Compare(parse(t, payloads), twice)
	require.Len(t, diff, 1, "a series sent twice")
	assert.Contains(t, diff[0], "series: unexpected")

	assert.NotEmpty(t, replay.CompareAll([]replay.Payloads{{At: 1}}, nil))
	assert.NotEmpty(t, replay.CompareAll([]replay.Payloads{{At: 1}}, []replay.Payloads{{At: 2}}))
}

func TestUnpack(t *testing.T) {
	post := func(path, body string) replay.Request {
		return replay.Request{Method: "POST", Path: path, Body: []byte(body)}
	}
	got, err := replay.Unpack(5, []replay.Request{
		post("/api/v1/series", `{"series":[{"metric":"c","points":[[10,1],[20,2]],"type":"count","tags":["a"],"interval":10}]}`),
		post("/api/v1/events", `{"title":"T"}`),
		post("/api/v1/check_run", `{"check":"c","status":1}`),
	})
	require.NoError(t, err)
	require.Len(t, got.Series, 2, "a point each")
	assert.Equal(t, []replay.Point{{Unix: 20, Value: 2}}, got.Series[1].Points)
	assert.Equal(t, []string{"a"}, got.Series[1].Tags)
	assert.Equal(t, "T", got.Events[0]["title"])
	assert.Equal(t, "c", got.Checks[0]["check"])

	for _, wrong := range []replay.Request{
		{Method: "GET", Path: "/api/v1/series"},
		post("/api/v2/series", `{"series":[]}`),
		post("/api/v1/series", `{"series":[{"metric":"c","points":[]}]}`),
		post("/api/v1/series", `{"series":[{"metric":"c","points":[[1]]}]}`),
		post("/api/v1/series", `{"series":[{"metric":"c","points":[["1",2]]}]}`),
		post("/api/v1/series", `{"series":[{"metric":"c","points":[[1,2]],"colour":"red"}]}`),
		post("/api/v1/series", `{"series":[`),
		post("/api/v1/events", `[]`),
	} {
		_, err := replay.Unpack(5, []replay.Request{wrong})
		assert.Error(t, err, "%s %s", wrong.Path, wrong.Body)
	}
}
