package otlp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shardstats/shardstats/transport/internal/setting"
)

// ConfigFromEnv returns a Config with what the environment says, and zero fields
// for the rest. What the program sets on it afterwards wins:
//
//	cfg, err := otlp.ConfigFromEnv()
//	…
//	cfg.ServiceName = "checkout"
//	t, err := otlp.New(cfg)
//
// It reads the variables of OpenTelemetry
// (https://opentelemetry.io/docs/specs/otel/protocol/exporter/) once, at the call:
//
//	MetricsURL   OTEL_EXPORTER_OTLP_METRICS_ENDPOINT
//	Endpoint     OTEL_EXPORTER_OTLP_ENDPOINT
//	Headers      OTEL_EXPORTER_OTLP_METRICS_HEADERS, OTEL_EXPORTER_OTLP_HEADERS
//	Timeout      OTEL_EXPORTER_OTLP_METRICS_TIMEOUT, OTEL_EXPORTER_OTLP_TIMEOUT: milliseconds
//	Compression  OTEL_EXPORTER_OTLP_METRICS_COMPRESSION, OTEL_EXPORTER_OTLP_COMPRESSION: gzip, none
//	TLS          OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE, OTEL_EXPORTER_OTLP_CERTIFICATE: to trust;
//	             …_CLIENT_CERTIFICATE with …_CLIENT_KEY, likewise: to show
//	ServiceName  OTEL_SERVICE_NAME
//	Resource     OTEL_RESOURCE_ATTRIBUTES
//
// Of two names for one thing the first that is set and not blank holds; blanks around
// a value are dropped. Headers and resource attributes are key=value, with commas
// between them, and percent-encoded where they need it. Certificates and the key are
// PEM files, which are read now.
//
// Two more are read because they may ask for what is not there, which is an error:
// OTEL_EXPORTER_OTLP_METRICS_PROTOCOL and OTEL_EXPORTER_OTLP_PROTOCOL may only be
// http/protobuf, and OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE only delta, or
// lowmemory, which is the same here.
//
// OTEL_EXPORTER_OTLP_INSECURE is not read, since with HTTP the scheme says it; nor is
// OTEL_SDK_DISABLED, which is about an SDK that this is not.
//
// The error joins what is wrong, without repeating a header's value.
func ConfigFromEnv() (Config, error) {
	e := &environment{}
	var env setting.Environment
	c := Config{
		MetricsURL:  env.Get("MetricsURL", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"),
		Endpoint:    env.Get("Endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT"),
		Headers:     e.pairs("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"),
		Timeout:     e.milliseconds("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"),
		Compression: e.compression("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"),
		TLS:         e.tls(),
		ServiceName: env.Get("ServiceName", "OTEL_SERVICE_NAME"),
		Resource:    e.pairs("OTEL_RESOURCE_ATTRIBUTES"),
	}
	if p := e.first("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"); p != "" && p != "http/protobuf" {
		e.complain("is %q: only http/protobuf is built", p)
	}
	switch p := e.first("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"); strings.ToLower(p) {
	case "", "delta", "lowmemory":
	case "cumulative":
		e.complain("is %q: only delta is built; unset it, and let a Collector make running totals (deltatocumulative) if the backend needs them", p)
	default:
		e.complain("is %q: want delta", p)
	}
	_, _, err := c.withDefaults()
	return c, errors.Join(append(e.wrong, env.Explain(err))...)
}

// environment reads variables and gathers what is wrong with them.
type environment struct {
	name  string // of the last that was set
	wrong []error
}

// complain says what is wrong with the variable that was read last.
func (e *environment) complain(format string, args ...any) {
	e.wrong = append(e.wrong, fmt.Errorf("otlp: "+e.name+" "+format, args...))
}

func (e *environment) first(names ...string) string {
	name, v := setting.Variable(names...)
	if v != "" {
		e.name = name
	}
	return v
}

// pairs reads key=value,key=value.
func (e *environment) pairs(names ...string) map[string]string {
	list := e.first(names...)
	if list == "" {
		return nil
	}
	out := map[string]string{}
	number := 0
	for pair := range strings.SplitSeq(list, ",") {
		number++
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		key, value, found := strings.Cut(pair, "=")
		key, keyErr := url.PathUnescape(strings.TrimSpace(key))
		value, valueErr := url.PathUnescape(strings.TrimSpace(value))
		switch {
		case !found || key == "":
			e.complain("has no key=value as number %d", number)
		case keyErr != nil || valueErr != nil || !utf8.ValidString(key) || !utf8.ValidString(value):
			e.complain("is not percent-encoded right in number %d", number)
		default:
			out[key] = value
		}
	}
	return out
}

func (e *environment) milliseconds(names ...string) time.Duration {
	v := e.first(names...)
	if v == "" {
		return 0
	}
	const most = 24 * time.Hour
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 1 || n > int64(most/time.Millisecond) {
		e.complain("is %q: want milliseconds, from 1 to %d", v, most/time.Millisecond)
		return 0
	}
	return time.Duration(n) * time.Millisecond
}

func (e *environment) compression(names ...string) Compression {
	switch v := e.first(names...); strings.ToLower(v) {
	case "", "gzip":
	case "none":
		return None
	default:
		e.complain("is %q: want gzip or none", v)
	}
	return Gzip
}

// tls returns nil if the environment says nothing about it.
func (e *environment) tls() *tls.Config {
	var c *tls.Config
	config := func() *tls.Config {
		if c == nil {
			c = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		return c
	}
	if path := e.first("OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"); path != "" {
		pem, err := os.ReadFile(path)
		pool := x509.NewCertPool()
		switch {
		case err != nil:
			e.complain("names a file that cannot be read: %w", err)
		case !pool.AppendCertsFromPEM(pem):
			e.complain("names %s, which has no certificate in PEM form", path)
		default:
			config().RootCAs = pool
		}
	}
	key := e.first("OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY")
	keyName := e.name
	certificate := e.first("OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE")
	switch {
	case key == "" && certificate == "":
	case key == "":
		e.complain("is set and there is no client key: set OTEL_EXPORTER_OTLP_CLIENT_KEY too")
	case certificate == "":
		e.name = keyName
		e.complain("is set and there is no client certificate: set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE too")
	default:
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			e.complain("and the client key are no pair that can be loaded: %w", err)
			break
		}
		config().Certificates = []tls.Certificate{pair}
	}
	return c
}
