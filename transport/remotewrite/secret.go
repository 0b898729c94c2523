package remotewrite

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
)

const hidden = "***"

// printable returns c without its secrets. A URL that New would refuse may hold
// a password; a TLS configuration holds private keys.
func (c Config) printable() Config {
	if c.Headers != nil {
		c.Headers = maps.Clone(c.Headers)
		for name := range c.Headers {
			c.Headers[name] = hidden
		}
	}
	for _, field := range []*string{&c.BearerToken, &c.Password} {
		if *field != "" {
			*field = hidden
		}
	}
	if _, problem := parseURL(c.URL); c.URL != "" && problem != "" {
		c.URL = hidden
	}
	c.TLS = nil
	return c
}

// bare is a Config that prints as fmt would print it.
type bare Config

// Format prints c with *** for its secrets and without TLS, whatever the verb.
func (c Config) Format(f fmt.State, verb rune) {
	fmt.Fprintf(f, fmt.FormatString(f, verb), bare(c.printable()))
}

// summary is what a log or a JSON document shows of c.
func (c Config) summary() []slog.Attr {
	p := c.printable()
	return []slog.Attr{
		slog.String("url", p.URL),
		slog.String("version", p.Version.String()),
		slog.String("bearer_token", p.BearerToken),
		slog.String("username", p.Username),
		slog.String("password", p.Password),
		slog.Any("headers", p.Headers),
		slog.Any("quantiles", p.Quantiles),
		slog.Int("max_buckets", p.MaxBuckets),
		slog.Int("max_samples", p.MaxSamples),
		slog.Int("max_request_bytes", p.MaxRequestBytes),
		slog.String("timeout", p.Timeout.String()),
		slog.Bool("tls", c.TLS != nil),
		slog.Bool("client", p.Client != nil),
	}
}

// LogValue implements [slog.LogValuer], with *** for secrets.
func (c Config) LogValue() slog.Value { return slog.GroupValue(c.summary()...) }

// MarshalJSON returns what LogValue shows, as an object. It is not meant to be
// read back.
func (c Config) MarshalJSON() ([]byte, error) {
	object := map[string]any{}
	for _, a := range c.summary() {
		object[a.Key] = a.Value.Any()
	}
	return json.Marshal(object)
}

// headers returns what goes along with each request.
func (c Config) headers() map[string]string {
	all := maps.Clone(c.Headers)
	if all == nil {
		all = map[string]string{}
	}
	switch {
	case c.BearerToken != "":
		all["Authorization"] = "Bearer " + c.BearerToken
	case c.Username != "" || c.Password != "":
		all["Authorization"] = "Basic " + base64.StdEncoding.EncodeToString([]byte(c.Username+":"+c.Password))
	}
	return all
}
