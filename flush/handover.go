package flush

import (
	"math/rand/v2"

	"github.com/shardstats/shardstats/transport"
)

// Bounds of one batch. A unit that is larger has one to itself.
const (
	batchPoints = 2000
	batchBytes  = 1 << 20
)

// spareBytes bounds the batches that a view keeps for reuse: 30,000 counters, say. A
// flush of more makes some anew, for memory that nobody needs between flushes would
// cost more than that.
const spareBytes = 2 << 20

// process tells the batches of this process from those of others.
var process = rand.Uint64()

// delivery is a batch on its way from a view to its senders.
type delivery struct {
	h     *handout
	view  *view
	noted []unitKey // the revisions in it
}

// deliver puts what waits in the outbox into the queues of the senders, which
// never blocks. Under f.mu.
func (f *Flusher) deliver() {
	for i, d := range f.outbox {
		d.h.refs.Store(1) // ours, so that the first sender to be done does not recycle it
		for _, s := range d.view.senders {
			s.enqueue(d.h)
		}
		for _, k := range d.noted { // older ones still queued are not sent any more
			if f.buckets.all[k.unix] != nil { // else nobody would forget it
				d.view.revisions.note(k.series, k.unix, k.rev)
			}
		}
		d.h.release()
		f.outbox[i] = delivery{}
	}
	f.outbox = f.outbox[:0]
	f.plan.deliver = noTime
}

// room returns a batch with room for n more points.
func (v *view) room(n int) *handout {
	if h := v.current; h != nil {
		if len(h.values)+n <= batchPoints && h.bytes < batchBytes {
			return h
		}
		v.finish()
	}
	v.mu.Lock()
	if n := len(v.free); n > 0 {
		v.current, v.free = v.free[n-1], v.free[:n-1]
		v.freeBytes -= v.current.memory()
	}
	v.mu.Unlock()
	if v.current == nil {
		v.current = v.newHandout()
	}
	v.current.batch.ID = transport.BatchID{Process: process, Seq: v.seq.Add(1)}
	return v.current
}

// newHandout returns an empty batch of the size that the largest has needed.
func (v *view) newHandout() *handout {
	h := &handout{recycle: v.recycle, revisions: v.revisions}
	h.units = make([]unitKey, 0, v.units)
	h.ends = make([]int32, 0, v.units)
	h.packed = packed{
		profile: v.shape.profile, interval: v.interval,
		labels: make([]label, 0, v.units), values: make([]float64, 0, v.points),
	}
	return h
}

// finish puts the batch under way into the outbox.
func (v *view) finish() {
	h := v.current
	if h == nil {
		return
	}
	v.current = nil
	if len(h.units) == 0 { // its only unit was dropped
		v.recycle(h)
		return
	}
	v.units, v.points = max(v.units, len(h.units)), max(v.points, len(h.values))
	*v.out = append(*v.out, delivery{h: h, view: v, noted: v.noted})
	v.noted = nil
}

// recycle takes back the memory of a batch that no sender needs any more. It is
// called by senders.
func (v *view) recycle(h *handout) {
	h.units, h.ends, h.bytes = h.units[:0], h.ends[:0], 0
	h.packed.reset()
	v.holds.giveBack(h)
	v.mu.Lock()
	defer v.mu.Unlock()
	if n := h.memory(); v.freeBytes+n <= spareBytes {
		v.free = append(v.free, h)
		v.freeBytes += n
	}
}
