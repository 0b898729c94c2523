package post

import (
	"net/url"
	"strings"
)

// ParseURL returns raw as the URL of requests, or what is wrong with it, without
// repeating it: it may hold a password. example is a URL that would be right, and
// instead says what to set in the place of a user and password.
func ParseURL(raw, example, instead string) (*url.URL, string) {
	want := ": want one like " + example
	if raw == "" {
		return nil, "is empty" + want
	}
	for i := range len(raw) {
		if raw[i] <= ' ' || raw[i] == 0x7f {
			return nil, "has a blank or a control character" + want
		}
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, "is no valid URL" + want
	case u.User != nil:
		return nil, "has a user or password: " + instead
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, "has the wrong scheme: want http or https, as in " + example
	case u.Hostname() == "":
		return nil, "has no host" + want
	case u.RawQuery != "" || u.ForceQuery:
		return nil, "has a query: want scheme, host and path only"
	case strings.Contains(raw, "#"):
		return nil, "has a fragment: want scheme, host and path only"
	}
	return u, ""
}
