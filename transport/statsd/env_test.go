package statsd_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/statsd"
)

// setenv sets the variables of ConfigFromEnv, and those not named to nothing.
func setenv(t *testing.T, vars map[string]string) {
	for _, name := range []string{"STATSD_HOST", "STATSD_PORT", "STATSD_PREFIX", "STATSD_PROTOCOL", "SERVICE", "ENVIRONMENT"} {
		t.Setenv(name, vars[name])
	}
	enabled, set := vars["STATSD_ENABLED"]
	if !set {
		enabled = "yes"
	}
	t.Setenv("STATSD_ENABLED", enabled)
}

func TestConfigFromEnv(t *testing.T) {
	for _, c := range []struct {
		name string
		vars map[string]string
		want statsd.Config
	}{
		{"nothing", nil, statsd.Config{}},
		{"a host", map[string]string{"STATSD_HOST": "h"}, statsd.Config{Address: "h"}},
		{"a host and a port", map[string]string{"STATSD_HOST": " h ", "STATSD_PORT": "9125 "}, statsd.Config{Address: "h:9125"}},
		{"an IPv6 host", map[string]string{"STATSD_HOST": "::1", "STATSD_PORT": "9125"}, statsd.Config{Address: "[::1]:9125"}},
		{"a port alone waits for a host", map[string]string{"STATSD_PORT": "9125"}, statsd.Config{}},
		{"the rest", map[string]string{
			"STATSD_PREFIX": "a.b", "STATSD_PROTOCOL": "UDP", "SERVICE": "mail", "ENVIRONMENT": "live",
		}, statsd.Config{Prefix: "a.b", Network: "udp", Service: "mail", Environment: "live"}},
		{"switched off", map[string]string{"STATSD_ENABLED": "no", "STATSD_HOST": "h"}, statsd.Config{Address: "h", Disabled: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			setenv(t, c.vars)
			cfg, err := statsd.ConfigFromEnv()
			require.NoError(t, err)
			assert.Equal(t, c.want, cfg)
		})
	}
}

func TestConfigFromEnvSaysWhatIsWrong(t *testing.T) {
	setenv(t, map[string]string{"STATSD_HOST": "h", "STATSD_PORT": "http", "STATSD_PROTOCOL": "icmp", "STATSD_PREFIX": "a b"})
	_, err := statsd.ConfigFromEnv()
	require.Error(t, err)
	assert.Len(t, strings.Split(err.Error(), "\n"), 3, "%v", err)
	for _, want := range []string{"Config.Address (STATSD_HOST and STATSD_PORT) ", "Config.Network (STATSD_PROTOCOL) ", "Config.Prefix (STATSD_PREFIX) "} {
		assert.ErrorContains(t, err, want)
	}
	setenv(t, map[string]string{"STATSD_PORT": "0"})
	_, err = statsd.ConfigFromEnv()
	assert.EqualError(t, err, `statsd: STATSD_PORT is "0": want a number from 1 to 65535`)
}

// The values that sprockets-statsd was run with, and some more of their sort.
func TestWhatSwitchesStatsdOn(t *testing.T) {
	for _, s := range []string{"1", "7", "-1", "yes", "TRUE", "t", "on", "True", "YES", "On", "T", " 1 ", "+2", "007", "99999999999999999999"} {
		assert.True(t, statsd.Truthy(s), "%q", s)
	}
	for _, s := range []string{"0", "", "no", "off", "2x", "y", "-0", "00", "false", "enabled", "1.0", "0x1", "yes please", "tt", "+", "-", "+-1", "1_"} {
		assert.False(t, statsd.Truthy(s), "%q", s)
	}
}

// Off is off: a broken configuration does not keep a program from starting then.
func TestATransportThatIsSwitchedOffIsNop(t *testing.T) {
	sd, err := statsd.New(statsd.Config{Disabled: true, Address: "not:a:host"})
	require.NoError(t, err)
	for _, sd := range []*statsd.Transport{sd, statsd.Nop()} {
		require.NoError(t, sd.Start(t.Context()))
		assert.False(t, sd.Connected())
		require.NoError(t, sd.Inject("a", "1", "c"))
		require.NoError(t, sd.GaugeDelta("a", 1))
		require.Error(t, sd.Inject("a\n", "1", "c"))
		require.NoError(t, sd.Send(t.Context(), batch(counter("c", 1))))
		assert.Equal(t, statsd.Lines{}, sd.Lines())
		require.NoError(t, sd.Close(t.Context()))
		require.NoError(t, sd.Close(t.Context()))
		require.Error(t, sd.Inject("a", "1", "c"))
	}
}
