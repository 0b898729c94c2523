package flush

import (
	"fmt"
	"math"

	"github.com/shardstats/shardstats/transport"
)

// retain takes a reference. The caller holds one already, or nobody else knows h.
func (h *handout) retain() { h.refs.Add(1) }

// release gives a reference back. The last one makes the memory free for reuse.
func (h *handout) release() {
	left := h.refs.Add(-1)
	if left > 0 {
		return
	}
	if left < 0 {
		panic(fmt.Sprintf("flush: batch %v released %d times too often", h.batch.ID, -left))
	}
	if invariants {
		scribble(&h.batch)
	}
	if h.recycle != nil {
		h.recycle(h)
	}
}

// scribble makes a batch useless, so that a transport that kept it past Send
// shows.
func scribble(b *transport.Batch) {
	const reused = "reused"
	for i := range b.Events {
		b.Events[i] = transport.Event{Title: reused, Text: reused}
	}
	for i := range b.Checks {
		b.Checks[i] = transport.ServiceCheck{Name: reused, Message: reused}
	}
	nan := math.NaN()
	for i := range b.Series {
		s := &b.Series[i]
		for j := range s.Points {
			p := &s.Points[j]
			if p.Summary != nil {
				for k := range p.Summary.Samples {
					p.Summary.Samples[k] = transport.Sample{Value: nan, Weight: nan}
				}
				p.Summary.Count, p.Summary.Sum, p.Summary.Min, p.Summary.Max = nan, nan, nan, nan
			}
			p.Value, p.Unix = nan, math.MinInt64
		}
		for j := range s.Tags {
			s.Tags[j] = reused
		}
		s.Name, s.Host, s.Device, s.Unit, s.Tags = reused, reused, reused, reused, nil
	}
}
