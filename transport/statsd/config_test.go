package statsd_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/statsd"
)

func TestNewJoinsAllComplaints(t *testing.T) {
	_, err := statsd.New(statsd.Config{
		Address: "host:port", Network: "sctp", Prefix: "a b", NoPrefix: true, Service: "s\n", Environment: "é", Tags: 9, Confirm: 7,
		QueueSize: -1, ReconnectMin: -1, ReconnectMax: -2, CheckInterval: -3, Timeout: -4,
	})
	require.Error(t, err)
	assert.Equal(t, []string{
		`statsd: Config.Address is "host:port", whose port is no number from 1 to 65535`,
		`statsd: Config.Network is "sctp": want tcp or udp`,
		`statsd: Config.Prefix is "a b", which has other characters than ASCII letters, digits, "_", "-" and "."`,
		`statsd: Config.Service is "s\n", which has other characters than ASCII letters, digits, "_", "-" and "."`,
		`statsd: Config.Environment is "é", which has other characters than ASCII letters, digits, "_", "-" and "."`,
		`statsd: Config.Prefix is "a b" and NoPrefix is set: set one`,
		`statsd: Config.Tags is tags 9: want TagsInPath, TagsDropped or TagsDatadog`,
		`statsd: Config.Confirm is confirm 7: want ConfirmClose, ConfirmAck or ConfirmNone`,
		`statsd: Config.QueueSize is -1: want more than 0, or 0 for 1000`,
		`statsd: Config.ReconnectMin is -1ns: want more than 0, or 0 for 250ms`,
		`statsd: Config.ReconnectMax is -2ns: want more than 0, or 0 for 30s`,
		`statsd: Config.CheckInterval is -3ns: want more than 0, or 0 for 10s`,
		`statsd: Config.Timeout is -4ns: want more than 0, or 0 for 10s`,
	}, strings.Split(err.Error(), "\n"))
}

func TestDefaults(t *testing.T) {
	cfg, err := statsd.Complete(statsd.Config{Address: "h", NoPrefix: true})
	require.NoError(t, err)
	assert.Equal(t, statsd.Config{
		Address: "h:8125", Network: "tcp", NoPrefix: true, QueueSize: 1000, ReconnectMin: 250 * time.Millisecond,
		ReconnectMax: 30 * time.Second, CheckInterval: 10 * time.Second, Timeout: 10 * time.Second,
	}, cfg)

	cfg, err = statsd.Complete(statsd.Config{Address: "h", NoPrefix: true, ReconnectMin: time.Minute})
	require.NoError(t, err)
	assert.Equal(t, time.Minute, cfg.ReconnectMax, "never below ReconnectMin")
	cfg, err = statsd.Complete(statsd.Config{Address: "h", NoPrefix: true, ReconnectMax: time.Millisecond})
	require.NoError(t, err)
	assert.Equal(t, time.Millisecond, cfg.ReconnectMin, "nor ReconnectMin above ReconnectMax")
	_, err = statsd.Complete(statsd.Config{Address: "h", NoPrefix: true, ReconnectMin: time.Minute, ReconnectMax: time.Second})
	assert.EqualError(t, err, "statsd: Config.ReconnectMax is 1s, less than ReconnectMin, 1m0s")
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"statsd":           "statsd:8125",
		"statsd:9125":      "statsd:9125",
		"10.0.0.1":         "10.0.0.1:8125",
		"::1":              "[::1]:8125",
		"[::1]":            "[::1]:8125",
		"[fe80::1]:1":      "[fe80::1]:1",
		"a.b.example:8125": "a.b.example:8125",
	} {
		cfg, err := statsd.Complete(statsd.Config{Address: in, NoPrefix: true})
		require.NoError(t, err, in)
		assert.Equal(t, want, cfg.Address)
	}
	for _, in := range []string{
		"", ":8125", "h:0", "h:65536", "h:-1", "h:http", "a:b:c", "h h", "h\n:1", "[]", "udp://h:1", "http://h/", "é",
	} {
		_, err := statsd.Complete(statsd.Config{Address: in, NoPrefix: true})
		if assert.Error(t, err, in) {
			assert.NotContains(t, err.Error(), "\n", "one complaint, in one line")
			assert.Contains(t, err.Error(), "statsd: Config.Address is ")
		}
	}
}

func TestPrefixes(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  statsd.Config
		want string // "" for an error
	}{
		{"given", statsd.Config{Prefix: "applications.my-service"}, "applications.my-service."},
		{"given with its dot", statsd.Config{Prefix: "app."}, "app."},
		{"of the names", statsd.Config{Service: "mail", Environment: "live"}, "applications.mail.live."},
		{"given wins over the names", statsd.Config{Prefix: "x", Service: "mail", Environment: "live"}, "x."},
		{"none is an error", statsd.Config{}, ""},
		{"one name is not enough", statsd.Config{Service: "mail"}, ""},
		{"nor is the other", statsd.Config{Environment: "live"}, ""},
		{"plain needs one, too", statsd.Config{Plain: true}, ""},
		{"a dot alone is none", statsd.Config{Prefix: "."}, ""},
		{"an empty part", statsd.Config{Prefix: "a..b"}, ""},
		{"a leading dot", statsd.Config{Prefix: ".a"}, ""},
		{"a forged line", statsd.Config{Prefix: "a:1|c\nb"}, ""},
		{"beyond ASCII", statsd.Config{Prefix: "\u010a"}, ""},
		{"endless", statsd.Config{Prefix: strings.Repeat("a", 201)}, ""},
	} {
		c.cfg.Address = "h"
		cfg, err := statsd.Complete(c.cfg)
		if c.want == "" {
			assert.Error(t, err, c.name)
			continue
		}
		require.NoError(t, err, c.name)
		assert.Equal(t, c.want, cfg.Prefix, c.name)
	}
	cfg, err := statsd.Complete(statsd.Config{Address: "h", NoPrefix: true, Service: "mail", Environment: "live"})
	require.NoError(t, err)
	assert.Empty(t, cfg.Prefix, "NoPrefix wins over the names")
}

func TestWords(t *testing.T) {
	assert.Equal(t, "close ack none confirm 3", strings.Join([]string{
		statsd.ConfirmClose.String(), statsd.ConfirmAck.String(), statsd.ConfirmNone.String(), statsd.Confirm(3).String(),
	}, " "))
	assert.Equal(t, "path dropped datadog tags 3", strings.Join([]string{
		statsd.TagsInPath.String(), statsd.TagsDropped.String(), statsd.TagsDatadog.String(), statsd.Tags(3).String(),
	}, " "))
}

// The golden file says that 109 of 1000 messages pass sprockets' ThrottleGuard(100).
func TestThrottle(t *testing.T) {
	passed := statsd.Logged(1000)
	assert.Len(t, passed, 109)
	assert.Equal(t, []int{1, 2, 3}, passed[:3])
	assert.Equal(t, []int{98, 99, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000}, passed[97:])
}
