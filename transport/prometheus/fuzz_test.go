package prometheus_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/prom"
	"github.com/shardstats/shardstats/transport/internal/proto"
	"github.com/shardstats/shardstats/transport/prometheus"
)

// FuzzText holds both text formats to a strict parser: whatever a name, tag, host,
// device or description is, the page has the submitted samples and no other.
func FuzzText(f *testing.F) {
	f.Add("a.b", "k:v", "bare", "h", "d", "help", uint8(0), 1.5, 2.0)
	f.Add("x\n# EOF\n", `a:"} 1`+"\nforged 1", "le:1", "h\\", `"`, "two\nlines \\ \"", uint8(6), -3.0, 1e-300)
	f.Add("_total", "__name__:x", "quantile:0.5", "\xff", "", "", uint8(0), 0.0, 0.0)
	f.Add("9é", ":", "k:v:w", "", "", "\\", uint8(5), math.MaxFloat64, 1e308)
	f.Fuzz(func(t *testing.T, name, tag1, tag2, host, device, help string, kind uint8, v1, v2 float64) {
		if name == "" || v1-v1 != 0 || v2-v2 != 0 {
			return
		}
		k := transport.Kind(kind%7) + transport.KindCount
		s := point(name, k, v1, tag1, tag2)
		if k >= transport.KindHistogram {
			s = summed(name, k, min(v1, v2), max(v1, v2))
			if sum := s.Points[0].Summary.Sum; sum-sum != 0 {
				return
			}
			s.Tags = []string{tag1, tag2}
		}
		s.Host, s.HostSet, s.Device, s.Description = host, host != "", device, help
		neighbour := point("neighbour", transport.KindGauge, 1)
		tr := open(t, prometheus.Config{})
		err := transport.AsSendError(tr.Send(t.Context(), batch(neighbour, s)))
		if err != nil {
			require.Equal(t, []transport.Rejection{{Index: 1, Reason: "collision"}}, err.Rejected)
		}
		flats, odd := shown(tr)
		require.NoError(t, odd)
		if err != nil || string(prom.AppendName(nil, name, k)) == "neighbour" {
			return
		}
		require.Len(t, flats, 2)
		wire, value := string(prom.AppendName(nil, name, k)), v1
		count := 0.0
		if sum := s.Points[0].Summary; sum != nil {
			value, count = prom.Scale(k, sum.Sum), sum.Count
		}
		found := false
		for _, f := range flats {
			if f.Name == wire {
				found = true
				require.Equal(t, [2]float64{value, count}, [2]float64{f.Value, f.Count})
				var tags []string
				for _, l := range new(prom.Labels).Of(&s) {
					tags = append(tags, l.Key+":"+l.Value)
				}
				require.Equal(t, tags, f.Tags)
			}
		}
		require.True(t, found, "%q among %v", wire, fmt.Sprint(flats))
		p, odd := scrape(tr, false)
		require.NoError(t, odd)
		require.Equal(t, proto.Valid(help), p.families[wire].help)
	})
}
