package statsd

import (
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"strings"

	"github.com/shardstats/shardstats/transport/internal/setting"
)

// ConfigFromEnv returns a Config with what the environment says, and zero fields
// for the rest. What the program sets on it afterwards wins:
//
//	cfg, err := statsd.ConfigFromEnv()
//	…
//	cfg.Network = "udp"
//	t, err := statsd.New(cfg)
//
// It reads
//
//	Address      STATSD_HOST, and STATSD_PORT if it is set
//	Prefix       STATSD_PREFIX
//	Network      STATSD_PROTOCOL: tcp or udp, in any case
//	Service      SERVICE
//	Environment  ENVIRONMENT
//	Disabled     STATSD_ENABLED
//
// once, at the call. A variable that is set and empty counts as not set, but for
// STATSD_ENABLED: if that is there, it has to be a whole number other than 0, or one
// of yes, true, t and on in any case; with everything else, and when it is empty, the
// transport is disabled.
//
// The error joins what is wrong. An environment without a host or a prefix is no
// error here, since the program may set them; [New] refuses to do without.
func ConfigFromEnv() (Config, error) {
	var env setting.Environment
	c := Config{
		Prefix:      env.Get("Prefix", "STATSD_PREFIX"),
		Network:     strings.ToLower(env.Get("Network", "STATSD_PROTOCOL")),
		Service:     env.Get("Service", "SERVICE"),
		Environment: env.Get("Environment", "ENVIRONMENT"),
	}
	if enabled, set := os.LookupEnv("STATSD_ENABLED"); set {
		c.Disabled = !truthy(enabled)
	}
	host, port := env.Get("Address", "STATSD_HOST"), setting.Env("STATSD_PORT")
	switch {
	case host == "" || port == "":
		c.Address = host
	default:
		env.Set("Address", "STATSD_HOST and STATSD_PORT")
		c.Address = net.JoinHostPort(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), port)
	}
	var wrong []error
	if host == "" && port != "" {
		if _, problem := fullAddress(net.JoinHostPort("localhost", port)); problem != "" {
			wrong = append(wrong, fmt.Errorf("statsd: STATSD_PORT is %q: want a number from 1 to 65535", port))
		}
	}
	_, err := c.orPlaceholder().withDefaults()
	return c, errors.Join(append(wrong, env.Explain(err))...)
}

// orPlaceholder returns c with some address and prefix, so that everything else is
// checked.
func (c Config) orPlaceholder() Config {
	if c.Address == "" {
		c.Address = "localhost"
	}
	if c.Prefix == "" && (c.Service == "" || c.Environment == "") {
		c.NoPrefix = true
	}
	return c
}

// truthy applies the rules of sprockets-statsd: a whole number other than 0, or one
// of four words.
func truthy(s string) bool {
	if n, ok := new(big.Int).SetString(strings.TrimSpace(s), 10); ok {
		return n.Sign() != 0
	}
	switch strings.ToLower(s) {
	case "yes", "true", "t", "on":
		return true
	}
	return false
}
