package statsd_test

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/statsd"
)

// only returns s with an underscore for each character that is not allowed, and for each
// byte outside UTF-8.
func only(s string, allowed func(r rune) bool) string {
	return strings.Map(func(r rune) rune {
		if allowed(r) {
			return r
		}
		return '_'
	}, s)
}

func inPart(r rune) bool {
	return 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '_' || r == '-'
}
func inName(r rune) bool { return inPart(r) || r == '.' }
func inTag(r rune) bool  { return '!' <= r && r <= '~' && !strings.ContainsRune(",|#;", r) }

// Spelled as the package's doc says, by other means than the encoder's.
func spelledName(s string) string {
	parts := strings.Split("."+only(s, inName), ".")[1:]
	out, last := parts[0], parts[0]
	for _, part := range parts[1:] {
		if last == "" { // what is before the dot
			out, last = out+"_"+part, "_"+part
		} else {
			out, last = out+"."+part, part
		}
	}
	if strings.HasSuffix(out, ".") { // its last part is empty
		out = strings.TrimSuffix(out, ".") + "_"
	}
	return orUnderscore(out)
}

func spelledPart(s string) string { return "." + orUnderscore(only(s, inPart)) }
func spelledTag(s string) string  { return orUnderscore(only(s, inTag)) }

func orUnderscore(s string) string {
	if s == "" {
		return "_"
	}
	return s
}

// Whatever the names, tags, members and values are: every line reads back as the
// sample that was submitted, and there is no other.
func FuzzLines(f *testing.F) {
	f.Add("name", "k:v", "host", "dev", "member", 1.5, -2.0, byte(0), byte(0))
	f.Add("a:1|c\nb", "x,y|#z", "h\n", "", "a:b|s\n", -1.0, 0.0, byte(2), byte(3))
	f.Add("\u010a..", ":", "\u203a", "%", "", math.Inf(1), 1e300, byte(5), byte(6))
	f.Add("", "", "", "", "%", math.NaN(), 3.0, byte(1), byte(4))
	f.Add(".", "a;b=c", " ", "\xff", "é", 5e-324, 93.0, byte(4), byte(5))
	f.Add(".a..b-c.", "é;~!", "h.1", "d e", "m", 2.0, 1.0, byte(2), byte(8))
	f.Fuzz(func(t *testing.T, name, tag, host, device, member string, v, weight float64, kind, mode byte) {
		cfg := statsd.Config{Tags: statsd.Tags(mode % 3), Plain: mode&4 != 0}
		if mode&8 != 0 {
			cfg.Prefix = "applications.my-service"
		} else {
			cfg.NoPrefix = true
		}
		s := transport.Series{
			Name: name, Tags: []string{tag, "last:1"}, Host: host, HostSet: host != "", Device: device, Kind: transport.Kind(kind%9 + 1),
			Points: []transport.Point{{Unix: 1_700_000_000, Value: v, Members: []string{member, "other"}, Summary: &transport.Summary{
				Count: math.Max(1, weight), Sum: v, Min: v, Max: v, Samples: []transport.Sample{{Value: v, Weight: weight}},
			}}},
		}
		before, after := counter("before", 1), counter("after", 2)
		units, refused := statsd.Encode(t, cfg, batch(before, s, after))
		text := strings.Join(units, "")
		require.True(t, strings.HasSuffix(text, "\n"))
		all := parseAll(t, strings.Split(strings.TrimSuffix(text, "\n"), "\n"))
		require.GreaterOrEqual(t, len(all), 2)
		first, got, last := all[0], all[1:len(all)-1], all[len(all)-1]
		assert.Equal(t, "1c", first.value+first.kind)
		assert.Equal(t, "2c", last.value+last.kind)

		path, tags := spelled(cfg, &s)
		for _, l := range got {
			assert.Equal(t, path, l.path)
			assert.Equal(t, tags, l.tags)
		}
		if len(refused) > 0 {
			require.Len(t, refused, 1)
			require.Contains(t, refused, 1)
			require.Empty(t, got, "a refused point has no line")
			return
		}
		checkSamples(t, &s, member, got)
	})
}

// spelled returns the path and the tags that the lines of s are to have.
func spelled(cfg statsd.Config, s *transport.Series) (path string, tags []string) {
	if cfg.Prefix != "" {
		path = cfg.Prefix + "."
	}
	if !cfg.Plain {
		path += map[transport.Kind]string{
			transport.KindCount: "counters.", transport.KindRate: "gauges.", transport.KindGauge: "gauges.", transport.KindSet: "sets.",
			transport.KindHistogram: "timers.", transport.KindTiming: "timers.", transport.KindDistribution: "timers.",
		}[s.Kind]
	}
	path += spelledName(s.Name)
	switch cfg.Tags {
	case statsd.TagsInPath:
		for _, tag := range s.Tags {
			for _, part := range strings.SplitN(tag, ":", 2) {
				path += spelledPart(part)
			}
		}
		if s.Host != "" {
			path += ".host" + spelledPart(s.Host)
		}
		if s.Device != "" {
			path += ".device" + spelledPart(s.Device)
		}
	case statsd.TagsDatadog:
		for _, tag := range s.Tags {
			tags = append(tags, spelledTag(tag))
		}
		if s.Host != "" {
			tags = append(tags, "host:"+spelledTag(s.Host))
		}
		if s.Device != "" {
			tags = append(tags, "device:"+spelledTag(s.Device))
		}
	}
	return path, tags
}

// checkSamples compares the lines of the one point of s with it.
func checkSamples(t *testing.T, s *transport.Series, member string, got []sample) {
	t.Helper()
	p := &s.Points[0]
	values := make([]float64, len(got))
	for i, l := range got {
		values[i], _ = strconv.ParseFloat(l.value, 64)
	}
	switch s.Kind {
	case transport.KindCount:
		require.Len(t, got, 1)
		assert.Equal(t, "c", got[0].kind)
		assert.Equal(t, p.Value, values[0])
	case transport.KindGauge, transport.KindRate:
		require.NotEmpty(t, got)
		if p.Value < 0 {
			require.Len(t, got, 2)
			assert.Equal(t, "0", got[0].value)
		} else {
			require.Len(t, got, 1)
			assert.False(t, strings.HasPrefix(got[0].value, "-"), "a change of what the server has")
		}
		assert.Equal(t, "g", got[0].kind)
		assert.Equal(t, p.Value, values[len(got)-1])
	case transport.KindSet:
		require.Len(t, got, 2)
		text := strings.TrimSuffix(got[0].value, "%")
		back, err := url.PathUnescape(text)
		require.NoError(t, err)
		assert.Equal(t, member, back)
		assert.Equal(t, "s other", got[1].kind+" "+got[1].value)
	default:
		total := 0.0
		for i, l := range got {
			assert.Equal(t, "ms", l.kind)
			assert.Equal(t, p.Summary.Samples[0].Value, values[i])
			k := 1.0
			if l.rate != "" {
				rate, err := strconv.ParseFloat(l.rate, 64)
				require.NoError(t, err)
				k = math.Floor(1 / rate)
			}
			total += k
		}
		assert.InDelta(t, p.Summary.Count, total, 1+p.Summary.Count*1e-9, "observations")
	}
}

// original reads a line as the original statsd 0.9 does, 7 bits of each byte.
func original(packet string) (samples []string) {
	seven := []byte(packet)
	for i := range seven {
		seven[i] &= 0x7f
	}
	for _, line := range strings.Split(string(seven), "\n") {
		if line == "" {
			continue
		}
		body, _, _ := strings.Cut(line, "|#")
		bits := strings.Split(body, ":")
		if len(bits) == 1 {
			bits = append(bits, "1")
		}
		for _, bit := range bits[1:] {
			samples = append(samples, fmt.Sprintf("%s=%s", bits[0], bit))
		}
	}
	return samples
}

// What Inject takes is one sample to the original statsd.
func FuzzInject(f *testing.F) {
	f.Add("counters.a", "1", "c")
	f.Add("a", "+1", "g|#x:y")
	f.Add("a\nb", "1:2", "c|@0.1")
	f.Add("a|#b", "\u010a", "s")
	f.Add("a", "b#", "|#c")
	f.Add("0", "0", "#")
	f.Fuzz(func(t *testing.T, path, value, typeCode string) {
		line, err := statsd.RawLine("p.", path, value, typeCode)
		if err != nil {
			require.Empty(t, line)
			require.NotContains(t, err.Error(), "\n")
			return
		}
		kind, _, _ := strings.Cut(typeCode, "|#")
		require.Equal(t, []string{"p." + path + "=" + value + "|" + kind}, original("before:1|c\n" + line + "after:1|c\n")[1:2])
		require.Len(t, original("before:1|c\n"+line+"after:1|c\n"), 3)
	})
}
