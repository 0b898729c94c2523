package encode

import (
	"fmt"
	"strings"
	"sync/atomic"
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
	socket, err := cactus.NewSimpleSender(w.address())
	if err != nil {
		return nil, err
	}
	const datagram = 1432 // its default
	out := &tally{Sender: socket}
	// By size: the last datagram comes with the next batch.
	buffered, err := cactus.NewBufferedSenderWithSender(out, time.Hour, datagram)
	if err != nil {
		return nil, err
	}
	c, err := cactus.NewClientWithSender(buffered, "", 0)
	if err != nil {
		return nil, err
	}
	clean := strings.NewReplacer(":", ".", "/", "_")
	paths := make([]string, len(series))
	for i := range series {
		paths[i] = series[i].Name + "." + clean.Replace(strings.Join(series[i].Tags, "."))
	}
	batch, submitted := int64(0), int64(0) // bytes
	for i := range series {
		batch += int64(len(fmt.Sprintf("%s:%d|c\n", paths[i], int64(series[i].Points[0].Value))))
	}
	w.settle = func() { // a goroutine of the client sends
		for submitted-out.bytes.Load() > datagram {
			time.Sleep(time.Millisecond)
		}
	}
	encode := func() error {
		for i := range series {
			if err := c.Inc(paths[i], int64(series[i].Points[0].Value), 1); err != nil {
				return err
			}
		}
		submitted += batch
		return nil
	}
	return encoder(w, encode, c.Close), nil
}

// tally counts what is sent.
type tally struct {
	cactus.Sender
	bytes atomic.Int64
}

func (t *tally) Send(data []byte) (int, error) {
	n, err := t.Sender.Send(data)
	t.bytes.Add(int64(len(data) + 1)) // the client cuts the last line feed off
	return n, err
}
