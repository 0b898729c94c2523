package datadog

import (
	"strings"

	"github.com/shardstats/shardstats/transport/internal/setting"
)

// ConfigFromEnv returns a Config with what the environment says, and zero fields
// for the rest. What the program sets on it afterwards wins:
//
//	cfg, err := datadog.ConfigFromEnv()
//	…
//	cfg.Site = "datadoghq.eu"
//	t, err := datadog.New(cfg)
//
// It reads
//
//	APIKey   DATADOG_API_KEY, DD_API_KEY
//	AppKey   DATADOG_APP_KEY, DD_APP_KEY
//	Site     DD_SITE
//	URL      DATADOG_HOST, DD_DD_URL, DD_URL; without a scheme, https is meant
//
// once, at the call. Of two names for one thing, the first that is set and not
// blank holds; blanks around a value are dropped. URL wins over Site. The error
// joins what is wrong, without repeating a key. An environment without a key is no
// error here, since the program may set one; [New] refuses to do without.
func ConfigFromEnv() (Config, error) {
	var env setting.Environment
	c := Config{
		APIKey: env.Get("APIKey", "DATADOG_API_KEY", "DD_API_KEY"),
		AppKey: env.Get("AppKey", "DATADOG_APP_KEY", "DD_APP_KEY"),
		Site:   env.Get("Site", "DD_SITE"),
		URL:    env.Get("URL", "DATADOG_HOST", "DD_DD_URL", "DD_URL"),
	}
	if c.URL != "" && !strings.Contains(c.URL, "://") {
		c.URL = "https://" + c.URL
	}
	_, _, err := c.orPlaceholder().withDefaults()
	return c, env.Explain(err)
}

// orPlaceholder returns c with some key, so that everything else is checked.
func (c Config) orPlaceholder() Config {
	if c.APIKey == "" {
		c.APIKey = "none"
	}
	return c
}
