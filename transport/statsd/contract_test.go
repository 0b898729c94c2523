package statsd_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/statsd"
	"github.com/shardstats/shardstats/transport/transporttest"
)

// flats puts samples together to the points of the suite's batches: a gauge below 0
// comes behind a 0, a set has the members ann and bob, and a histogram, but for those
// of the extreme values, has three observations in its first point and one in its
// second.
func flats(t testing.TB, lines []string) []transporttest.Flat {
	var out []transporttest.Flat
	open := 0 // observations that the last point lacks
	second := map[string]bool{}
	for _, s := range parseAll(t, lines) {
		path := s.path
		for _, word := range []string{"counters.", "gauges.", "timers.", "sets."} {
			path = strings.TrimPrefix(path, word)
		}
		f := transporttest.Flat{Name: path}
		for _, tag := range s.tags {
			if host, found := strings.CutPrefix(tag, "host:"); found {
				f.Host = host
			} else if !strings.HasPrefix(tag, "device:") {
				f.Tags = append(f.Tags, tag)
			}
		}
		f.Value, _ = strconv.ParseFloat(s.value, 64)
		last := len(out) - 1
		switch s.kind {
		case "g":
			if f.Value < 0 {
				require.Equal(t, 0.0, out[last].Value)
				require.Equal(t, f.Name, out[last].Name)
				out = out[:last]
			}
		case "s":
			if f.Value = 1; s.value == "bob" {
				out[last].Value++
				continue
			}
		case "ms":
			f.Count = 1
			if open > 0 {
				out[last].Value, out[last].Count = out[last].Value+f.Value, out[last].Count+1
				open--
				continue
			}
			if !second[path] && !strings.Contains(path, "extreme") {
				open = 2
			}
			second[path] = true
		}
		out = append(out, f)
	}
	return out
}

// arrives says how a point looks on the wire.
func arrives(tags statsd.Tags) func(transporttest.Flat) transporttest.Flat {
	return func(f transporttest.Flat) transporttest.Flat {
		isDevice := strings.HasSuffix(f.Name, ".device")
		f.Unix, f.Name = 0, statsd.Name(f.Name)
		switch tags {
		case statsd.TagsInPath:
			for _, tag := range f.Tags {
				for part := range strings.SplitSeq(strings.Replace(tag, ":", "\n", 1), "\n") {
					f.Name += statsd.Part(part)
				}
			}
			if f.Host != "" {
				f.Name += ".host" + statsd.Part(f.Host)
			}
			if isDevice {
				f.Name += ".device.sda"
			}
			f.Tags, f.Host = nil, ""
		case statsd.TagsDropped:
			f.Tags, f.Host = nil, ""
		case statsd.TagsDatadog:
			for i, tag := range f.Tags {
				f.Tags[i] = statsd.Tag(tag)
			}
			if f.Host != "" {
				f.Host = statsd.Tag(f.Host)
			}
		}
		return f
	}
}

func TestContractTCP(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*statsd.Config)
	}{
		{"close, tags in the path", func(*statsd.Config) {}},
		{"close, plain, tags of Datadog", func(c *statsd.Config) { c.Plain, c.Tags = true, statsd.TagsDatadog }},
		{"ack", func(c *statsd.Config) { c.Confirm = ackOrClose }},
		{"none, tags dropped", func(c *statsd.Config) { c.Confirm, c.Tags = statsd.ConfirmNone, statsd.TagsDropped }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var servers sync.Map // by transport
			of := func(t transport.Transport) *server {
				s, _ := servers.Load(t)
				return s.(*server)
			}
			var cfg statsd.Config
			c.change(&cfg)
			opts := []transporttest.Option{
				transporttest.Received(func(tr transport.Transport) []transporttest.Flat { return flats(t, of(tr).got()) }),
				transporttest.Arrives(arrives(cfg.Tags)),
			}
			if cfg.Confirm == statsd.ConfirmClose { // the others do not promise what it asks for
				opts = append(opts, transporttest.Outage(
					func(t transport.Transport) { of(t).down() },
					func(t transport.Transport) { of(t).up() },
				))
			}
			transporttest.Run(t, func(t *testing.T) transport.Transport {
				s := newServer(t)
				sd := open(t, s.Address, c.change)
				servers.Store(sd, s)
				return sd
			}, opts...)
		})
	}
}

func TestContractUDP(t *testing.T) {
	var servers sync.Map // by transport
	transporttest.Run(t, func(t *testing.T) transport.Transport {
		s := newUDPServer(t)
		sd := open(t, s.Address, func(c *statsd.Config) { c.Network = "udp" })
		servers.Store(sd, s)
		return sd
	},
		transporttest.Received(func(tr transport.Transport) []transporttest.Flat {
			s, _ := servers.Load(tr)
			return flats(t, s.(*udpServer).lines())
		}),
		transporttest.Arrives(arrives(statsd.TagsInPath)),
	)
}

func TestContractDisabled(t *testing.T) {
	transporttest.Run(t, func(*testing.T) transport.Transport { return statsd.Nop() })
}
