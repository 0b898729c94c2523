package remotewrite

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
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

// secrets are the words that must not be quoted. They are behind a function
// because fmt prints fields, unexported ones too.
type secrets func() []string

const (
	shortestSecret = 6  // a shorter word is a tenant's name, and is found in anything
	quotedAtLeast  = 10 // so many bytes of a secret's beginning give it away
)

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

// secretsOf returns the words of the headers' values, and the password.
func (c Config) secretsOf() secrets {
	words := []string{c.Password, url.QueryEscape(c.Password)}
	headers := c.headers()
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		for word := range strings.FieldsFuncSeq(headers[name], func(r rune) bool { return r == ' ' || r == ',' || r == '\t' }) {
			words = append(words, word, url.QueryEscape(word))
			if plain, err := base64.StdEncoding.DecodeString(word); err == nil && c.Username == "" {
				words = append(words, strings.Split(string(plain), ":")...)
			}
		}
	}
	for i, word := range words {
		words[i] = strings.ToLower(word)
	}
	words = slices.DeleteFunc(words, func(w string) bool {
		return len(w) < shortestSecret || w == "bearer"
	})
	return func() []string { return words }
}

// quotedIn reports whether text gives one of them away, by its beginning. It errs
// on the side of yes.
func (s secrets) quotedIn(text string) bool {
	text = strings.ToLower(text)
	for _, word := range s() {
		if strings.Contains(text, word[:min(len(word), quotedAtLeast)]) {
			return true
		}
	}
	return false
}
