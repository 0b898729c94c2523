package stats

import (
	"weak"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
)

// series is one series as submitters find it in the table, hold it in a handle, and
// as the flusher reads it: 64 bytes, and one string with the name and the tags as
// they stood in the call that made it. What few series need is in an extra.
//
// It is also what keeps its id: as long as a submitter can reach it an add to its
// cells may still come. Each submission keeps it alive until after its last write
// (runtime.KeepAlive), and the registry has nothing but a weak pointer to one that
// is unlinked: see expiry.go.
//
// A series with a Text and an extra may be something else:
//
//   - an alias, another way in which a series is written at a call. It is in the
//     table only, has the cells of the series it leads to, and keeps it alive.
//   - a host, which leads to a client: see host.go.
//   - a ghost, which has the place of an unlinked series in the registry.
//
// A series is immutable once it is in the table or the registry, but for Mark: Unix
// seconds of the last linking, under the registry's lock. Check is a part of the
// hash of its spelling.
type series struct {
	flush.Series
	row *shard.Row // with ID, the cells
}

// extra is flush.Text.Mark.
type extra struct {
	name string   // of a spelling that Own cannot hold
	tags []string // likewise

	overflow bool // takes what is beyond a limit; never expires
	target   *series
	child    *Client
	gone     *departure
}

// departure is how far an unlinked series is on its way out.
type departure struct {
	weak       weak.Pointer[series] // tells whether some submitter still holds it
	state      departureState
	unlinkedAt int64  // Unix seconds
	retiredAt  uint64 // the newest bucket when it was retired
}

type departureState uint8

const (
	unlinked    departureState = iota
	cameBack                   // it is linked again
	unreachable                // no submitter holds it; the next drain takes what they left
	retired                    // drained for the last time; buckets may still hold its id
)

// use gives s the cells of ref.
func (s *series) use(ref shard.Ref) {
	s.ID = ref.ID()
	s.row, _ = ref.Split()
}

func (s *series) ref() shard.Ref { return shard.MakeRef(s.row, uint32(s.ID)%shard.RowSlots) }

// extra returns nil if s has none.
func (s *series) extra() *extra {
	if s.Text == nil || s.Text.Mark == nil {
		return nil
	}
	return s.Text.Mark.(*extra)
}

// live reports whether s is neither a ghost nor one that never expires.
func (s *series) live() bool {
	e := s.extra()
	return e == nil || e.gone == nil && !e.overflow
}

// gone returns nil unless s is a ghost.
func (s *series) gone() *departure {
	if e := s.extra(); e != nil {
		return e.gone
	}
	return nil
}

// ghost returns what stands for s once s is unlinked.
func (s *series) ghost(now int64) *series {
	g := &series{Series: s.Series, row: s.row}
	text := flush.Text{}
	if s.Text != nil {
		text = *s.Text
	} else {
		text.Name, text.Tags = s.Name(), s.AppendTags(nil)
	}
	text.Mark = &extra{gone: &departure{weak: weak.Make(s), unlinkedAt: now}}
	g.Text, g.Own = &text, ""
	return g
}
