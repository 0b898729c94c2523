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
