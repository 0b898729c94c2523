package flush

import "slices"

// queue holds the parcels of one sender in the order of their hand-out. The
// parcel being sent stays at its front, but does not count against the bound:
// it can no longer be taken back. The sender's lock guards it.
type queue struct {
	maxBatches, maxBytes int
	dropNewest           bool

	parcels        []*parcel // by load.seq; parts of one load in the order of their points
	batches, bytes int       // of all loads with a parcel here
}

// front returns the parcel to be sent next, nil if there is none.
func (q *queue) front() *parcel {
	if len(q.parcels) == 0 {
		return nil
	}
	return q.parcels[0]
}

// passed reports whether every load up to seq has left the queue.
func (q *queue) passed(seq uint64) bool {
	return len(q.parcels) == 0 || q.parcels[0].seq > seq
}

// push appends the parcel of a new load.
func (q *queue) push(p *parcel) {
	q.parcels = append(q.parcels, p)
	q.batches++
	q.bytes += p.h.bytes
}

// full reports whether a batch of so many bytes would break a bound. flying is
// the load in flight or nil. An empty queue takes a batch of any size, for a
// bound below the size of one batch must not stop delivery.
func (q *queue) full(bytes int, flying *load) bool {
	batches, held := q.batches, q.bytes
	if flying != nil {
		batches--
		held -= flying.h.bytes
	}
	return batches > 0 && (batches+1 > q.maxBatches || held+bytes > q.maxBytes)
}

// oldest returns the first load that is not in flight, nil if there is none.
func (q *queue) oldest(flying *load) *load {
	for _, p := range q.parcels {
		if p.load != flying {
			return p.load
		}
	}
	return nil
}

// remove takes all parcels of a load out.
func (q *queue) remove(l *load) {
	q.parcels = slices.DeleteFunc(q.parcels, func(p *parcel) bool { return p.load == l })
	q.left(l)
}

// replaceFront puts parcels in the place of the front one; those without an
// open unit are left out. The last parcel of a load takes the load with it.
func (q *queue) replaceFront(by ...*parcel) {
	l := q.parcels[0].load
	by = slices.DeleteFunc(by, func(p *parcel) bool { return p.size() == 0 })
	q.parcels = slices.Replace(q.parcels, 0, 1, by...)
	if len(q.parcels) == 0 || q.parcels[0].load != l {
		q.left(l)
	}
}

// left accounts for a load without parcels.
func (q *queue) left(l *load) {
	q.batches--
	q.bytes -= l.h.bytes
}
