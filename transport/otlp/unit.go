package otlp

import (
	"strings"

	"github.com/shardstats/shardstats/transport"
)

// ucum has the codes of UCUM (https://ucum.org), which OTLP's units are in, for words.
var ucum = map[string]string{
	"nanosecond": "ns", "microsecond": "us", "millisecond": "ms", "second": "s",
	"minute": "min", "hour": "h", "day": "d", "week": "wk",
	"bit": "bit", "byte": "By",
	"kilobyte": "kBy", "megabyte": "MBy", "gigabyte": "GBy", "terabyte": "TBy",
	"kibibyte": "KiBy", "mebibyte": "MiBy", "gibibyte": "GiBy", "tebibyte": "TiBy",
	"percent": "%", "fraction": "1", "ratio": "1",
	"hertz": "Hz", "celsius": "Cel", "kelvin": "K", "volt": "V", "ampere": "A", "watt": "W", "joule": "J",
	"meter": "m", "metre": "m", "gram": "g", "kilogram": "kg",
}

// codes are those of ucum, which stay as they are.
var codes = func() map[string]bool {
	all := map[string]bool{}
	for _, code := range ucum {
		all[code] = true
	}
	return all
}()

// appendUnit appends the unit of a series as OTLP has it, nothing if it has none.
func appendUnit(dst []byte, s *transport.Series) []byte {
	if s.Unit == "" {
		if s.Kind == transport.KindTiming {
			dst = append(dst, "ms"...)
		}
		return dst
	}
	dst = appendCode(dst, s.Unit)
	if s.Kind == transport.KindRate {
		dst = append(dst, "/s"...)
	}
	return dst
}

// appendCode appends the code for a word, in the singular or the plural, or the word in
// braces, by which UCUM takes it for a thing that is counted.
func appendCode(dst []byte, word string) []byte {
	if code, ok := ucum[word]; ok {
		return append(dst, code...)
	}
	if one, ok := strings.CutSuffix(word, "s"); ok && ucum[one] != "" {
		return append(dst, ucum[one]...)
	}
	if codes[word] {
		return append(dst, word...)
	}
	if strings.HasPrefix(word, "{") && strings.HasSuffix(word, "}") {
		word = word[1 : len(word)-1]
	}
	dst = append(dst, '{')
	for _, r := range word { // between braces UCUM has printable ASCII, but no brace
		if r <= ' ' || r >= 0x7f || r == '{' || r == '}' {
			r = '_'
		}
		dst = append(dst, byte(r))
	}
	return append(dst, '}')
}
