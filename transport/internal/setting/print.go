package setting

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

// Hidden stands for a secret.
const Hidden = "***"

// Hide replaces each of the secrets that is there. An empty one shows as empty.
func Hide(secrets ...*string) {
	for _, s := range secrets {
		if *s != "" {
			*s = Hidden
		}
	}
}

// HideURL replaces a URL that is there and would be refused: it may hold a password.
func HideURL[U any](raw *string, parse func(string) (U, string)) {
	if _, problem := parse(*raw); problem != "" {
		Hide(raw)
	}
}

// HideValues returns headers with each value hidden, nil of nil.
func HideValues(headers map[string]string) map[string]string {
	if headers == nil {
		return nil
	}
	out := make(map[string]string, len(headers))
	for name := range headers {
		out[name] = Hidden
	}
	return out
}

// Format prints v as fmt would for %v with the flags of f, for the Formatter of a Config:
// v is the Config without its secrets, and of a type without methods. Any other verb, as
// %s, would not print a pointer, as that to a TLS configuration, by its address but show
// what it points to. (Of %p the Formatter is not told.)
func Format(f fmt.State, v any) { fmt.Fprintf(f, fmt.FormatString(f, 'v'), v) }

// JSON returns the attributes that a log shows as an object. It is not meant to be read
// back.
func JSON(attrs []slog.Attr) ([]byte, error) {
	object := make(map[string]any, len(attrs))
	for _, a := range attrs {
		object[a.Key] = a.Value.Any()
	}
	return json.Marshal(object)
}
