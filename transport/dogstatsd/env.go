package dogstatsd

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/shardstats/shardstats/transport/internal/setting"
)

// ConfigFromEnv returns a Config with what the environment says, and zero fields
// for the rest. What the program sets on it afterwards wins:
//
//	cfg, err := dogstatsd.ConfigFromEnv()
//	…
//	cfg.Timestamps = true
//	t, err := dogstatsd.New(cfg)
//
// It reads
//
//	Address          DD_DOGSTATSD_URL, else DD_AGENT_HOST and DD_DOGSTATSD_PORT
//	EntityID         DD_ENTITY_ID
//	ExternalData     DD_EXTERNAL_ENV, without what a line cannot carry
//	Cardinality      DD_CARDINALITY, DATADOG_CARDINALITY
//	DetectContainer  DD_ORIGIN_DETECTION_ENABLED; off if it is not set
//	Disabled         DD_DOGSTATSD_DISABLE
//
// once, at the call. Of two names for one thing, the first that is set and not
// blank holds; blanks around a value are dropped. Switches are on for 1, t, true,
// y, yes and on, off for 0, f, false, n, no and off, in any case. The error joins
// what is wrong; the field is left zero then. DD_ENV, DD_SERVICE, DD_VERSION and
// DATADOG_TAGS are for the client, whose tags are on every series.
func ConfigFromEnv() (Config, error) {
	var wrong []error
	complain := func(err error) {
		if err != nil {
			wrong = append(wrong, err)
		}
	}
	var c Config
	var err error
	var env setting.Environment
	c.Address, err = addressFromEnv(&env)
	complain(err)
	c.EntityID = env.Get("EntityID", "DD_ENTITY_ID")
	c.ExternalData = cleanOrigin(env.Get("ExternalData", "DD_EXTERNAL_ENV"))
	c.Cardinality = strings.ToLower(env.Get("Cardinality", "DD_CARDINALITY", "DATADOG_CARDINALITY"))
	c.DetectContainer, err = switchFromEnv("DD_ORIGIN_DETECTION_ENABLED")
	complain(err)
	c.Disabled, err = switchFromEnv("DD_DOGSTATSD_DISABLE")
	complain(err)
	_, _, err = c.withDefaults()
	complain(env.Explain(err))
	return c, errors.Join(wrong...)
}

// addressFromEnv returns the address, "" if the environment has none.
func addressFromEnv(env *setting.Environment) (string, error) {
	if url := env.Get("Address", "DD_DOGSTATSD_URL"); url != "" {
		return url, nil
	}
	host, port := env.Get("Address", "DD_AGENT_HOST"), setting.Env("DD_DOGSTATSD_PORT")
	if host == "" && port == "" {
		return "", nil
	}
	if strings.Contains(host, "://") { // DD_AGENT_HOST may be a whole address, as datadog-go has it
		return host, nil
	}
	if host == "" {
		host = "127.0.0.1"
	}
	if port == "" {
		return "udp://" + host, nil // which may have a port
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("dogstatsd: DD_DOGSTATSD_PORT is %q: want a port between 1 and 65535", port)
	}
	if _, _, err := net.SplitHostPort(host); err == nil {
		return "udp://" + host, nil // a host with a port keeps it
	}
	return "udp://" + net.JoinHostPort(strings.Trim(host, "[]"), port), nil
}

// cleanOrigin drops what a line cannot carry: the value comes from the machinery
// around the container, and its author cannot be asked.
func cleanOrigin(value string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7f || r == '|' {
			return -1
		}
		return r
	}, value)
}

func switchFromEnv(name string) (bool, error) {
	switch v := strings.ToLower(setting.Env(name)); v {
	case "1", "t", "true", "y", "yes", "on":
		return true, nil
	case "", "0", "f", "false", "n", "no", "off":
		return false, nil
	default:
		return false, fmt.Errorf("dogstatsd: %s is %q: want true or false", name, v)
	}
}
