package dogstatsd_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/dogstatsd"
)

func TestConfigFromEnv(t *testing.T) {
	type vars map[string]string
	names := []string{
		"DD_DOGSTATSD_URL", "DD_AGENT_HOST", "DD_DOGSTATSD_PORT", "DD_ENTITY_ID", "DD_EXTERNAL_ENV", "DD_CARDINALITY",
		"DATADOG_CARDINALITY", "DD_ORIGIN_DETECTION_ENABLED", "DD_DOGSTATSD_DISABLE",
	}
	for _, c := range []struct {
		name string
		vars vars
		want dogstatsd.Config
		err  string
	}{
		{"nothing", nil, dogstatsd.Config{}, ""},
		{"blanks are nothing", vars{"DD_AGENT_HOST": " ", "DD_CARDINALITY": "  "}, dogstatsd.Config{}, ""},
		{"a host", vars{"DD_AGENT_HOST": "agent"}, dogstatsd.Config{Address: "udp://agent"}, ""},
		{"a host with a port of its own", vars{"DD_AGENT_HOST": "agent:1", "DD_DOGSTATSD_PORT": "2"}, dogstatsd.Config{Address: "udp://agent:1"}, ""},
		{"a host that is an address", vars{"DD_AGENT_HOST": "unix:///dsd"}, dogstatsd.Config{Address: "unix:///dsd"}, ""},
		{"host and port", vars{"DD_AGENT_HOST": " agent ", "DD_DOGSTATSD_PORT": "9125"}, dogstatsd.Config{Address: "udp://agent:9125"}, ""},
		{"an IPv6 host and port", vars{"DD_AGENT_HOST": "::1", "DD_DOGSTATSD_PORT": "9125"}, dogstatsd.Config{Address: "udp://[::1]:9125"}, ""},
		{"a port", vars{"DD_DOGSTATSD_PORT": "9125"}, dogstatsd.Config{Address: "udp://127.0.0.1:9125"}, ""},
		{"a URL wins over a host", vars{"DD_DOGSTATSD_URL": "unixstream:///dsd", "DD_AGENT_HOST": "agent"}, dogstatsd.Config{Address: "unixstream:///dsd"}, ""},
		{"the origin", vars{"DD_ENTITY_ID": "pod-1", "DD_EXTERNAL_ENV": "it-false,cn-x|,\npu-y", "DATADOG_CARDINALITY": "HIGH"},
			dogstatsd.Config{EntityID: "pod-1", ExternalData: "it-false,cn-x,pu-y", Cardinality: "high"}, ""},
		{"DD_CARDINALITY first", vars{"DD_CARDINALITY": "low", "DATADOG_CARDINALITY": "high"}, dogstatsd.Config{Cardinality: "low"}, ""},
		{"switches on", vars{"DD_ORIGIN_DETECTION_ENABLED": "True", "DD_DOGSTATSD_DISABLE": "1"}, dogstatsd.Config{DetectContainer: true, Disabled: true}, ""},
		{"switches off", vars{"DD_ORIGIN_DETECTION_ENABLED": "no", "DD_DOGSTATSD_DISABLE": "FALSE"}, dogstatsd.Config{}, ""},
		{"a bad port", vars{"DD_DOGSTATSD_PORT": "x"}, dogstatsd.Config{}, `dogstatsd: DD_DOGSTATSD_PORT is "x": want a port between 1 and 65535`},
		{"a bad switch", vars{"DD_DOGSTATSD_DISABLE": "perhaps"}, dogstatsd.Config{}, `dogstatsd: DD_DOGSTATSD_DISABLE is "perhaps": want true or false`},
		{"a bad URL", vars{"DD_DOGSTATSD_URL": "tcp://x"}, dogstatsd.Config{Address: "tcp://x"}, `Config.Address (DD_DOGSTATSD_URL) "tcp://x" has a scheme that is not known`},
		{"a bad cardinality", vars{"DD_CARDINALITY": "all"}, dogstatsd.Config{Cardinality: "all"}, `Config.Cardinality (DD_CARDINALITY) is "all": want none, low, orchestrator or high`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range names {
				t.Setenv(name, c.vars[name])
			}
			got, err := dogstatsd.ConfigFromEnv()
			assert.Equal(t, c.want, got)
			if c.err == "" {
				require.NoError(t, err)
				_, err = dogstatsd.New(got)
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.err)
				assert.Equal(t, 1, strings.Count(err.Error(), "dogstatsd: "))
			}
		})
	}
}
