package post

import (
	"fmt"
	"strings"
)

// MaxHeaderBytes is how long the value of a user's header may be.
const MaxHeaderBytes = 8 << 10

// HeaderProblem says what is wrong with a user's header, without repeating its value,
// which may be a secret.
func HeaderProblem(name, value string) string {
	if !isToken(name) {
		return fmt.Sprintf("%q is no name of a header", name)
	}
	switch strings.ToLower(name) {
	case "content-type", "content-encoding", "content-length", "transfer-encoding", "host", "connection",
		"accept-encoding", "trailer", "upgrade", "te", "expect", "keep-alive", "proxy-connection":
		return HeaderTaken(name)
	case "idempotency-key", "x-idempotency-key": // net/http does, for any value
		return fmt.Sprintf("%q would have requests sent twice: a lost answer is dealt with by the flusher", name)
	}
	switch {
	case len(value) > MaxHeaderBytes:
		return fmt.Sprintf("the value of %q has %d bytes: want at most %d", name, len(value), MaxHeaderBytes)
	case !IsHeaderValue(value):
		return fmt.Sprintf("the value of %q has a character that is not printable ASCII: look for a line end", name)
	}
	return ""
}

// HeaderTaken says that a header is none of the user's.
func HeaderTaken(name string) string { return fmt.Sprintf("%q is set by the transport", name) }

// IsHeaderValue reports whether s is printable ASCII, with blanks and tabs.
func IsHeaderValue(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// isToken reports whether s can name a header (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}
