package flush

import (
	"strings"

	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// Series is what an id stands for. There may be a million, so it says what it is in
// few words, which [Series.Name] and [Series.AppendTags] take apart: the strings of a
// usual series are one string, and what it shares with others it points at.
//
// A Series is the catalog's, and immutable once the catalog has shown it, but for
// Mark. What is remembered of a series from one flush to another goes by its id and
// its Key: a pointer to it would keep the catalog from giving its id up.
type Series struct {
	Common *Common // never nil
	// Own is the name, with its namespace, and up to [OwnTags] tags in the order of a
	// call, one after another without a gap; [Pack] makes it.
	Own string
	// Text, if it is not nil, has the name and all tags instead of Own and Common.
	Text *Text
	Key  uint64 // 64-bit hash of the identity (name, tags, kind, host), stable over reuse of ids

	ID   shard.ID
	Mark uint32 // the catalog's
	// Lens is the lengths of the strings in Own, a byte each, the name's lowest.
	Lens uint32
	Kind transport.Kind
	// Order is how many tags Own has, in its two lowest bits, and from there on, two
	// bits each, their places in Own from the smallest to the largest.
	Order uint8
	Check uint16 // the catalog's
}

// Common is what the series of one client have in common.
type Common struct {
	Tags    []string // sorted, distinct
	Host    string
	HostSet bool
	Device  string
	Mark    any // the catalog's
}

// Text is the strings of a series that Own cannot hold, and what few series have.
type Text struct {
	Name    string   // with namespace, sanitised
	Tags    []string // sorted, distinct, constant tags included
	Ordered []string // the same in the order of the first submission, constant ones last; nil unless a transport wants them so
	Metric  *Metric
	Mark    any // the catalog's
}

const (
	// OwnTags and OwnBytes are how many tags, and how long strings, a Series holds
	// without a Text.
	OwnTags  = 3
	OwnBytes = 255
)

// NewSeries returns a series that has all its strings in a Text.
func NewSeries(id shard.ID, kind transport.Kind, key uint64, common *Common, text Text) *Series {
	return &Series{ID: id, Kind: kind, Key: key, Common: common, Text: &text}
}

// Pack makes one string of a name and up to [OwnTags] tags of up to [OwnBytes]
// bytes each. The result shares no memory with them.
func Pack(name string, tags []string) (own string, lens uint32, order uint8) {
	var text strings.Builder
	text.Grow(len(name) + total(tags))
	text.WriteString(name)
	lens = uint32(len(name))
	order = uint8(len(tags))
	for i, tag := range tags {
		text.WriteString(tag)
		lens |= uint32(len(tag)) << (8 * (i + 1))
		smaller := 0 // a sort with a function would make the tags escape
		for j, other := range tags {
			if other < tag || other == tag && j < i {
				smaller++
			}
		}
		order |= uint8(i) << (2 * (smaller + 1))
	}
	return text.String(), lens, order
}

func total(texts []string) (n int) {
	for _, t := range texts {
		n += len(t)
	}
	return n
}

// Name returns the name, with namespace, sanitised.
func (s *Series) Name() string {
	if s.Text != nil {
		return s.Text.Name
	}
	return s.Own[:s.Lens&0xff]
}

// AppendTags appends the tags: sorted, distinct, constant tags included.
func (s *Series) AppendTags(tags []string) []string {
	if s.Text != nil {
		return append(tags, s.Text.Tags...)
	}
	constant := s.Common.Tags
	for i, n := uint8(0), s.Order&3; i < n; i++ {
		tag := s.ownTag(s.Order >> (2 * (i + 1)) & 3)
		for len(constant) > 0 && constant[0] < tag {
			tags = append(tags, constant[0])
			constant = constant[1:]
		}
		tags = append(tags, tag)
	}
	return append(tags, constant...)
}

// ownTag returns the tag at a place in Own, which are counted from 0.
func (s *Series) ownTag(place uint8) string {
	lens := s.Lens
	at := lens & 0xff
	for ; place > 0; place-- {
		lens >>= 8
		at += lens & 0xff
	}
	return s.Own[at : at+lens>>8&0xff]
}

// appendTagsFor appends the tags in the order of a profile.
func (s *Series) appendTagsFor(p Profile, tags []string) []string {
	if p == ProfileThreadStats && s.Text != nil && s.Text.Ordered != nil {
		return append(tags, s.Text.Ordered...)
	}
	return s.AppendTags(tags)
}

// tagCount is how many tags a series has at most.
func (s *Series) tagCount() int {
	if s.Text != nil {
		return len(s.Text.Tags)
	}
	return int(s.Order&3) + len(s.Common.Tags)
}

// metric returns what was configured for the name, nil if nothing was.
func (s *Series) metric() *Metric {
	if s.Text == nil {
		return nil
	}
	return s.Text.Metric
}

// reservoir returns how many samples a histogram keeps, 0 for the default.
func (s *Series) reservoir() int {
	if m := s.metric(); m != nil {
		return m.ReservoirSize
	}
	return 0
}
