package statsd

import (
	"testing"

	"github.com/shardstats/shardstats/transport"
)

// Name and Tag are what a metric's name and a tag in Datadog's form become.
func Name(name string) string { return string(appendName(nil, name)) }
func Tag(tag string) string   { return string(appendClean(nil, tag, tagBytes)) }
func Part(part string) string { return string(appendPart(nil, part)) }

// Member is what a member of a set becomes.
func Member(member string) string { return string(appendMember(nil, member)) }

// Truthy applies the rules of STATSD_ENABLED.
func Truthy(s string) bool { return truthy(s) }

// Logged returns which messages of a row of n pass a throttle.
func Logged(n int) (passed []int) {
	var t throttle
	for i := range n {
		if _, ok := t.allow(); ok {
			passed = append(passed, i+1)
		}
	}
	return passed
}

// Encode returns the lines of b without a connection, and what was refused.
func Encode(tb testing.TB, cfg Config, b *transport.Batch) (units []string, refused map[int]string) {
	tb.Helper()
	cfg.Address = "localhost"
	t, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	refused = map[int]string{}
	number := 0
	e := &t.encoder
	for i := range b.Series {
		s := &b.Series[i]
		e.series(s)
		for j := range s.Points {
			if why := e.point(s, &s.Points[j], number); why != "" {
				refused[number] = why
			}
			number++
		}
	}
	for i, u := range e.chunk.units {
		units = append(units, string(e.chunk.buf[e.chunk.begin(i):u.end]))
	}
	return units, refused
}

// Encoder encodes again and again into the same buffer, for benchmarks.
func Encoder(tb testing.TB, cfg Config) func(b *transport.Batch) (wireBytes int) {
	cfg.Address = "localhost"
	t, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return func(b *transport.Batch) int {
		e := &t.encoder
		e.chunk.reset()
		for i := range b.Series {
			s := &b.Series[i]
			e.series(s)
			for j := range s.Points {
				if why := e.point(s, &s.Points[j], 0); why != "" {
					tb.Fatal(why)
				}
			}
		}
		return len(e.chunk.buf)
	}
}

// Complete returns cfg as New uses it.
func Complete(cfg Config) (Config, error) { return cfg.withDefaults() }

// RawLine returns the line that Inject queues.
func RawLine(prefix, path, value, typeCode string) (string, error) {
	return rawLine(prefix, path, value, typeCode)
}
