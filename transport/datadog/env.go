package datadog

import (
	"net/url"
	"os"
	"strings"
)

// ConfigFromEnv returns a Config with what the environment says, and zero fields
// for the rest; set on it what is to win over the environment:
//
//	APIKey   DATADOG_API_KEY, DD_API_KEY
//	AppKey   DATADOG_APP_KEY, DD_APP_KEY
//	Site     DD_SITE
//	URL      DATADOG_HOST, DD_URL; without a scheme, https is meant
//
// Of two variables the first that is not empty holds. It reads them once, at the
// call. The error joins what is wrong with them, without a key. An
// environment without a key is no error here; [New] refuses it.
func ConfigFromEnv() (Config, error) {
	c := Config{
		APIKey: firstEnv("DATADOG_API_KEY", "DD_API_KEY"),
		AppKey: firstEnv("DATADOG_APP_KEY", "DD_APP_KEY"),
		Site:   firstEnv("DD_SITE"),
		URL:    firstEnv("DATADOG_HOST", "DD_URL"),
	}
	if c.URL != "" && !strings.Contains(c.URL, "://") {
		c.URL = (&url.URL{Scheme: "https", Host: c.URL}).String()
	}
	_, _, err := c.orPlaceholder().withDefaults()
	return c, err
}

// orPlaceholder returns c with some key, so that everything else is checked.
func (c Config) orPlaceholder() Config {
	if c.APIKey == "" {
		c.APIKey = "none"
	}
	return c
}

func firstEnv(names ...string) string {
	for _, name := range names {
		if v := strings.TrimSpace(os.Getenv(name)); v != "" {
			return v
		}
	}
	return ""
}
