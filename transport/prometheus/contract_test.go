package prometheus_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/prometheus"
	"github.com/shardstats/shardstats/transport/transporttest"
)

func TestContract(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) transport.Transport {
		return &stepwise{Transport: open(t, prometheus.Config{}), last: map[string]transporttest.Flat{}}
	},
		transporttest.Received(func(tr transport.Transport) []transporttest.Flat { return tr.(*stepwise).flats(t) }),
		transporttest.Arrives(arrives))
}

// stepwise sends point by point and scrapes behind each, so that the suite sees each of
// them and not the newest alone.
type stepwise struct {
	*prometheus.Transport
	mu   sync.Mutex
	seen []transporttest.Flat
	last map[string]transporttest.Flat // by name and labels
	odd  error
}

func (s *stepwise) Send(ctx context.Context, b *transport.Batch) error {
	number := 0
	var rejected []transport.Rejection
	for i := range b.Series {
		one := b.Series[i]
		for j := range one.Points {
			one.Points = b.Series[i].Points[j : j+1]
			switch err := transport.AsSendError(s.Transport.Send(ctx, batch(one))); {
			case err == nil:
				s.look(&one)
			case err.Delivered == 1:
				rejected = append(rejected, transport.Rejection{Index: number, Reason: err.Rejected[0].Reason})
			default:
				err.Delivered, err.Rejected = number, rejected
				return err
			}
			number++
		}
	}
	if number == 0 {
		return s.Transport.Send(ctx, b)
	}
	if len(rejected) > 0 {
		return &transport.SendError{Delivered: number, Rejected: rejected, Err: errors.New("some were rejected")}
	}
	return nil
}

// look notes what the page says about the series that was just sent.
func (s *stepwise) look(sent *transport.Series) {
	s.mu.Lock()
	defer s.mu.Unlock()
	flats, err := shown(s.Transport)
	s.odd = errors.Join(s.odd, err)
	want := arrives(transporttest.Flatten([]transport.Series{*sent})[0])
	for _, f := range flats {
		if key := keyOf(f); key == keyOf(want) {
			s.seen = append(s.seen, f)
			s.last[key] = f
		}
	}
}

func (s *stepwise) flats(t *testing.T) []transporttest.Flat {
	s.mu.Lock()
	defer s.mu.Unlock()
	assert.NoError(t, s.odd)
	now, err := shown(s.Transport)
	if err == nil { // else it was closed
		assert.Len(t, now, len(s.last))
		for _, f := range now {
			assert.Equal(t, s.last[keyOf(f)], f, "it has changed since it was sent")
		}
	}
	return slices.Clone(s.seen)
}

func keyOf(f transporttest.Flat) string { return f.Name + " " + strings.Join(f.Tags, " ") }

// shown returns what both text formats show, which must be the same.
func shown(tr *prometheus.Transport) ([]transporttest.Flat, error) {
	var both [2][]transporttest.Flat
	for i := range both {
		p, err := scrape(tr, i == 1)
		if err != nil {
			return nil, err
		}
		both[i] = p.flats()
	}
	if !slices.EqualFunc(both[0], both[1], func(a, b transporttest.Flat) bool { return a.String() == b.String() }) {
		return nil, errors.New("text and OpenMetrics differ")
	}
	return both[0], nil
}

func (p *page) flats() (flats []transporttest.Flat) {
	for _, name := range p.order {
		f := p.families[name]
		sum := 0.0
		for _, s := range f.samples {
			flat := transporttest.Flat{Name: s.name, Value: s.value}
			if f.kind == "summary" || f.kind == "histogram" {
				switch s.name {
				case name + "_sum":
					sum = s.value
					continue
				case name + "_count":
					flat.Name, flat.Value, flat.Count = name, sum, s.value
				default:
					continue
				}
			}
			for _, key := range slices.Sorted(maps.Keys(s.labels)) {
				flat.Tags = append(flat.Tags, key+":"+s.labels[key])
			}
			flats = append(flats, flat)
		}
	}
	return flats
}

// arrives is how a point of the suite looks on a page, which has no times.
func arrives(f transporttest.Flat) transporttest.Flat {
	f.Unix = 0
	return wiretest.Prometheus(f)
}
