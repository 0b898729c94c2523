package post

import (
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Secrets are words that must not be quoted. They are behind a function because fmt
// prints fields, unexported ones too.
type Secrets func() []string

const (
	shortestSecret = 6  // a shorter word is a tenant's name, and is found in anything
	quotedAtLeast  = 10 // so many bytes of a secret's beginning give it away
)

// SecretsOf returns the words of the values of headers, and what they mean if they are
// base64, as those of Basic are; and other words.
func SecretsOf(headers map[string]string, others ...string) Secrets {
	var words []string
	add := func(word string) { words = append(words, word, url.QueryEscape(word)) }
	for _, word := range others {
		add(word)
	}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		for word := range strings.FieldsFuncSeq(headers[name], func(r rune) bool { return r == ' ' || r == ',' || r == '\t' }) {
			add(word)
			if plain, err := base64.StdEncoding.DecodeString(word); err == nil {
				words = append(words, strings.Split(string(plain), ":")...)
			}
		}
	}
	for i, word := range words {
		words[i] = strings.ToLower(word)
	}
	words = slices.DeleteFunc(words, func(w string) bool {
		return len(w) < shortestSecret || slices.Contains([]string{"bearer", "apikey", "api-key"}, w)
	})
	return func() []string { return words }
}

// quotedIn reports whether text gives one of them away, by its beginning. It errs on
// the side of yes.
func (s Secrets) quotedIn(text string) bool {
	text = strings.ToLower(text)
	for _, word := range s() {
		if strings.Contains(text, word[:min(len(word), quotedAtLeast)]) {
			return true
		}
	}
	return false
}

// Hide returns text, or what can be said of it if one of them is in it.
func (s Secrets) Hide(text string) string {
	if text != "" && s.quotedIn(text) {
		return "what was said is left out, it quotes a secret"
	}
	return text
}
