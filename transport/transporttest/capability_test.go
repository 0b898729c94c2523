package transporttest_test

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/shardstats/shardstats/transport"
)

var brokenCapabilities = []broken{
	{"changes its description", "describes itself the same each time", "and after a Send", func(f *fake, _ <-chan struct{}) {
		f.describe = func() transport.Description {
			return transport.Description{Name: "fake", Summaries: true, Members: len(f.received()) == 0}
		}
	}},
	{"has a name with a line end", "describes itself the same each time", "no control characters", func(f *fake, _ <-chan struct{}) {
		f.describe = func() transport.Description { return transport.Description{Name: "fake\n"} }
	}},
	{"changes its temporality", "describes itself the same each time", "additive, and after a Send overwrite", func(f *fake, _ <-chan struct{}) {
		f.temporality = func(transport.Kind) transport.Temporality {
			if len(f.received()) > 0 {
				return transport.Overwrite
			}
			return transport.Additive
		}
	}},
	{"makes up a temporality", "describes itself the same each time", "want Additive, Overwrite or Cumulative", func(f *fake, _ <-chan struct{}) {
		f.temporality = func(transport.Kind) transport.Temporality { return 9 }
	}},
	{"identifies a series by nothing", "tells series apart the same each time", "want something appended", func(f *fake, _ <-chan struct{}) {
		f.identity = func(dst []byte, _ *transport.Series) []byte { return dst }
	}},
	{"identifies a series elsewhere", "tells series apart the same each time", "want something appended", func(f *fake, _ <-chan struct{}) {
		f.identity = func(_ []byte, s *transport.Series) []byte { return []byte(s.Name) }
	}},
	{"numbers the series it identifies", "tells series apart the same each time", "pure function", func(f *fake, _ <-chan struct{}) {
		var n atomic.Int64
		f.identity = func(dst []byte, s *transport.Series) []byte { return fmt.Append(dst, n.Add(1), s.Name) }
	}},
	{"spells a name to nothing", "spells names the same each time", "is empty", func(f *fake, _ <-chan struct{}) {
		f.name = func(s string) string { return strings.Trim(s, "_") }
	}},
	{"numbers the names it spells", "spells names the same each time", "pure function", func(f *fake, _ <-chan struct{}) {
		var n atomic.Int64
		f.name = func(s string) string {
			if strings.HasPrefix(s, "n.") {
				return s
			}
			return fmt.Sprintf("n.%d.%s", n.Add(1), s)
		}
	}},
	{"escapes its own escapes", "spells names the same each time", "a spelling that stays", func(f *fake, _ <-chan struct{}) {
		f.tag = func(s string) string { return strings.ReplaceAll(s, `\`, `\\`) }
	}},
	{"cuts letters in two", "spells names the same each time", "not UTF-8", func(f *fake, _ <-chan struct{}) {
		f.tag = func(s string) string { return s[:min(len(s), 3)] }
	}},
	{"panics where it spells", "spells names the same each time", "out of range", func(f *fake, _ <-chan struct{}) {
		f.name = func(s string) string { return s[:1] + s[1:2] + s[2:] }
	}},
}
