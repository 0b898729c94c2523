package dogstatsd_test

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/dogstatsd"
)

// FuzzLines looks for a name, tag, host, device or member that adds a line or a
// field to another, and for values that do not arrive.
func FuzzLines(f *testing.F) {
	f.Add("api.time", "env:prod", "web1", "ann", 1.5, 1.0, uint8(1), uint8(0))
	f.Add("_sc|x", "a,b|@0.1\nx:1|c", "h|#x", "m|s\n", -0.25, 3.3, uint8(5), uint8(255))
	f.Add("a:1|c", "|T1", "\xff\x00", "\u2028", math.MaxFloat64, 1e9, uint8(7), uint8(7))
	f.Add("é", "#", "", "", math.Inf(1), math.NaN(), uint8(4), uint8(3))
	f.Fuzz(func(t *testing.T, name, tag, host, member string, value, weight float64, kind, switches uint8) {
		on := func(bit int) bool { return switches>>bit&1 == 1 }
		change := func(c *dogstatsd.Config) {
			c.MaxDatagram = 1432 + int(switches)
			c.Packing = dogstatsd.Packing(switches % 3)
			c.Timestamps, c.SignedDeltas = on(2), on(3) && !on(2)
			if on(4) {
				c.ContainerID, c.ExternalData, c.Cardinality, c.EntityID = "ci-1", "it-x", "low", "pod"
			}
		}
		s := transport.Series{
			Name: name, Tags: []string{tag, "k:" + tag}, Kind: transport.Kind(kind % 9), Host: host, HostSet: on(5), Device: member,
			Points: []transport.Point{
				{Unix: 1, Value: value, Members: []string{member, tag}},
				{Unix: 2, Value: -value, Members: []string{member}},
			},
		}
		if s.Kind >= transport.KindHistogram {
			s.Points[0].Summary = &transport.Summary{Samples: []transport.Sample{
				{Value: value, Weight: weight}, {Value: 1, Weight: 1}, {Value: value, Weight: 1},
			}}
			slices.SortFunc(s.Points[0].Summary.Samples, func(x, y transport.Sample) int { return cmp.Compare(x.Value, y.Value) })
			s.Points[1].Summary = &transport.Summary{Samples: []transport.Sample{{Value: 2, Weight: weight}}}
		}
		guard := func(name string) transport.Series { return series(name, transport.KindCount, 7, "g:1") }
		datagrams, err := encoded(t, batch(guard("before"), s, guard("after")), change)
		refused := map[int]bool{}
		if err != nil {
			se := transport.AsSendError(err)
			require.Equal(t, 4, se.Delivered, "%v", err)
			for _, r := range se.Rejected {
				refused[r.Index-1] = true
			}
		}
		d, err := dogstatsd.New(dogstatsd.Config{Address: "127.0.0.1"})
		require.NoError(t, err)

		var all []metric
		for _, dg := range datagrams {
			require.LessOrEqual(t, len(dg), 1432+int(switches))
			require.True(t, strings.HasSuffix(dg, "\n"))
		}
		for _, text := range split(datagrams) {
			m, err := parseMetric(text)
			require.NoError(t, err)
			all = append(all, m)
		}
		require.GreaterOrEqual(t, len(all), 2)
		for i, at := range map[string]int{"before": 0, "after": len(all) - 1} {
			require.Equal(t, i, all[at].name)
			require.Equal(t, []float64{7}, all[at].values)
			require.Equal(t, "g:1", all[at].tags[0])
		}
		all = all[1 : len(all)-1]

		// Every line is of the series, whole.
		tags := []string{d.WireTag(tag), d.WireTag("k:" + tag)}
		for _, m := range all {
			require.Equal(t, d.WireName(name), m.name)
			require.Equal(t, tags, m.tags[:2])
			own := m.tags[2:]
			if on(4) {
				require.Equal(t, "dd.internal.entity_id:pod", own[0])
				own = own[1:]
			}
			if member != "" {
				require.True(t, strings.HasPrefix(own[0], "device:"))
				own = own[1:]
			}
			if on(5) {
				require.True(t, strings.HasPrefix(own[0], "host:"))
				require.Equal(t, host == "", own[0] == "host:")
				own = own[1:]
			}
			require.Empty(t, own)
			require.Equal(t, on(4), m.container == "ci-1" && m.external == "it-x" && m.cardinality == "low")
			require.Equal(t, on(2) && slices.Contains([]string{"c", "g"}, m.kind), m.time != "")
		}

		// And what was submitted is in them, nothing else.
		var want, got []float64
		switch s.Kind {
		case transport.KindCount, transport.KindGauge, transport.KindRate:
			require.Equal(t, math.IsNaN(value) || math.IsInf(value, 0), refused[0] && refused[1])
			for i, p := range s.Points {
				if !refused[i] {
					if on(3) && !on(2) && p.Value < 0 && s.Kind != transport.KindCount {
						want = append(want, 0)
					}
					want = append(want, p.Value)
				}
			}
			for _, m := range all {
				got = append(got, m.values...)
			}
			require.Equal(t, len(want), len(got))
			for i := range want {
				require.True(t, want[i] == got[i], "%v arrived as %v", want, got)
			}
		case transport.KindSet:
			members := 0
			for i, p := range s.Points {
				if !refused[i] {
					members += len(p.Members)
				}
			}
			require.Len(t, all, members)
			if len(all) == 3 {
				require.Equal(t, member == tag, all[0].member == all[1].member, "two members are two")
				require.Equal(t, all[0].member, all[2].member)
			}
		case transport.KindHistogram, transport.KindTiming, transport.KindDistribution:
			total := map[float64]float64{}
			for _, m := range all {
				require.GreaterOrEqual(t, m.weight, int64(1))
				for _, v := range m.values {
					total[v] += float64(m.weight)
				}
			}
			for i, p := range s.Points {
				if refused[i] {
					continue
				}
				for _, sample := range p.Summary.Samples {
					total[sample.Value] -= max(1, sample.Weight)
				}
			}
			for v, off := range total {
				require.Less(t, math.Abs(off), 4.001+1e-12*weight, "the weight of %v", v)
			}
		default:
			require.Empty(t, all)
			require.True(t, refused[0] && refused[1])
		}
	})
}

// FuzzEvent looks for a text that ends its field, or another event or check.
func FuzzEvent(f *testing.F) {
	f.Add("Title", "L1\nL2", "key", "h", "t:1", "error", uint8(1), uint16(0))
	f.Add("a|b", "|#x\n_e{1,1}:a|b", "k|t:error", "h|#y", "a,b|m:x", "x\ny", uint8(200), uint16(500))
	f.Add("", "", "", "", "", "", uint8(0), uint16(7000))
	f.Add("\xff", "m:m:\nm:", "\u2028", "\x00", "#", "|", uint8(3), uint16(1))
	f.Add(strings.Repeat("é", 600), strings.Repeat("\\\nm:", 3000), strings.Repeat("k", 200), "h", "t", "e", uint8(2), uint16(9))
	f.Fuzz(func(t *testing.T, title, text, key, host, tag, alert string, status uint8, max uint16) {
		when := time.Unix(int64(status)*1000+1, 0)
		limit := 512 + int(max)%60_000
		datagrams, err := encoded(t, &transport.Batch{
			Events: []transport.Event{{
				Title: title, Text: text, AggregationKey: key, Host: host, Tags: []string{tag, "k:v"}, Time: when,
				AlertType: transport.AlertType(alert), Priority: transport.Priority(key), SourceTypeName: alert,
			}},
			Checks: []transport.ServiceCheck{{
				Name: title, Status: transport.CheckStatus(status), Message: text, Host: host, Tags: []string{tag, "k:v"}, Time: when,
			}},
		}, func(c *dogstatsd.Config) { c.MaxDatagram, c.Cardinality = limit, "low" })
		lines := split(datagrams)
		if err != nil {
			se := transport.AsSendError(err)
			require.Equal(t, 2, se.Delivered, "%v", err)
			require.Less(t, limit, 8192)
			require.Len(t, lines, 2-len(se.Rejected))
			if len(lines) == 0 {
				return
			}
		} else {
			require.Len(t, lines, 2)
		}
		d, err := dogstatsd.New(dogstatsd.Config{Address: "127.0.0.1"})
		require.NoError(t, err)
		for _, l := range lines {
			require.Less(t, len(l), limit)
			n, err := parseNotice(l)
			require.NoError(t, err)
			require.Equal(t, []string{d.WireTag(tag), "k:v"}, n.tags)
			require.Equal(t, "low", n.fields["+"])
			require.Equal(t, host != "", n.fields["h"] != "")
			require.NotEmpty(t, n.fields["d"])
			if !n.check {
				require.Equal(t, key != "", n.fields["k"] != "")
				require.Equal(t, alert != "", n.fields["t"] != "" && n.fields["s"] != "")
			} else {
				require.Equal(t, int(min(status, 3)), n.status)
			}
			if plain := strings.Trim(text, "abcdefghijklmnopqrstuvwxyz \n") == ""; plain && text != "" && len(text) < 100 && limit >= 8192 {
				require.Equal(t, text, n.text)
			}
		}
	})
}
