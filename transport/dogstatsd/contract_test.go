package dogstatsd_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/dogstatsd"
	"github.com/shardstats/shardstats/transport/internal/line"
	"github.com/shardstats/shardstats/transport/transporttest"
)

func TestContract(t *testing.T) {
	for _, c := range []struct {
		name    string
		network string
		scheme  string
		change  func(*dogstatsd.Config)
	}{
		{"udp", "udp", "", func(c *dogstatsd.Config) { c.MaxDatagram = 8192 }}, // for long events
		{"unixgram", "unixgram", "", nil},
		{"unixstream", "unix", "", nil},
		{"unix, to a stream, with every field", "unix", "unix://", func(c *dogstatsd.Config) {
			c.Timestamps, c.ContainerID, c.ExternalData, c.Cardinality = true, "ci-abc", "it-false,cn-x", "low"
		}},
		{"unixgram, one value a line", "unixgram", "", func(c *dogstatsd.Config) { c.Packing = dogstatsd.PackNone }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var mu sync.Mutex
			receivers := map[transport.Transport]*receiver{}
			of := func(d transport.Transport) *receiver {
				mu.Lock()
				defer mu.Unlock()
				return receivers[d]
			}
			opts := []transporttest.Option{
				transporttest.Received(func(d transport.Transport) []transporttest.Flat { return flats(t, of(d).lines()) }),
				transporttest.ReceivedNotices(func(d transport.Transport) []transporttest.Notice { return notices(t, of(d).lines()) }),
				transporttest.Arrives(func(f transporttest.Flat) transporttest.Flat {
					if c.scheme == "" || f.Count != 0 || strings.HasSuffix(f.Name, ".set") {
						f.Unix = 0
					}
					if f.Host != "" {
						f.Host = line.Reserve(",|").Clean(f.Host, 255)
					}
					return f
				}),
				transporttest.NoticesArrive(noticeArrives),
			}
			if c.network != "udp" { // whose kernel may take its time to say that nobody listens
				opts = append(opts, transporttest.Outage(
					func(d transport.Transport) { of(d).down() },
					func(d transport.Transport) { of(d).up() }))
			}
			if c.name == "unixgram, one value a line" {
				opts = nil // a point is not one line, so that it cannot be read back by itself
			}
			transporttest.Run(t, func(t *testing.T) transport.Transport {
				r := newReceiver(t, c.network)
				address := r.address
				if c.scheme != "" {
					address = c.scheme + r.path()
				}
				cfg := dogstatsd.Config{Address: address}
				if c.change != nil {
					c.change(&cfg)
				}
				d, err := dogstatsd.New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = d.Close(context.Background()) })
				mu.Lock()
				defer mu.Unlock()
				receivers[d] = r
				return d
			}, opts...)
		})
	}
}

// flats returns the points of lines: the members of a set are one.
func flats(t *testing.T, lines []string) []transporttest.Flat {
	var out []transporttest.Flat
	set := "" // the series of the last line, if that was a member
	for _, text := range lines {
		if strings.HasPrefix(text, "_") {
			continue
		}
		m, err := parseMetric(text)
		if !assert.NoError(t, err) {
			continue
		}
		f := transporttest.Flat{Name: m.name}
		for _, tag := range m.tags {
			if host, found := strings.CutPrefix(tag, "host:"); found {
				f.Host = host
			} else if !strings.HasPrefix(tag, "device:") {
				f.Tags = append(f.Tags, tag)
			}
		}
		if m.time != "" {
			f.Unix, _ = strconv.ParseInt(m.time, 10, 64)
		}
		if m.kind == "s" {
			if of := m.name + " " + strings.Join(m.tags, ","); of == set {
				out[len(out)-1].Value++
				continue
			} else {
				set = of
			}
			f.Value = 1
		} else {
			set = ""
		}
		for _, v := range m.values {
			f.Value += v * float64(m.weight)
		}
		if slices.Contains([]string{"h", "ms", "d"}, m.kind) {
			f.Count = float64(int64(len(m.values)) * m.weight)
		}
		out = append(out, f)
	}
	return out
}

// notices returns the events and checks among lines.
func notices(t *testing.T, lines []string) []transporttest.Notice {
	var out []transporttest.Notice
	for _, text := range lines {
		if !strings.HasPrefix(text, "_") {
			continue
		}
		n, err := parseNotice(text)
		if !assert.NoError(t, err) {
			continue
		}
		unix, _ := strconv.ParseInt(n.fields["d"], 10, 64)
		out = append(out, transporttest.Notice{
			Check: n.check, Title: n.title, Text: n.text, Tags: n.tags, Host: n.fields["h"], Unix: unix,
		})
	}
	return out
}

// noticeArrives says what becomes of texts that fit into a datagram of 8 KiB.
func noticeArrives(n transporttest.Notice) transporttest.Notice {
	text := line.Reserve("")
	if n.Check {
		text = line.Reserve("|")
	}
	n.Title = text.Clean(n.Title, 500)
	if n.Text != "" {
		n.Text = strings.ReplaceAll(string(text.AppendEscaped(nil, n.Text)), `\n`, "\n")
	} else if !n.Check {
		n.Text = " "
	}
	if n.Host != "" {
		n.Host = line.Reserve("|").Clean(n.Host, 255)
	}
	return n
}
