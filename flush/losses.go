package flush

// maxLosses bounds what a transport remembers of its losses, 56 bytes or so each.
const maxLosses = 1 << 14

// losses remembers overwriting units that were dropped or whose answer was lost
// until a later revision of the same bucket arrives: that one carries the whole,
// so nothing is missing any more. At the bound the oldest are forgotten, and
// Healed then counts too few, never too many. The sender's lock guards it.
type losses struct {
	at   map[place]loss
	ring []place // in order of first loss; ring[next] is the oldest once full
	next int
}

// place is one bucket of one series.
type place struct {
	series uint64
	unix   int64
}

type loss struct {
	rev   uint32 // the newest revision lost
	units uint32
	slot  int // its place in the ring, which tells a newer entry from a stale slot
}

// add notes that a unit was lost.
func (l *losses) add(k *unitKey) {
	if !k.overwrite { // a later part of an additive unit does not bring this one back
		return
	}
	p := place{k.series, k.unix}
	if e, ok := l.at[p]; ok {
		e.rev, e.units = max(e.rev, k.rev), e.units+1
		l.at[p] = e
		return
	}
	if l.at == nil {
		l.at = make(map[place]loss)
	}
	if len(l.ring) < maxLosses {
		l.at[p] = loss{k.rev, 1, len(l.ring)}
		l.ring = append(l.ring, p)
		return
	}
	if old := l.ring[l.next]; l.at[old].slot == l.next {
		delete(l.at, old)
	}
	l.at[p] = loss{k.rev, 1, l.next}
	l.ring[l.next] = p
	l.next = (l.next + 1) % maxLosses
}

// has reports whether revision rev of the bucket of k, or a newer one, was lost.
func (l *losses) has(k *unitKey, rev uint32) bool {
	if len(l.at) == 0 {
		return false
	}
	e, ok := l.at[place{k.series, k.unix}]
	return ok && e.rev >= rev
}

// heal returns how many lost units the delivery of k makes good.
func (l *losses) heal(k *unitKey) uint64 {
	if len(l.at) == 0 || !k.overwrite || k.rev == 0 {
		return 0
	}
	p := place{k.series, k.unix}
	e, ok := l.at[p]
	if !ok || e.rev >= k.rev {
		return 0
	}
	delete(l.at, p)
	return uint64(e.units)
}
