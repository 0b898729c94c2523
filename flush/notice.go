package flush

import (
	"time"

	"github.com/shardstats/shardstats/transport"
)

// A notice is an event or a service check. It takes no part in swaps and buckets:
// it goes at once into the queue of each transport, where it is a batch of its
// own, so that one that is refused takes no other with it.

// noticeLane delivers the notices of one transport. It has a sender of its own:
// while events are failing points go on, and the other way round.
type noticeLane struct {
	sender         *sender
	events, checks bool // what the transport takes; the sender of one that takes neither keeps the books only
}

func (l *noticeLane) open() bool { return l.events || l.checks }

// addSenders makes the senders of a transport: for points, and for notices.
func (f *Flusher) addSenders(tc TransportConfig, c *capabilities, env senderEnv) *sender {
	lane := noticeLane{events: c.events, checks: c.checks}
	if lane.open() {
		env.gate = newGate()
	}
	points := newSender(tc, env)

	tc.Name += " events"
	tc.QueueBatches = tc.QueueEvents
	env.items, env.yields = "events", true
	lane.sender = newSender(tc, env)
	f.senders = append(f.senders, points)
	f.lanes = append(f.lanes, lane)
	return points
}

// running returns every sender that sends.
func (f *Flusher) running() []*sender {
	all := f.senders[:len(f.senders):len(f.senders)]
	for i := range f.lanes {
		if f.lanes[i].open() {
			all = append(all, f.lanes[i].sender)
		}
	}
	return all
}

// Event puts an event into the queue of every transport, or counts it there as
// unsupported. It returns false, and does nothing, once Shutdown has begun. It
// waits for no delivery. e and its tags must not be written to afterwards.
func (f *Flusher) Event(e transport.Event) bool {
	size := textBytes(e.Title, e.Text, string(e.AlertType), string(e.Priority), e.AggregationKey, e.SourceTypeName, e.Host) + textBytes(e.Tags...)
	return f.notice(transport.Batch{Events: []transport.Event{e}}, size, func(l *noticeLane) bool { return l.events })
}

// Check is Event for a service check.
func (f *Flusher) Check(sc transport.ServiceCheck) bool {
	size := textBytes(sc.Name, sc.Message, sc.Host) + textBytes(sc.Tags...)
	return f.notice(transport.Batch{Checks: []transport.ServiceCheck{sc}}, size, func(l *noticeLane) bool { return l.checks })
}

func textBytes(texts ...string) int {
	n := 0
	for _, text := range texts {
		n += 16 + len(text)
	}
	return n
}

func (f *Flusher) notice(b transport.Batch, size int, taken func(*noticeLane) bool) bool {
	if f.shut.Load() {
		return false
	}
	b.ID = transport.BatchID{Process: process, Seq: f.batches.Add(1)}
	h := &handout{batch: b, units: []unitKey{{unix: time.Now().Unix()}}, ends: []int32{1}, bytes: 200 + size}
	h.retain() // ours, until every lane has its own
	defer h.release()
	for i := range f.lanes {
		if l := &f.lanes[i]; taken(l) {
			l.sender.enqueue(h)
		} else {
			l.sender.drop(1, transport.ReasonUnsupported)
		}
	}
	return true
}

// EventBooks returns the accounts of the events and service checks of each
// transport.
func (f *Flusher) EventBooks() []Books {
	books := make([]Books, len(f.lanes))
	for i := range f.lanes {
		books[i] = f.lanes[i].sender.books()
	}
	return books
}
