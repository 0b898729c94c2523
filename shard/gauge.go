package shard

import (
	"math"
	"sync/atomic"
)

// A gauge is one cell per series and not one per shard: "the last write wins"
// needs one place that all writes go to.
//
// The cell holds the bits of the value, or one of two NaNs, which a submission
// can never be: unset with the number of the drain that emptied it, or poison
// after the last drain. The number makes a relative add that slept through a
// drain fail, though the cell looks as empty as before.
const (
	gaugeSlots  = 16
	unsetTag    = 0x7ffa << 48
	tagMask     = 0xffff << 48
	poisonGauge = 0x7ffb << 48
)

type gauge struct {
	bits atomic.Uint64
	// base is the last drained value. The flusher stores it before it empties
	// the cell, so who finds the cell unset finds the base that belongs to it.
	base atomic.Uint64
	_    [gaugeBytes - 16]byte // from the next gauge, which another processor may write
}

func unset(bits uint64) bool { return bits&tagMask == unsetTag }

// Set makes v the value of a gauge. A value that is not finite is counted as
// BadValue.
func (r Ref) Set(v float64) {
	if r.row == nil {
		return
	}
	if v-v != 0 {
		r.row.store.lost.badValue.Add(1)
		return
	}
	cell := &r.row.gauges[r.slot%gaugeSlots]
	bits := math.Float64bits(v)
	for {
		old := cell.bits.Load()
		if old == bits {
			return // a value that is there already is not stored again
		}
		if old == poisonGauge {
			r.row.store.lost.afterStop.Add(1)
			return
		}
		if cell.bits.CompareAndSwap(old, bits) {
			return
		}
		// We lost to another write or a drain. Giving up would be right for
		// neither: a drain has emptied the cell, and an add may have had an
		// older base than ours.
	}
}

// GaugeAdd changes a gauge by delta, relative to its last value in this
// process, 0 at first. If the result is not finite, nothing is changed, and it
// is counted as BadValue.
func (r Ref) GaugeAdd(delta float64) {
	if r.row == nil {
		return
	}
	cell := &r.row.gauges[r.slot%gaugeSlots]
	for {
		old := cell.bits.Load()
		if old == poisonGauge {
			r.row.store.lost.afterStop.Add(1)
			return
		}
		base := old
		if unset(old) {
			base = cell.base.Load()
		}
		sum := math.Float64frombits(base) + delta
		if sum-sum != 0 {
			r.row.store.lost.badValue.Add(1)
			return
		}
		if cell.bits.CompareAndSwap(old, math.Float64bits(sum)) {
			return
		}
	}
}

// drainGauges hands the written gauges of row to v.
func (row *Row) drainGauges(now int64, v Visitor, stop bool) {
	empty := uint64(unsetTag) | uint64(row.store.drains)&^tagMask
	if stop {
		empty = poisonGauge
	}
	for slot := range row.gauges {
		cell := &row.gauges[slot]
		for {
			old := cell.bits.Load()
			if unset(old) {
				if !stop || cell.bits.CompareAndSwap(old, empty) {
					break
				}
				continue
			}
			cell.base.Store(old)
			if cell.bits.CompareAndSwap(old, empty) {
				row.visitTouched(1<<slot, now, func(_ int, id ID) { v.Gauge(id, math.Float64frombits(old)) })
				break
			}
			// a submitter wrote between; its value is the last one
		}
	}
}
