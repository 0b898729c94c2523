package remotewrite_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/prom"
	"github.com/shardstats/shardstats/transport/remotewrite"
)

func FuzzRemoteWrite1(f *testing.F) { fuzz(f, remotewrite.V1, readV1) }
func FuzzRemoteWrite2(f *testing.F) { fuzz(f, remotewrite.V2, readV2) }

// fuzz holds requests to a strict reader: whatever a name, tag, host, device or
// description is, they have the submitted samples and no other, and keep their limits.
func fuzz(f *testing.F, v remotewrite.Version, read func([]byte) (*wireRequest, error)) {
	f.Add("a.b", "k:v", "bare", "h", "d", "help", uint8(0), 1.5, 2.0, 1.0, uint16(2000))
	f.Add("x\n", "__name__:x", "quantile:0.5", "\xff", "", "two\nlines", uint8(6), -3.0, 1e-300, 2.5, uint16(1))
	f.Add("_total", "_:a", "le:1", "", "\x00", "", uint8(5), 0.0, -1.0, 1e15, uint16(3))
	f.Fuzz(func(t *testing.T, name, tag1, tag2, host, device, help string, kind uint8, v1, v2, weight float64, maxSamples uint16) {
		k := transport.Kind(kind%7) + transport.KindCount
		s := point(name, k, v1)
		if k >= transport.KindHistogram {
			s = summed(name, k, min(v1, v2), max(v1, v2))
			s.Points[0].Summary.Samples[0].Weight = weight
		}
		s.Tags, s.Host, s.HostSet, s.Device, s.Description = []string{tag1, tag2}, host, host != "", device, help
		b := batch(point("neighbour", transport.KindGauge, 1), s, point("neighbour2", transport.KindCount, 2))
		limit := int(maxSamples)%50 + 1
		p := remotewrite.NewPacker(remotewrite.Config{Version: v, MaxSamples: limit, MaxRequestBytes: 64 << 10})
		var all []wireSeries
		points := 0
		rejected := p.Pack(b, func(body []byte, n int) {
			require.LessOrEqual(t, len(body), 64<<10)
			req, err := read(body)
			require.NoError(t, err)
			require.True(t, len(req.series) <= limit || n == 1, "%d samples in a request", len(req.series))
			all, points = append(all, req.series...), points+n
		})
		require.Equal(t, 3, points+len(rejected))
		left := map[int]bool{}
		for _, r := range rejected {
			left[r.Index] = true
		}
		require.Equal(t, "neighbour", all[0].get("__name__"))
		require.Equal(t, 1.0, all[0].samples[0].value)
		if !left[2] {
			last := all[len(all)-1]
			require.Equal(t, "neighbour2_total", last.get("__name__"))
			require.Equal(t, 2.0, last.samples[0].value)
			all = all[:len(all)-1]
		}
		if left[1] {
			require.Len(t, all, 1)
			return
		}
		wire, labels := string(prom.AppendName(nil, name, k)), new(prom.Labels).Of(&s)
		values := map[string]float64{}
		for _, got := range all[1:] {
			var own []prom.Label
			for _, l := range got.labels {
				if l.name != "__name__" && l.name != "quantile" {
					own = append(own, prom.Label{Key: l.name, Value: l.value})
				}
			}
			require.Equal(t, append([]prom.Label(nil), labels...), own)
			if len(got.histograms) > 0 {
				h := got.histograms[0]
				require.Equal(t, wire, got.get("__name__"))
				require.InEpsilon(t, weight+1, h.count, 1e-12)
				require.Equal(t, s.Points[0].Summary.Sum, h.sum)
				continue
			}
			values[got.get("__name__")+got.get("quantile")] = got.samples[0].value
		}
		switch sum := s.Points[0].Summary; {
		case sum == nil:
			require.Equal(t, map[string]float64{wire: v1}, values)
		case k != transport.KindDistribution:
			require.Equal(t, prom.Scale(k, sum.Sum), values[wire+"_sum"])
			require.Equal(t, sum.Count, values[wire+"_count"])
		default:
			require.Len(t, all, 2)
		}
	})
}
