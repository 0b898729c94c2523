package datadog

import (
	"fmt"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/jsonenc"
)

const (
	eventsPath = "/api/v1/events"
	checksPath = "/api/v1/check_run"
)

// Limits of the API, in characters. It refuses a longer aggregation key and shows
// no more of the others; for titles it documents 500 with its second version only.
const (
	maxTitleRunes          = 500
	maxTextRunes           = 4000
	maxAggregationKeyRunes = 100
	maxMessageRunes        = 500

	cutMark = "…" // the last character of a text that was cut
)

// appendEvent appends e as the body of a request. What is not set is left out, but
// for title and text, which the API wants.
func appendEvent(dst []byte, e *transport.Event, fillHost string) []byte {
	dst = append(dst, '{')
	dst = jsonenc.AppendString(appendKey(dst, "title"), shorten(e.Title, maxTitleRunes))
	dst = jsonenc.AppendString(appendKey(dst, "text"), shorten(e.Text, maxTextRunes))
	dst = appendField(dst, "alert_type", string(e.AlertType))
	dst = appendField(dst, "aggregation_key", shortenKey(e.AggregationKey))
	dst = appendField(dst, "source_type_name", e.SourceTypeName)
	dst = appendTime(dst, "date_happened", e.Time)
	dst = appendField(dst, "priority", string(e.Priority))
	if len(e.Tags) > 0 {
		dst = appendTags(appendKey(dst, "tags"), e.Tags, spellings{})
	}
	dst = appendField(dst, "host", filled(e.Host, fillHost))
	return append(dst, '}')
}

// appendCheck appends sc as the body of a request. The API wants a host and a
// status at all events. A status that does not exist is unknown.
func appendCheck(dst []byte, sc *transport.ServiceCheck, fillHost string) []byte {
	dst = append(dst, '{')
	dst = jsonenc.AppendString(appendKey(dst, "check"), sc.Name)
	dst = jsonenc.AppendString(appendKey(dst, "host_name"), filled(sc.Host, fillHost))
	dst = jsonenc.AppendInt(appendKey(dst, "status"), int64(min(sc.Status, transport.CheckUnknown)))
	dst = appendTime(dst, "timestamp", sc.Time)
	dst = appendField(dst, "message", shorten(sc.Message, maxMessageRunes))
	if len(sc.Tags) > 0 {
		dst = appendTags(appendKey(dst, "tags"), sc.Tags, spellings{})
	}
	return append(dst, '}')
}

// shorten cuts text to limit characters, the last of them the mark.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	runes, end := 0, 0 // end is where to cut
	for i := range text {
		if runes == limit-1 {
			end = i
		}
		if runes++; runes > limit {
			return text[:end] + cutMark
		}
	}
	return text
}

// shortenKey cuts an aggregation key like a text, but ends it with a hash of the
// whole, so that two long keys stay two.
func shortenKey(key string) string {
	if shorten(key, maxAggregationKeyRunes) == key {
		return key
	}
	hash := fmt.Sprintf("%016x", xxhash.Sum64String(key))
	return shorten(key, maxAggregationKeyRunes-len(hash)) + hash
}

func filled(host, fill string) string {
	if host == "" {
		return fill
	}
	return host
}

// appendKey appends the name of a field, after a comma unless it is the first.
func appendKey(dst []byte, key string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(jsonenc.AppendString(dst, key), ':')
}

func appendField(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	return jsonenc.AppendString(appendKey(dst, key), value)
}

func appendTime(dst []byte, key string, t time.Time) []byte {
	if t.IsZero() {
		return dst
	}
	return jsonenc.AppendInt(appendKey(dst, key), t.Unix())
}

// appendTags appends tags as the API will see them.
func appendTags(dst []byte, tags []string, known spellings) []byte {
	dst = append(dst, '[')
	for i, tag := range tags {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendSpelled(dst, known.tag(tag))
	}
	return append(dst, ']')
}

// appendSpelled appends a name or tag as spelled on the wire, as a JSON string: it has
// only letters, digits and characters that need no escape.
func appendSpelled(dst []byte, text string) []byte {
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}
