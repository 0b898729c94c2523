package stats

import (
	"sync/atomic"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
)

// seriesRow is what the registry has of the ids of one row of cells: series, and ghosts
// of those on their way out.
type seriesRow [shard.RowSlots]atomic.Pointer[series]

// publish puts a series or a ghost in the place of its id. Under r.mu.
func (r *registry) publish(s *series) {
	if len(*r.rows.Load()) <= s.ID.Row() {
		r.extend(s.ID.Row())
	}
	r.place(s.ID).Store(s)
}

// extend makes rows up to one. Under r.mu.
func (r *registry) extend(row int) {
	rows := *r.rows.Load()
	for len(rows) <= row {
		rows = append(rows, new(seriesRow))
	}
	r.rows.Store(&rows)
}

// place returns where the series of an id stands, nil if there is no such row.
func (r *registry) place(id shard.ID) *atomic.Pointer[series] {
	rows := *r.rows.Load()
	if id.Row() >= len(rows) {
		return nil
	}
	return &rows[id.Row()][id.Slot()]
}

// at returns the series or the ghost of an id, nil if there is none.
func (r *registry) at(id shard.ID) *series {
	if place := r.place(id); place != nil {
		return place.Load()
	}
	return nil
}

// each visits every series and ghost, those that take the overflow included, in the
// order of ids. Under r.mu.
func (r *registry) each(visit func(*series)) {
	for _, row := range *r.rows.Load() {
		for slot := range row {
			if s := row[slot].Load(); s != nil {
				visit(s)
			}
		}
	}
}

// Series implements [flush.Catalog].
func (r *registry) Series(id shard.ID) *flush.Series {
	if s := r.at(id); s != nil {
		return &s.Series
	}
	return nil
}
