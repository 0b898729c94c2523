package replay_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/replay"
	"github.com/shardstats/shardstats/stats"
)

// object is what a JSON object is read as.
type object = map[string]any

func TestEventsKeepTheirOrderAndTheirFields(t *testing.T) {
	s := steps(t,
		`{"op":"event","title":"first","message":"a\nb","priority":"normal","date_happened":1375296969,"tags":["tag"]}`,
		`{"op":"event","title":"second","text":"as text","host":"h","tags":["z","a","k:v"]}`,
		`{"op":"gauge","metric_name":"g","value":1,"timestamp":100}`,
		`{"op":"event","title":"third","message":"é \"quoted\"","alert_type":"warning","aggregation_key":"k","source_type_name":"s"}`,
		`{"op":"flush","at":50}`, // which closes no bucket: events wait for none
		`{"op":"flush","at":200}`,
	)
	s.Ctor.Namespace, s.Ctor.ConstantTags = "ns", []string{"k:v"}
	for _, profile := range []stats.Profile{stats.ProfileThreadStats, stats.ProfileDefault} {
		r, err := s.Run(t.Context(), profile)
		require.NoError(t, err)
		out, err := r.Payloads(profile)
		require.NoError(t, err)
		assert.Equal(t, []object{
			{"title": "first", "text": "a\nb", "priority": "normal", "date_happened": 1375296969.0, "tags": []any{"tag", "k:v"}},
			{"title": "second", "text": "as text", "host": "h", "tags": []any{"z", "a", "k:v"}},
			{
				"title": "third", "text": `é "quoted"`, "alert_type": "warning", "aggregation_key": "k", "source_type_name": "s",
				"tags": []any{"k:v"},
			},
		}, out[0].Events)
		assert.Empty(t, out[0].Series)
		assert.Empty(t, out[1].Events)
		assert.Len(t, out[1].Series, 1)
		require.Len(t, r.Flushes[0].Requests, 3, "one request for each event")
		for _, request := range r.Flushes[0].Requests {
			assert.Equal(t, "/api/v1/events", request.Path)
		}
	}
}

func TestEventsGetTheTagsOfTheEnvironment(t *testing.T) {
	s := steps(t, `{"op":"event","title":"T","message":"M","tags":["event:tag"]}`, `{"op":"flush","at":"inf"}`)
	s.Ctor.ConstantTags = []string{"country:canada", "red"}
	s.Env = map[string]string{"DATADOG_TAGS": "country:china,age:45,blue", "DD_ENV": "staging", "DD_SERVICE": "food", "DD_VERSION": "1.2.3"}
	assert.Equal(t, []object{{"title": "T", "text": "M", "tags": []any{
		"event:tag", "country:canada", "red", "country:china", "age:45", "blue", "env:staging", "service:food", "version:1.2.3",
	}}}, output(t, s)[0].Events)
}

func TestServiceChecks(t *testing.T) {
	s := steps(t,
		`{"op":"service_check","check":"db","status":2,"message":"it is down","timestamp":1375296969,"hostname":"web-1","tags":["a"]}`,
		`{"op":"service_check","check":"db","status":0,"host":"web-1"}`,
		`{"op":"flush","at":50}`,
	)
	s.Ctor.Namespace, s.Ctor.ConstantTags = "ns", []string{"k:v"}
	out := output(t, s)
	require.Len(t, out[0].Checks, 2)
	assert.Equal(t, object{
		"check": "db", "status": 2.0, "message": "it is down", "timestamp": 1375296969.0,
		"host_name": "web-1", "tags": []any{"a", "k:v"},
	}, out[0].Checks[0])
	assert.Equal(t, "db", out[0].Checks[1]["check"])
	assert.Equal(t, 0.0, out[0].Checks[1]["status"])
	assert.Equal(t, "web-1", out[0].Checks[1]["host_name"])
	assert.Empty(t, replay.Compare(out[0], out[0]))
}
