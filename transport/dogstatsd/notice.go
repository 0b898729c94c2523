package dogstatsd

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/line"
)

const (
	maxTitleRunes          = 500
	maxAggregationKeyRunes = 100
	maxFieldRunes          = 200

	cutMark = "…" // at the end of a text that was cut

	// A text that could keep less than this is no event any more.
	minTextBytes = 16
)

var (
	// The lengths before them say where title and text end, so that they may hold
	// what separates fields.
	eventText = line.Reserve("")
	fieldText = line.Reserve("|")
)

// event appends the line of ev. A title or a text that does not fit is cut.
func (e *encoder) event(ev *transport.Event) error {
	rest := e.scratch[:0] // all after the text
	rest = appendTime(rest, ev.Time)
	rest = appendField(rest, "|h:", ev.Host, maxHostRunes)
	rest = appendField(rest, "|k:", shortenKey(ev.AggregationKey), maxAggregationKeyRunes)
	rest = appendField(rest, "|p:", string(ev.Priority), maxFieldRunes)
	rest = appendField(rest, "|s:", ev.SourceTypeName, maxFieldRunes)
	rest = appendField(rest, "|t:", string(ev.AlertType), maxFieldRunes)
	rest = e.appendTags(rest, ev.Tags, "", "", false)
	rest = append(append(rest, e.origin...), e.cardinality...)
	e.scratch = rest

	room := e.out.Longest() - len(rest) - len("_e{1234567,1234567}:|")
	if room < 2*minTextBytes {
		return errTooLarge
	}
	title := eventText.Append(nil, ev.Title, maxTitleRunes) // a line feed there is an underscore
	title = shorten(title, room-minTextBytes)
	text := eventText.AppendEscaped(nil, ev.Text)
	if len(text) == 0 {
		text = append(text, ' ') // some Agents refuse an event without a text
	}
	text = shorten(text, room-len(title))

	buf := append(e.out.Line(), "_e{"...)
	buf = strconv.AppendInt(buf, int64(len(title)), 10)
	buf = append(buf, ',')
	buf = strconv.AppendInt(buf, int64(len(text)), 10)
	buf = append(buf, "}:"...)
	buf = append(buf, title...)
	buf = append(buf, '|')
	buf = append(buf, text...)
	return e.add(append(buf, rest...))
}

// check appends the line of sc. A message that does not fit is cut. A status that
// does not exist is unknown.
func (e *encoder) check(sc *transport.ServiceCheck) error {
	buf := append(e.out.Line(), "_sc|"...)
	start := len(e.out.Line())
	buf = fieldText.Append(buf, sc.Name, maxNameBytes)
	buf = append(buf, '|')
	buf = strconv.AppendInt(buf, int64(min(sc.Status, transport.CheckUnknown)), 10)
	buf = appendTime(buf, sc.Time)
	buf = appendField(buf, "|h:", sc.Host, maxHostRunes)
	buf = e.appendTags(buf, sc.Tags, "", "", false)
	if sc.Message != "" {
		message := fieldText.AppendEscaped(e.scratch[:0], sc.Message)
		e.scratch = message
		message = bytes.ReplaceAll(message, []byte("m:"), []byte(`m\:`))
		room := e.out.Longest() - (len(buf) - start) - len("|m:") - len(e.origin) - len(e.cardinality)
		if room < minTextBytes {
			return errTooLarge
		}
		buf = append(append(buf, "|m:"...), shorten(message, room)...)
	}
	buf = append(append(buf, e.origin...), e.cardinality...)
	return e.add(buf)
}

// shorten cuts an escaped text to limit bytes, the mark at its end included, parting
// neither a character nor an escape.
func shorten(text []byte, limit int) []byte {
	if len(text) <= limit {
		return text
	}
	end := limit - len(cutMark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	if end > 0 && text[end-1] == '\\' && (text[end] == 'n' || text[end] == ':') {
		end--
	}
	return append(text[:end], cutMark...)
}

// shortenKey cuts an aggregation key to what Datadog takes, and ends it with a hash
// of the whole, so that two long keys stay two.
func shortenKey(key string) string {
	runes, end := 0, 0
	const hash = 16 // digits
	for i := range key {
		if runes == maxAggregationKeyRunes-1-hash {
			end = i
		}
		if runes++; runes > maxAggregationKeyRunes {
			return fmt.Sprintf("%s%s%016x", key[:end], cutMark, xxhash.Sum64String(key))
		}
	}
	return key
}

func appendField(dst []byte, key, value string, maxRunes int) []byte {
	if value == "" {
		return dst
	}
	return fieldText.Append(append(dst, key...), value, maxRunes)
}

func appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return dst
	}
	return strconv.AppendInt(append(dst, "|d:"...), t.Unix(), 10)
}
