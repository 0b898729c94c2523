package datadog_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
)

// recorded is one request as the golden file has it.
type recorded struct {
	path    string
	headers map[string]string
	body    string
}

// recordedRequests reads what ThreadStats sent, once without and once with
// compression. The file has its bodies before compression.
func recordedRequests(t *testing.T) (plain, compressed []recorded) {
	text, err := os.ReadFile("testdata/threadstats_wire.txt")
	require.NoError(t, err)
	var all []recorded
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if target, found := strings.CutPrefix(line, "POST "); found {
			url, rest, _ := strings.Cut(target, " ")
			_, path, _ := strings.Cut(url, "datadoghq.com")
			_, rest, _ = strings.Cut(rest, "{")
			dict, _, _ := strings.Cut(rest, "}")
			headers := map[string]string{}
			for pair := range strings.SplitSeq(dict, ", ") {
				name, value, found := strings.Cut(strings.ReplaceAll(pair, "'", ""), ": ")
				require.True(t, found, pair)
				headers[name] = value
			}
			all = append(all, recorded{path: path, headers: headers})
		} else if strings.HasPrefix(line, "{") {
			all[len(all)-1].body = line
		}
	}
	require.Len(t, all, 8)
	return all[:4], all[4:]
}

// What goes over the wire is what ThreadStats sends: method, path, order, headers,
// and bodies but for their blanks.
func TestTheWireIsThatOfThreadStats(t *testing.T) {
	plain, compressed := recordedRequests(t)
	for _, c := range []struct {
		compression datadog.Compression
		want        []recorded
	}{{datadog.None, plain}, {datadog.Zlib, compressed}} {
		t.Run(c.compression.String(), func(t *testing.T) {
			r := newRecorder(t)
			dd := open(t, r.URL, func(cfg *datadog.Config) {
				cfg.APIKey, cfg.FillHost, cfg.Compression = "KEY", "myhost", c.compression
			})
			require.NoError(t, dd.Send(t.Context(), &transport.Batch{
				Series: []transport.Series{
					golden(gauge("ns.g", 1.5), "", false, "a:b", "k:v"),
					golden(series("ns.c", transport.KindRate, 0.3), "", false, "k:v"),
					golden(gauge("ns.h0", 1), "", true, "k:v"),
					golden(gauge("ns.h1", 1), "x", true, "k:v"),
					golden(series("ns.s", transport.KindSet, 1), "", false, "k:v"),
					golden(distribution("ns.d", []float64{1, 2.5}), "", false, "k:v"),
				},
				Events: []transport.Event{
					{
						Title: "T", Text: "txt", AlertType: transport.AlertError, AggregationKey: "ak", SourceTypeName: "st",
						Time: time.Unix(1375296969, 0), Priority: transport.PriorityLow, Tags: []string{"e:1", "k:v"}, Host: "eh",
					},
					{Title: "T2", Text: "txt2", Tags: []string{"k:v"}},
				},
			}))
			got := r.got()
			require.Len(t, got, len(c.want))
			for i, want := range c.want {
				assert.Equal(t, "POST "+want.path, got[i].method+" "+got[i].path)
				for _, name := range []string{"DD-API-KEY", "DD-APPLICATION-KEY", "Content-Type", "Content-Encoding"} {
					assert.Equal(t, want.headers[name], got[i].header.Get(name), "%s of %s", name, want.path)
				}
				assert.JSONEq(t, want.body, unpacked(t, got[i]))
			}
		})
	}
}

func unpacked(t *testing.T, r request) string {
	if r.header.Get("Content-Encoding") == "" {
		return r.body
	}
	require.True(t, strings.HasPrefix(r.body, "\x78"), "zlib with its largest window, as there; the level is ours")
	z, err := zlib.NewReader(bytes.NewReader([]byte(r.body)))
	require.NoError(t, err)
	body, err := io.ReadAll(z)
	require.NoError(t, err)
	return string(body)
}

// What neighbours have in common is made once: each series still says what it is.
func TestSeriesOfOneBodyMayDifferInAll(t *testing.T) {
	of := func(kind transport.Kind, unix int64, host string, set bool, device string, interval time.Duration) transport.Series {
		s := series("s", kind, 1)
		s.Points[0].Unix, s.Host, s.HostSet, s.Device, s.Interval = unix, host, set, device, interval
		return s
	}
	var in []transport.Series
	var want []string
	for _, kind := range []transport.Kind{transport.KindCount, transport.KindGauge, transport.KindRate} {
		for _, unix := range []int64{10, 20} {
			for _, host := range []string{"", "a", "b"} {
				for _, device := range []string{"", "sda"} {
					for _, seconds := range []int{10, 60} {
						for range 2 {
							in = append(in, of(kind, unix, host, host != "a", device, time.Duration(seconds)*time.Second))
							hostText, deviceText := "null", "null"
							if host != "a" {
								hostText = strconv.Quote(host)
							}
							if device != "" {
								deviceText = strconv.Quote(device)
							}
							want = append(want, fmt.Sprintf(`{"metric":"s","points":[[%d,1]],"type":"%s","host":%s,"device":%s,"tags":null,"interval":%d}`, unix, kind, hostText, deviceText, seconds))
						}
					}
				}
			}
		}
	}
	bodies, _ := datadog.Pack(datadog.None, 3_200_000, 62_914_560, batch(in...))
	require.Len(t, bodies, 1)
	assert.Equal(t, `{"series":[`+strings.Join(want, ",")+`]}`, string(bodies[0].Bytes))
}

// Only a host that is set and empty is filled: a series without one stays so.
func TestFillHost(t *testing.T) {
	hosted := func(name, host string, set bool) transport.Series {
		s := gauge(name, 1)
		s.Host, s.HostSet = host, set
		return s
	}
	for fill, want := range map[string][3]string{"": {`null`, `""`, `"own"`}, "here": {`null`, `"here"`, `"own"`}} {
		r := newRecorder(t)
		dd := open(t, r.URL, func(c *datadog.Config) { c.FillHost, c.Compression = fill, datadog.None })
		require.NoError(t, dd.Send(t.Context(), &transport.Batch{
			Series: []transport.Series{hosted("none", "", false), hosted("empty", "", true), hosted("own", "own", true)},
			Events: []transport.Event{{Title: "T"}, {Title: "T", Host: "own"}},
			Checks: []transport.ServiceCheck{{Name: "c"}, {Name: "c", Host: "own"}},
		}))
		got := r.got()
		require.Len(t, got, 5)
		for i, host := range want {
			assert.Contains(t, strings.Split(got[0].body, `{"metric":`)[i+1], `"host":`+host+`,`)
		}
		if fill == "" {
			assert.NotContains(t, got[1].body, `"host"`)
		} else {
			assert.Contains(t, got[1].body, `"host":"here"`)
		}
		assert.Contains(t, got[2].body, `"host":"own"`)
		assert.Contains(t, got[3].body, `"host_name":"`+fill+`"`)
		assert.Contains(t, got[4].body, `"host_name":"own"`)
	}
}
