package remotewrite

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"

	"github.com/shardstats/shardstats/transport/internal/setting"
)

// printable returns c without its secrets. A URL that New would refuse may hold a
// password. A TLS configuration has private keys, but it prints as an address.
func (c Config) printable() Config {
	c.Headers = setting.HideValues(c.Headers)
	setting.Hide(&c.BearerToken, &c.Password)
	setting.HideURL(&c.URL, parseURL)
	return c
}

// bare is a Config that prints as fmt would print it.
type bare Config

// Format prints c as %v does, with *** for its secrets, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) {
	setting.Format(f, bare(c.printable()))
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
		slog.Bool("tls", p.TLS != nil),
		slog.Bool("client", p.Client != nil),
	}
}

// LogValue implements [slog.LogValuer], with *** for secrets.
func (c Config) LogValue() slog.Value { return slog.GroupValue(c.summary()...) }

// MarshalJSON returns what LogValue shows, as an object. It is not meant to be
// read back.
func (c Config) MarshalJSON() ([]byte, error) { return setting.JSON(c.summary()) }

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
