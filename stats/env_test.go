package stats_test

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// environment sets the variables that FromEnv reads, and empties the others.
func environment(t *testing.T, set map[string]string) {
	t.Helper()
	for _, name := range []string{"DATADOG_TAGS", "DD_TAGS", "DD_ENV", "DD_SERVICE", "DD_VERSION", "DD_HOSTNAME"} {
		t.Setenv(name, set[name])
	}
}

// sentOnce submits one gauge and returns it as it was sent, with the tags in the
// order given.
func sentOnce(t *testing.T, tags []string, opts ...stats.Option) transport.Series {
	t.Helper()
	m := memory.New()
	c, err := stats.New(append(opts, stats.WithTransport(m), stats.WithManualFlush(),
		stats.WithProfile(stats.ProfileThreadStats), stats.WithLogger(slog.New(slog.DiscardHandler)))...)
	require.NoError(t, err)
	c.Gauge("g", 1, tags...)
	require.NoError(t, c.Close())
	sent := m.Series()
	require.Len(t, sent, 1)
	return sent[0]
}

func TestTagsFromTheEnvironment(t *testing.T) {
	type vars = map[string]string
	for name, test := range map[string]struct {
		vars vars
		opts []stats.Option
		call []string
		want []string
	}{
		"all of them, in order": {
			vars{"DATADOG_TAGS": "country:china,age:45,blue", "DD_TAGS": "team:a,zone:b", "DD_ENV": "staging", "DD_SERVICE": "food", "DD_VERSION": "1.2.3"},
			[]stats.Option{stats.FromEnv(), stats.WithTags("country:canada", "red")},
			[]string{"m:1"},
			[]string{"m:1", "country:canada", "red", "country:china", "age:45", "blue", "team:a", "zone:b", "env:staging", "service:food", "version:1.2.3"},
		},
		"empty pieces and blanks around tags":     {vars{"DATADOG_TAGS": ",, a:1 ,\t,b,"}, []stats.Option{stats.FromEnv()}, nil, []string{"a:1", "b"}},
		"blanks inside a tag, between commas":     {vars{"DATADOG_TAGS": "city:new york,b", "DD_TAGS": "sky:dark blue,c"}, []stats.Option{stats.FromEnv()}, nil, []string{"city:new york", "b", "sky:dark blue", "c"}},
		"DATADOG_TAGS is not split at blanks":     {vars{"DATADOG_TAGS": "a b"}, []stats.Option{stats.FromEnv()}, nil, []string{"a b"}},
		"DD_TAGS with blanks for commas":          {vars{"DD_TAGS": " a:1  b:2\tc "}, []stats.Option{stats.FromEnv()}, nil, []string{"a:1", "b:2", "c"}},
		"none twice":                              {vars{"DATADOG_TAGS": "a,b,a", "DD_TAGS": "b,c", "DD_ENV": "x"}, []stats.Option{stats.WithTags("c", "d"), stats.FromEnv(), stats.FromEnv()}, nil, []string{"c", "d", "a", "b", "env:x"}},
		"WithTags wins over DD_ENV":               {vars{"DD_ENV": "staging", "DD_SERVICE": "food"}, []stats.Option{stats.FromEnv(), stats.WithTags("env:prod")}, nil, []string{"env:prod", "service:food"}},
		"a tag that only begins alike does not":   {vars{"DD_ENV": "staging"}, []stats.Option{stats.WithTags("environment:x", "env"), stats.FromEnv()}, nil, []string{"environment:x", "env", "env:staging"}},
		"an env: tag of the environment does not": {vars{"DATADOG_TAGS": "env:a", "DD_ENV": "b"}, []stats.Option{stats.FromEnv()}, nil, []string{"env:a", "env:b"}},
		"blank variables":                         {vars{"DATADOG_TAGS": " ", "DD_TAGS": "  ", "DD_ENV": " ", "DD_HOSTNAME": "  "}, []stats.Option{stats.FromEnv()}, nil, []string{}},
		"without FromEnv":                         {vars{"DATADOG_TAGS": "a", "DD_TAGS": "b", "DD_ENV": "c"}, nil, nil, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, test.vars)
			s := sentOnce(t, test.call, test.opts...)
			assert.Equal(t, test.want, append([]string{}, s.Tags...))
			assert.False(t, s.HostSet)
		})
	}
}

func TestTheHostFromTheEnvironment(t *testing.T) {
	for name, test := range map[string]struct {
		opts []stats.Option
		host string
		set  bool
	}{
		"alone":                {[]stats.Option{stats.FromEnv()}, "web1", true},
		"before WithHost":      {[]stats.Option{stats.FromEnv(), stats.WithHost("own")}, "own", true},
		"after WithHost":       {[]stats.Option{stats.WithHost("own"), stats.FromEnv()}, "own", true},
		"with an empty host":   {[]stats.Option{stats.WithHost(""), stats.FromEnv()}, "", true},
		"before WithoutHost":   {[]stats.Option{stats.FromEnv(), stats.WithoutHost()}, "", false},
		"after WithoutHost":    {[]stats.Option{stats.WithoutHost(), stats.FromEnv()}, "", false},
		"the last option wins": {[]stats.Option{stats.WithoutHost(), stats.FromEnv(), stats.WithHost("own")}, "own", true},
		"nobody asks for it":   {nil, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, map[string]string{"DD_HOSTNAME": " web1 "})
			s := sentOnce(t, nil, test.opts...)
			assert.Equal(t, test.host, s.Host)
			assert.Equal(t, test.set, s.HostSet)
		})
	}
}

func TestTheEnvironmentIsReadOnceInNew(t *testing.T) {
	environment(t, map[string]string{"DD_ENV": "early"})
	option := stats.FromEnv()
	environment(t, map[string]string{"DD_ENV": "in-new"})
	m := memory.New()
	c, err := stats.New(option, stats.WithTransport(m), stats.WithManualFlush())
	require.NoError(t, err)
	environment(t, map[string]string{"DD_ENV": "late"})
	c.Gauge("g", 1)
	c.With("a").Gauge("g", 1)
	require.NoError(t, c.Close())
	for _, s := range m.Series() {
		assert.Contains(t, s.Tags, "env:in-new")
		assert.NotContains(t, s.Tags, "env:late")
	}
	assert.Len(t, m.Series(), 2)
}

// What WithTags was given is not written to: two clients may share the slice.
func TestFromEnvLeavesTheCallersTagsAlone(t *testing.T) {
	environment(t, map[string]string{"DD_ENV": "x"})
	tags := append(make([]string, 0, 8), "a")
	shared := stats.WithTags(tags...)
	sentOnce(t, nil, shared, stats.FromEnv())
	assert.Equal(t, []string{"a", ""}, tags[:2])
}
