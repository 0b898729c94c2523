package datadog

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/shardstats/shardstats/transport/internal/setting"
)

// printable returns c without its secrets. A URL that New would refuse may hold
// a password.
func (c Config) printable() Config {
	setting.Hide(&c.APIKey, &c.AppKey)
	setting.HideURL(&c.URL, parseURL)
	return c
}

// bare is a Config that prints as fmt would print it.
type bare Config

// Format prints c as %v does, with *** for the keys, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) {
	setting.Format(f, bare(c.printable()))
}

// summary is what a log or a JSON document shows of c.
func (c Config) summary() []slog.Attr {
	p := c.printable()
	return []slog.Attr{
		slog.String("api_key", p.APIKey),
		slog.Bool("api_key_func", p.APIKeyFunc != nil),
		slog.String("app_key", p.AppKey),
		slog.String("site", p.Site),
		slog.String("url", p.URL),
		slog.String("api", p.API.String()),
		slog.String("encoding", p.Encoding.String()),
		slog.Bool("allow_v3", p.AllowV3),
		slog.String("origin", fmt.Sprint(p.Origin)),
		slog.String("compression", p.Compression.String()),
		slog.String("zstd_name", p.ZstdName),
		slog.String("fill_host", p.FillHost),
		slog.String("timeout", p.Timeout.String()),
		slog.Bool("client", p.Client != nil),
	}
}

// LogValue implements [slog.LogValuer], with *** for the keys.
func (c Config) LogValue() slog.Value { return slog.GroupValue(c.summary()...) }

// MarshalJSON returns what LogValue shows, as an object. It is not meant to be
// read back.
func (c Config) MarshalJSON() ([]byte, error) { return setting.JSON(c.summary()) }

// credentials are the keys of one request.
type credentials struct{ api, app string }

// quotedIn reports whether text gives one of them away.
func (c credentials) quotedIn(text string) bool {
	return quotes(text, c.api) || c.app != "" && quotes(text, c.app)
}

// hide returns text, or what can be said of it if a key is in it.
func (c credentials) hide(text string) string {
	if text != "" && c.quotedIn(text) {
		return "what was said is left out, it quotes a key"
	}
	return text
}

// quotes reports whether text holds key, the beginning of it, or one of the
// forms it takes in headers and URLs. It errs on the side of yes.
func quotes(text, key string) bool {
	text = strings.ToLower(text)
	for _, form := range []string{
		key,
		url.QueryEscape(key),
		url.PathEscape(key),
		base64.StdEncoding.EncodeToString([]byte(key)),
		base64.StdEncoding.EncodeToString([]byte(":" + key)),
		base64.StdEncoding.EncodeToString([]byte("::" + key)),
	} {
		form = strings.ToLower(form)
		if strings.Contains(text, form[:min(len(form), 8)]) {
			return true
		}
		// The encoded forms with something before the key differ in their first
		// letters, so look at their middle too.
		if len(form) >= 20 && strings.Contains(text, form[8:16]) {
			return true
		}
	}
	return false
}
