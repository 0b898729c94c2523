package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/shardstats/shardstats/transport"
)

// Batches returns copies of the batches that arrived, in order. Of a batch that
// was taken in part it has that part; one that was sent twice is there twice.
func (t *Transport) Batches() []transport.Batch {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]transport.Batch, len(t.batches))
	for i, b := range t.batches {
		out[i] = leadingItems(&b, b.Len())
	}
	return out
}

// Series returns copies of the series of all batches, in order of arrival. A
// series that came in several batches is there several times.
func (t *Transport) Series() []transport.Series {
	var out []transport.Series
	for _, b := range t.Batches() {
		out = append(out, b.Series...)
	}
	return out
}

// Events returns copies of the events of all batches, in order of arrival.
func (t *Transport) Events() []transport.Event {
	var out []transport.Event
	for _, b := range t.Batches() {
		out = append(out, b.Events...)
	}
	return out
}

// Checks returns copies of the service checks of all batches, in order of arrival.
func (t *Transport) Checks() []transport.ServiceCheck {
	var out []transport.ServiceCheck
	for _, b := range t.Batches() {
		out = append(out, b.Checks...)
	}
	return out
}

// Reset forgets what arrived. Failures that were asked for stay.
func (t *Transport) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.batches, t.sends = nil, 0
	t.wake()
}

// Sends returns how many Sends ended since the last Reset, failed ones included.
func (t *Transport) Sends() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sends
}

// Sum adds up all points of the series that have this name and at least these
// tags: the values of counts, rates, gauges and sets, the sums of summaries. Of
// a kind that overwrites, only the last revision of each bucket counts.
func (t *Transport) Sum(name string, tags ...string) float64 {
	return t.total(name, tags, func(p *transport.Point) float64 {
		if p.Summary != nil {
			return p.Summary.Sum
		}
		return p.Value
	})
}

// Observations adds up the number of observations in the summaries of the
// series that have this name and at least these tags.
func (t *Transport) Observations(name string, tags ...string) float64 {
	return t.total(name, tags, func(p *transport.Point) float64 {
		if p.Summary != nil {
			return p.Summary.Count
		}
		return 0
	})
}

// Last returns a copy of the point that arrived last of the series that have
// this name and at least these tags, and false if there is none.
func (t *Transport) Last(name string, tags ...string) (transport.Point, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range slices.Backward(t.batches) {
		for _, s := range slices.Backward(b.Series) {
			if len(s.Points) > 0 && matches(&s, name, tags) {
				return copySeries(s).Points[len(s.Points)-1], true
			}
		}
	}
	return transport.Point{}, false
}

// Wait returns nil once condition holds: it is tried at once, and again after
// each change. It is called without a lock, so it may use all methods of t. At
// the end of ctx an error is returned.
func (t *Transport) Wait(ctx context.Context, condition func(*Transport) bool) error {
	for {
		t.mu.Lock()
		changed := t.changed
		t.mu.Unlock()
		if condition(t) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("memory: wait: the condition does not hold: %w", context.Cause(ctx))
		}
	}
}

// bucket is what a backend that overwrites keeps one value of.
type bucket struct {
	series string
	unix   int64
}

func (t *Transport) total(name string, tags []string, figure func(*transport.Point) float64) float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	var count []*transport.Point
	newest := map[bucket]int{} // index in count
	for i := range t.batches {
		for j := range t.batches[i].Series {
			s := &t.batches[i].Series[j]
			if !matches(s, name, tags) {
				continue
			}
			if t.temporality(s.Kind) != transport.Overwrite {
				for k := range s.Points {
					count = append(count, &s.Points[k])
				}
				continue
			}
			id := identity(s)
			for k := range s.Points {
				p := &s.Points[k]
				at := bucket{id, p.Unix}
				before, sent := newest[at]
				switch {
				case !sent:
					newest[at] = len(count)
					count = append(count, p)
				case p.Rev >= count[before].Rev:
					count[before] = p
				}
			}
		}
	}
	var total float64
	for _, p := range count {
		total += figure(p)
	}
	return total
}

func matches(s *transport.Series, name string, tags []string) bool {
	if s.Name != name {
		return false
	}
	for _, tag := range tags {
		if !slices.Contains(s.Tags, tag) {
			return false
		}
	}
	return true
}

// identity tells series apart; its parts are quoted so that none can pass for two.
func identity(s *transport.Series) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %q %q %t %q %d", s.Name, s.Tags, s.Host, s.HostSet, s.Device, s.Kind)
	return b.String()
}
