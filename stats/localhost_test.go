package stats_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
)

func TestDetectingTheHostName(t *testing.T) {
	label63, label64 := strings.Repeat("a", 63), strings.Repeat("a", 64)
	long255 := strings.Repeat("a.", 127) + "b"
	unknown := errors.New("no such host")
	for name, test := range map[string]struct {
		system    string
		systemErr error
		full      string
		fullErr   error
		want      string
		wantErr   string
	}{
		"the resolver knows it":              {"web1", nil, "web1.example.com.", nil, "web1.example.com", ""},
		"without the last dot":               {"web1", nil, "web1.example.com", nil, "web1.example.com", ""},
		"the resolver does not":              {"web1", nil, "", unknown, "web1", ""},
		"the resolver fails with a name":     {"web1", nil, "web1.example.com.", unknown, "web1", ""},
		"the resolver adds nothing":          {"web1", nil, "web1.", nil, "web1", ""},
		"the system has it in full":          {"web1.example.com", nil, "", unknown, "web1.example.com", ""},
		"the resolver says localhost":        {"web1", nil, "localhost.localdomain.", nil, "web1", ""},
		"the resolver says an address":       {"web1", nil, "10.0.0.1", nil, "web1", ""},
		"the resolver says nonsense":         {"web1", nil, "web_1.example.com.", nil, "web1", ""},
		"only the full name is good":         {"web_1", nil, "web1.example.com.", nil, "web1.example.com", ""},
		"case is kept":                       {"Web1", nil, "", unknown, "Web1", ""},
		"a container's":                      {"4f2a9c0b7d1e", nil, "", unknown, "4f2a9c0b7d1e", ""},
		"a label of 63 bytes":                {label63, nil, "", unknown, label63, ""},
		"a name of 255 bytes":                {long255, nil, "", unknown, long255, ""},
		"a label of 64 bytes":                {label64, nil, "", unknown, "", "RFC 1123"},
		"a name of 256 bytes":                {long255 + "b", nil, "", unknown, "", "longer than 255"},
		"localhost":                          {"localhost", nil, "localhost.", nil, "", "every machine's"},
		"LocalHost.LocalDomain":              {"LocalHost.LocalDomain", nil, "", unknown, "", "every machine's"},
		"an address, version 4":              {"10.1.2.3", nil, "", unknown, "", "is an address"},
		"an address, version 6":              {"fe80::1", nil, "", unknown, "", "is an address"},
		"an underscore":                      {"web_1", nil, "", unknown, "", "RFC 1123"},
		"a hyphen at the start":              {"-web", nil, "", unknown, "", "RFC 1123"},
		"a hyphen at the end":                {"web-.example", nil, "", unknown, "", "RFC 1123"},
		"a dot too many":                     {"web..example", nil, "", unknown, "", "RFC 1123"},
		"a line break":                       {"web\nx", nil, "", unknown, "", "RFC 1123"},
		"not ASCII":                          {"wéb", nil, "", unknown, "", "RFC 1123"},
		"none":                               {"", nil, "", unknown, "", "is empty"},
		"none, and a resolver that finds it": {"", nil, "x.example.com.", nil, "", "is empty"},
		"a system that does not say":         {"", errors.New("denied"), "", unknown, "", "denied"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := stats.DetectHost(
				func() (string, error) { return test.system, test.systemErr },
				func(_ context.Context, host string) (string, error) {
					assert.Equal(t, test.system, host)
					return test.full, test.fullErr
				})
			assert.Equal(t, test.want, got)
			if test.wantErr == "" {
				assert.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.wantErr)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestAResolverThatHangsDelaysTheHostNameByASecondAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		got, err := stats.DetectHost(
			func() (string, error) { return "web1", nil },
			func(ctx context.Context, _ string) (string, error) {
				<-ctx.Done()
				return "", ctx.Err()
			})
		require.NoError(t, err)
		assert.Equal(t, "web1", got)
		assert.Equal(t, time.Second, time.Since(start))
	})
}

// On this machine, whatever its name is: a name that can be used, or an error.
func TestTheHostNameOfThisMachine(t *testing.T) {
	got, err := stats.LocalHost()
	assert.Equal(t, err == nil, got != "")
	t.Log(got, err)
}
