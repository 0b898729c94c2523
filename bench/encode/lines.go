package encode

import (
	"strings"
	"time"

	ddstatsd "github.com/DataDog/datadog-go/v5/statsd"
	cactus "github.com/cactus/go-statsd-client/v5/statsd"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/dogstatsd"
	"github.com/shardstats/shardstats/transport/statsd"
)

func oursDogStatsD(series []transport.Series) (*Encoder, error) {
	w, err := newWell()
	if err != nil {
		return nil, err
	}
	t, err := dogstatsd.New(dogstatsd.Config{Address: "udp://" + w.address()})
	if err != nil {
		return nil, err
	}
	return sender(t, series, w), nil
}

// datadogGo gives datadog-go each figure of a batch by a call, as it is used, with
// its aggregation off, and has it flush.
func datadogGo(series []transport.Series) (*Encoder, error) {
	w, err := newWell()
	if err != nil {
		return nil, err
	}
	c, err := ddstatsd.New(w.address(), ddstatsd.WithoutClientSideAggregation(), ddstatsd.WithoutTelemetry(), ddstatsd.WithoutOriginDetection())
	if err != nil {
		return nil, err
	}
	encode := func() error {
		for i := range series {
			s := &series[i]
			switch p := &s.Points[0]; s.Kind {
			case transport.KindCount:
				if err := c.Count(s.Name, int64(p.Value), s.Tags, 1); err != nil {
					return err
				}
			case transport.KindHistogram:
				for _, x := range p.Summary.Samples {
					if err := c.Histogram(s.Name, x.Value, s.Tags, 1); err != nil {
						return err
					}
				}
			}
		}
		return c.Flush()
	}
	return encoder(w, encode, c.Close), nil
}

func oursStatsd(series []transport.Series) (*Encoder, error) {
	w, err := newWell()
	if err != nil {
		return nil, err
	}
	t, err := statsd.New(statsd.Config{Address: w.address(), Network: "udp", NoPrefix: true})
	if err != nil {
		return nil, err
	}
	return sender(t, series, w), nil
}

// cactusStatsd gives the client paths that have the tags in them already: it does
// not clean names.
func cactusStatsd(series []transport.Series) (*Encoder, error) {
	w, err := newWell()
	if err != nil {
		return nil, err
	}
	c, err := cactus.NewClientWithConfig(&cactus.ClientConfig{
		Address: w.address(), UseBuffered: true, FlushInterval: time.Hour, // by size: the last datagram comes with the next batch
	})
	if err != nil {
		return nil, err
	}
	clean := strings.NewReplacer(":", ".", "/", "_")
	paths := make([]string, len(series))
	for i := range series {
		paths[i] = series[i].Name + "." + clean.Replace(strings.Join(series[i].Tags, "."))
	}
	encode := func() error {
		for i := range series {
			if err := c.Inc(paths[i], int64(series[i].Points[0].Value), 1); err != nil {
				return err
			}
		}
		return nil
	}
	return encoder(w, encode, c.Close), nil
}
