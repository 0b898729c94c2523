package stdout

import (
	"time"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/jsonenc"
)

// appendLine appends p of s as one line. The package's doc has the schema.
func appendLine(dst []byte, s *transport.Series, p *transport.Point) []byte {
	dst = append(dst, `{"time":`...)
	dst = jsonenc.AppendInt(dst, p.Unix)
	dst = append(dst, `,"name":`...)
	dst = jsonenc.AppendString(dst, s.Name)
	dst = append(dst, `,"kind":`...)
	dst = jsonenc.AppendString(dst, s.Kind.String())
	dst = append(dst, `,"value":`...)
	dst = jsonenc.AppendFloat(dst, p.Value)
	dst = append(dst, `,"tags":`...)
	dst = jsonenc.AppendStrings(dst, s.Tags)
	if s.HostSet {
		dst = append(dst, `,"host":`...)
		dst = jsonenc.AppendString(dst, s.Host)
	}
	if s.Device != "" {
		dst = append(dst, `,"device":`...)
		dst = jsonenc.AppendString(dst, s.Device)
	}
	if s.Unit != "" {
		dst = append(dst, `,"unit":`...)
		dst = jsonenc.AppendString(dst, s.Unit)
	}
	dst = append(dst, `,"interval":`...)
	dst = jsonenc.AppendInt(dst, int64(s.Interval/time.Second))
	if p.Rev != 0 {
		dst = append(dst, `,"rev":`...)
		dst = jsonenc.AppendInt(dst, int64(p.Rev))
	}
	return append(dst, '}', '\n')
}

// appendEvent appends e as one line.
func appendEvent(dst []byte, e *transport.Event) []byte {
	dst = append(dst, `{"event":`...)
	dst = jsonenc.AppendString(dst, e.Title)
	dst = append(dst, `,"text":`...)
	dst = jsonenc.AppendString(dst, e.Text)
	dst = appendTime(dst, e.Time)
	dst = appendText(dst, "alert_type", string(e.AlertType))
	dst = appendText(dst, "priority", string(e.Priority))
	dst = appendText(dst, "aggregation_key", e.AggregationKey)
	dst = appendText(dst, "source_type_name", e.SourceTypeName)
	return appendEnd(dst, e.Tags, e.Host)
}

// appendCheck appends sc as one line.
func appendCheck(dst []byte, sc *transport.ServiceCheck) []byte {
	dst = append(dst, `{"check":`...)
	dst = jsonenc.AppendString(dst, sc.Name)
	dst = append(dst, `,"status":`...)
	dst = jsonenc.AppendString(dst, sc.Status.String())
	dst = appendTime(dst, sc.Time)
	dst = appendText(dst, "message", sc.Message)
	return appendEnd(dst, sc.Tags, sc.Host)
}

func appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return dst
	}
	return jsonenc.AppendInt(append(dst, `,"time":`...), t.Unix())
}

func appendText(dst []byte, key, text string) []byte {
	if text == "" {
		return dst
	}
	dst = append(dst, `,"`...)
	dst = append(dst, key...)
	return jsonenc.AppendString(append(dst, `":`...), text)
}

func appendEnd(dst []byte, tags []string, host string) []byte {
	dst = jsonenc.AppendStrings(append(dst, `,"tags":`...), tags)
	dst = appendText(dst, "host", host)
	return append(dst, '}', '\n')
}
