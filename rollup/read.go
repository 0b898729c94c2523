package rollup

import "math/bits"

// What a bucket tells. Count, Gauge, Members, Summary and Samples are for slots
// that are touched, and of that class.

// Empty reports whether nothing was added since the last Reset.
func (b *Bucket) Empty() bool { return b.touched == 0 }

// Len returns how many slots are touched.
func (b *Bucket) Len() int { return b.touched }

// Each calls visit for each touched slot, by row and slot. visit may add to
// slots that are touched, no others.
func (b *Bucket) Each(visit func(row, slot int)) {
	for number, r := range b.rows {
		if r == nil {
			continue
		}
		for t := r.touched; t != 0; t &= t - 1 {
			visit(number, bits.TrailingZeros64(t))
		}
	}
}

// EachInOrder is Each in the order in which the slots were first touched, if
// Limits.InOrder asks for that.
func (b *Bucket) EachInOrder(visit func(row, slot int)) {
	if !b.memory.limits.InOrder {
		b.Each(visit)
		return
	}
	for _, c := range b.order {
		visit(int(c.row), int(c.slot))
	}
}

// Has reports whether a slot is touched.
func (b *Bucket) Has(number, slot int) bool {
	return number < len(b.rows) && b.rows[number] != nil && b.rows[number].touched>>slot&1 == 1
}

// Count returns a counter's sum. ok is false if it is not finite.
func (b *Bucket) Count(number, slot int) (sum float64, ok bool) {
	c := b.rows[number].count(slot)
	sum = float64(c.n) + c.f
	return sum, sum-sum == 0
}

// Gauge returns a gauge's value.
func (b *Bucket) Gauge(number, slot int) float64 { return b.rows[number].gauge(slot).value }

// GaugeStands reports whether the gauge of b would stay if later were merged into
// it: later's was written before, or with a timestamp where b's has none.
func (b *Bucket) GaugeStands(number, slot int, later *Bucket) bool {
	return later.rows[number].gauge(slot).seq < b.rows[number].gauge(slot).seq
}

// Members returns how many members a set has.
func (b *Bucket) Members(number, slot int) int { return len(b.rows[number].set(slot).members) }

// AppendMembers appends the members of a set, sorted.
func (b *Bucket) AppendMembers(dst []string, number, slot int) []string {
	return b.rows[number].set(slot).appendSorted(dst)
}

// Summary returns a histogram or distribution. It is the bucket's, until something is
// added or Reset is called.
func (b *Bucket) Summary(number, slot int) *Summary { return b.rows[number].summary(slot) }

// Samples returns the samples of a histogram or distribution by value, no more of
// them than its limit. Their weights add up to the observations they stand for.
// If no bank could keep a sample, the minimum and the maximum stand for all. The
// slice is the bucket's, until the slot is added to.
func (b *Bucket) Samples(number, slot int) []Sample { return b.rows[number].summary(slot).read(b) }
