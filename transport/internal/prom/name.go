package prom

import (
	"strings"
	"unicode/utf8"

	"github.com/shardstats/shardstats/transport"
)

const (
	totalSuffix   = "_total"
	secondsSuffix = "_seconds"
)

// What a byte may be part of.
const (
	inLabel = 1 << iota // any label, but a digit not in front
	digit
	inName // any name
)

var class = func() (class [256]byte) {
	for c := range class {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
			class[c] = inLabel | inName
		case '0' <= c && c <= '9':
			class[c] = inLabel | inName | digit
		case c == ':':
			class[c] = inName
		}
	}
	return class
}()

// AppendName appends the name that a metric of a kind has on the wire.
func AppendName(dst []byte, name string, kind transport.Kind) []byte {
	from := len(dst)
	dst = appendSpelled(dst, name, inName)
	switch own := string(dst[from:]); kind {
	case transport.KindCount:
		if !strings.HasSuffix(own, totalSuffix) || own == totalSuffix { // the family needs a name without it
			dst = append(dst, totalSuffix...)
		}
	case transport.KindTiming:
		if !strings.HasSuffix(own, secondsSuffix) {
			dst = append(dst, secondsSuffix...)
		}
	}
	return dst
}

// LabelName returns the name of the label for the tags with a key. It returns key
// itself if nothing is wrong with it.
func LabelName(key string) string {
	if plainLabel(key) {
		return key
	}
	trimmed := strings.TrimLeft(key, "_")
	if len(trimmed) < len(key) {
		trimmed = "_" + trimmed
	}
	out := string(appendSpelled(nil, trimmed, inLabel))
	if rest := strings.TrimLeft(out, "_"); len(out)-len(rest) > 1 { // what became _ may stand in front, too
		out = "_" + rest
	}
	if out == "le" || out == "quantile" {
		out = "_" + out
	}
	return out
}

func plainLabel(key string) bool {
	if key == "" || class[key[0]]&digit != 0 || strings.HasPrefix(key, "__") || key == "le" || key == "quantile" {
		return false
	}
	for i := range len(key) {
		if class[key[i]]&inLabel == 0 {
			return false
		}
	}
	return true
}

// appendSpelled appends text with _ for each rune that is not allowed.
func appendSpelled(dst []byte, text string, allowed byte) []byte {
	if text == "" || class[text[0]]&digit != 0 {
		dst = append(dst, '_')
	}
	for i := 0; i < len(text); {
		if c := text[i]; class[c]&allowed != 0 {
			dst = append(dst, c)
			i++
			continue
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		dst = append(dst, '_')
		i += size
	}
	return dst
}
