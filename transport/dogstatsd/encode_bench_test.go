package dogstatsd_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/dogstatsd"
)

// BenchmarkEncode measures a Send without its system calls: lines made, packed into
// datagrams and given away.
func BenchmarkEncode(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	values := func(weight float64) []transport.Sample {
		all := make([]transport.Sample, 100)
		for i := range all {
			all[i] = transport.Sample{Value: float64(int(rng.ExpFloat64()*1e6)) / 1e3, Weight: weight}
		}
		slices.SortFunc(all, func(a, b transport.Sample) int { return int(1e3*a.Value) - int(1e3*b.Value) })
		return all
	}
	named := func(i int, k transport.Kind) transport.Series {
		return series(fmt.Sprintf("http.server.requests.%04d", i), k, float64(rng.IntN(10_000)), "env:prod", "route:/users", "status:200")
	}
	for _, c := range []struct {
		name   string
		series int
		make   func(i int) transport.Series
	}{
		{"kind=counter/series=1000", 1000, func(i int) transport.Series { return named(i, transport.KindCount) }},
		{"kind=gauge/series=1000", 1000, func(i int) transport.Series {
			s := named(i, transport.KindGauge)
			s.Points[0].Value = rng.Float64()
			return s
		}},
		{"kind=set/series=100", 100, func(i int) transport.Series {
			s := named(i, transport.KindSet)
			for j := range 20 {
				s.Points[0].Members = append(s.Points[0].Members, fmt.Sprintf("user-%06d", j*7919))
			}
			return s
		}},
		{"kind=histogram/series=100", 100, func(i int) transport.Series {
			s := named(i, transport.KindHistogram)
			s.Points[0].Summary = &transport.Summary{Count: 100, Samples: values(1)}
			return s
		}},
		{"kind=histogram-sampled/series=100", 100, func(i int) transport.Series {
			s := named(i, transport.KindHistogram)
			s.Points[0].Summary = &transport.Summary{Count: 370, Samples: values(3.7)}
			return s
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var all []transport.Series
			for i := range c.series {
				all = append(all, c.make(i))
			}
			in := batch(all...)
			// UDP's datagrams, without the pauses between bursts of them.
			d, err := dogstatsd.New(dogstatsd.Config{Address: "unixgram:///s", MaxDatagram: 1432})
			require.NoError(b, err)
			defer d.Close(context.Background())
			wire := 0
			inMemory(d, func(datagram []byte) error { wire += len(datagram); return nil })
			b.ReportAllocs()
			for b.Loop() {
				if err := d.Send(context.Background(), in); err != nil {
					b.Fatal(err)
				}
			}
			n := float64(b.N) * float64(c.series)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/n, "ns/series")
			b.ReportMetric(float64(wire)/n, "wire-B/series")
		})
	}
}
