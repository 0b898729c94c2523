package encode

import (
	"fmt"
	"slices"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// unix is the start of the bucket that all points are of: ten minutes ago.
var unix = time.Now().Add(-10*time.Minute).Unix() / 10 * 10

const interval = 10 * time.Second

// Series returns n series of a kind, each with three tags and one point. Summaries
// have so many samples of different values.
func Series(kind transport.Kind, n, samples int) []transport.Series {
	all := make([]transport.Series, n)
	for i := range all {
		s := &all[i]
		*s = transport.Series{
			Name:     fmt.Sprintf("shop.checkout.%s.%d", kind, i%10),
			Tags:     []string{"method:GET", fmt.Sprintf("route:/users/%d", i), "status:200"},
			Kind:     kind,
			Interval: interval,
			Points:   []transport.Point{{Unix: unix, Value: float64(100 + i*7%1000)}},
		}
		if kind >= transport.KindHistogram {
			s.Points[0].Value, s.Points[0].Summary = 0, summary(samples, i)
		}
	}
	return all
}

// summary returns samples of the lengths that requests take: most are short, some
// are long, and each stands for itself.
func summary(samples, seed int) *transport.Summary {
	values := make([]float64, samples)
	for i := range values {
		x := float64((i*7919+seed*104729)%10_007+1) / 10_007
		values[i] = float64(int(1000/x)) / 1000
	}
	slices.Sort(values)
	s := &transport.Summary{Count: float64(samples), Min: values[0], Max: values[samples-1]}
	for _, v := range values {
		s.Sum += v
		s.Samples = append(s.Samples, transport.Sample{Value: v, Weight: 1})
	}
	return s
}
