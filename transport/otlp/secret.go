package otlp

import (
	"fmt"
	"log/slog"

	"github.com/shardstats/shardstats/transport/internal/setting"
)

// printable returns c without its secrets. A URL that New would refuse may hold a
// password. A TLS configuration has private keys, but it prints as an address.
func (c Config) printable() Config {
	c.Headers = setting.HideValues(c.Headers)
	setting.HideURL(&c.Endpoint, parseURL)
	setting.HideURL(&c.MetricsURL, parseURL)
	return c
}

// bare is a Config that prints as fmt would print it.
type bare Config

// Format prints c as %v does, with *** for the values of headers, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) {
	setting.Format(f, bare(c.printable()))
}

// summary is what a log or a JSON document shows of c.
func (c Config) summary() []slog.Attr {
	p := c.printable()
	return []slog.Attr{
		slog.String("endpoint", p.Endpoint),
		slog.String("metrics_url", p.MetricsURL),
		slog.Any("headers", p.Headers),
		slog.String("service_name", p.ServiceName),
		slog.Any("resource", p.Resource),
		slog.String("histograms", p.Histograms.String()),
		slog.Any("quantiles", p.Quantiles),
		slog.Bool("signed_counts", p.SignedCounts),
		slog.Int("max_buckets", p.MaxBuckets),
		slog.Int("max_request_bytes", p.MaxRequestBytes),
		slog.String("compression", p.Compression.String()),
		slog.String("timeout", p.Timeout.String()),
		slog.Bool("tls", p.TLS != nil),
		slog.Bool("client", p.Client != nil),
	}
}

// LogValue implements [slog.LogValuer], with *** for the values of headers.
func (c Config) LogValue() slog.Value { return slog.GroupValue(c.summary()...) }

// MarshalJSON returns what LogValue shows, as an object. It is not meant to be
// read back.
func (c Config) MarshalJSON() ([]byte, error) { return setting.JSON(c.summary()) }
