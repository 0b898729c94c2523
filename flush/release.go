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
		for _, s := range h.arena.summaries[:h.arena.used] {
			scribbleSummary(s)
		}
	}
	if h.recycle != nil {
		h.recycle(h)
	}
}

// scribble makes a batch useless, so that a transport that kept it past Send
// shows. Other senders may still read its summaries and members: those go with the
// handout.
func scribble(b *transport.Batch) {
	const reused = "reused"
	for i := range b.Events {
		b.Events[i] = transport.Event{Title: reused, Text: reused}
	}
	for i := range b.Checks {
		b.Checks[i] = transport.ServiceCheck{Name: reused, Message: reused}
	}
	for i := range b.Series {
		s := &b.Series[i]
		for j := range s.Points {
			s.Points[j] = transport.Point{Value: math.NaN(), Unix: math.MinInt64}
		}
		for j := range s.Tags {
			s.Tags[j] = reused
		}
		*s = transport.Series{Name: reused, Host: reused, Device: reused, Unit: reused}
	}
}

// scribbleSummary is scribble for a summary.
func scribbleSummary(s *transport.Summary) {
	nan := math.NaN()
	for i := range s.Samples {
		s.Samples[i] = transport.Sample{Value: nan, Weight: nan}
	}
	s.Count, s.Sum, s.Min, s.Max = nan, nan, nan, nan
}
