package stats

import (
	"slices"
	"strings"

	"github.com/shardstats/shardstats/flush"
)

// A spelling is one way in which a series is written at a call: a client, a
// kind, a name, and tags in one order. Each spelling that was seen leads to its
// series, and all that a later call has to do is to find it.
//
// It is found by content and holds no string of a caller. Of each string of a call
// two words are read, the first eight bytes and the last eight (of a shorter
// string, four and four, or three single bytes). With the length they say
// everything of up to 15 bytes; what is between in longer ones is read as well. They
// are hashed, and compared with those of our own copy, flush.Series.Own, where the
// strings stand one after another. More tags, and longer strings, are in an extra.
const (
	fastStrings  = flush.OwnTags + 1
	wordsSuffice = 15 // bytes of a string that its two words are; all ones

	// maxOwnBytes bounds the strings of a spelling in Own. It is not all ones, so
	// that longLens is the lengths of none.
	maxOwnBytes = flush.OwnBytes - 1
	longLens    = 1<<32 - 1

	// maxStringBytes bounds each string of a call. What is longer is refused
	// before it is hashed.
	maxStringBytes = 64 << 10
)

// find returns the spelling of a call, or nil if it was not seen before.
//
// It is written out for each string, since a loop over them costs a third more, and
// calls nothing if all strings are short, since what lives across a call goes through
// memory. What is rare is left to others.
func (c *Client) find(kind kind, name string, tags []string) *series {
	if len(tags) >= fastStrings {
		return c.findLong(kind, name, tags)
	}
	var a, b uint64
	hash := c.seed
	all := len(name) // the lengths or-ed
	lens := uint64(uint32(all + c.nameAt))
	if n := len(name); n >= 8 {
		a, b = load64(name, 0), load64(name, n-8)
	} else if n >= 4 {
		a, b = load32(name, 0), load32(name, n-4)
	} else {
		a, b = few(name), 0
	}
	hash += fold(a^keys[0], b^keys[1])
	if len(tags) > 0 {
		s := tags[0]
		n := len(s)
		if n >= 8 {
			a, b = load64(s, 0), load64(s, n-8)
		} else if n >= 4 {
			a, b = load32(s, 0), load32(s, n-4)
		} else {
			a, b = few(s), 0
		}
		hash += fold(a^keys[2], b^keys[3])
		lens += uint64(n) << 8
		all |= n
	}
	if len(tags) > 1 {
		s := tags[1]
		n := len(s)
		if n >= 8 {
			a, b = load64(s, 0), load64(s, n-8)
		} else if n >= 4 {
			a, b = load32(s, 0), load32(s, n-4)
		} else {
			a, b = few(s), 0
		}
		hash += fold(a^keys[4], b^keys[5])
		lens += uint64(n) << 16
		all |= n
	}
	if len(tags) > 2 {
		s := tags[2]
		n := len(s)
		if n >= 8 {
			a, b = load64(s, 0), load64(s, n-8)
		} else if n >= 4 {
			a, b = load32(s, 0), load32(s, n-4)
		} else {
			a, b = few(s), 0
		}
		hash += fold(a^keys[6], b^keys[7])
		lens += uint64(n) << 24
		all |= n
	}
	if all > wordsSuffice || c.nameAt > maxOwnBytes-wordsSuffice {
		sum, ok := c.middles(name, tags)
		if !ok {
			return c.findLong(kind, name, tags)
		}
		hash += sum
	}
	shape := shapeFor(kind, len(tags), lens)
	hash ^= shape * 0x9e3779b97f4a7c15
	shape |= hash << checkShift
	for t := c.core.registry.table.Load(); t != nil; t = t.older {
		i := hash >> hashShift
		for range maxProbes {
			sp := t.slots[i&uint64(len(t.slots)-1)].Load()
			if sp == nil {
				break
			}
			i++
			if (sp.shape()^shape)&shapeMask != 0 || sp.Common != c.common {
				continue
			}
			own, at := sp.Own, c.nameAt
			var differ uint64
			if n := len(name); n >= 8 {
				differ = load64(own, at) ^ load64(name, 0) | load64(own, at+n-8) ^ load64(name, n-8)
			} else if n >= 4 {
				differ = load32(own, at) ^ load32(name, 0) | load32(own, at+n-4) ^ load32(name, n-4)
			} else {
				differ = few(own[at:at+n]) ^ few(name)
			}
			at += len(name)
			if len(tags) > 0 {
				s := tags[0]
				if n := len(s); n >= 8 {
					differ |= load64(own, at) ^ load64(s, 0) | load64(own, at+n-8) ^ load64(s, n-8)
				} else if n >= 4 {
					differ |= load32(own, at) ^ load32(s, 0) | load32(own, at+n-4) ^ load32(s, n-4)
				} else {
					differ |= few(own[at:at+n]) ^ few(s)
				}
				at += len(s)
			}
			if len(tags) > 1 {
				s := tags[1]
				if n := len(s); n >= 8 {
					differ |= load64(own, at) ^ load64(s, 0) | load64(own, at+n-8) ^ load64(s, n-8)
				} else if n >= 4 {
					differ |= load32(own, at) ^ load32(s, 0) | load32(own, at+n-4) ^ load32(s, n-4)
				} else {
					differ |= few(own[at:at+n]) ^ few(s)
				}
				at += len(s)
			}
			if len(tags) > 2 {
				s := tags[2]
				if n := len(s); n >= 8 {
					differ |= load64(own, at) ^ load64(s, 0) | load64(own, at+n-8) ^ load64(s, n-8)
				} else if n >= 4 {
					differ |= load32(own, at) ^ load32(s, 0) | load32(own, at+n-4) ^ load32(s, n-4)
				} else {
					differ |= few(own[at:at+n]) ^ few(s)
				}
			}
			if differ == 0 && (all <= wordsSuffice || sameMiddles(own, c.nameAt, name, tags)) {
				return sp
			}
			return c.findAgain(kind, name, tags) // another with this shape and check: one in 65,536
		}
	}
	return nil
}

// The shape of a spelling is what stands in flush.Series from Lens on, without the
// order of the tags: the lengths, the kind, how many tags, and part of the hash.
const (
	checkShift = 48
	shapeMask  = 0xffff_03ff_ffff_ffff
)

// shapeFor returns a shape without the part of the hash.
func shapeFor(kind kind, tags int, lens uint64) uint64 {
	return lens | uint64(kind)<<32 | uint64(tags)<<40
}

// sameMiddles reports whether own has the middles of the long strings of a call, which
// begins there at a place, and whose ends it has.
func sameMiddles(own string, at int, name string, tags []string) bool {
	if len(name) > wordsSuffice && !sameMiddle(own[at:at+len(name)], name) {
		return false
	}
	at += len(name)
	for _, tag := range tags {
		if len(tag) > wordsSuffice && !sameMiddle(own[at:at+len(tag)], tag) {
			return false
		}
		at += len(tag)
	}
	return true
}

// sameMiddle compares two strings of one length but for their ends. A string of usual
// length is compared faster here than by the runtime.
func sameMiddle(a, b string) bool {
	if n := len(b); n <= 32 {
		return load64(a, 8) == load64(b, 8) && load64(a, n-16) == load64(b, n-16)
	}
	return a == b
}

// findAgain is find, slower, for a call of which it met another spelling with the same
// shape.
func (c *Client) findAgain(kind kind, name string, tags []string) *series {
	hash, shape := c.hashOwn(kind, name, tags)
	return c.look(hash, shape, name, tags)
}

// findLong is find for what Own cannot hold.
func (c *Client) findLong(kind kind, name string, tags []string) *series {
	hash, ok := c.hashLong(kind, name, tags)
	if !ok {
		return nil
	}
	return c.look(hash, shapeFor(kind, 0, longLens)|hash<<checkShift, name, tags)
}

// look returns the spelling of a call with this hash and shape, nil if there is none.
func (c *Client) look(hash, shape uint64, name string, tags []string) *series {
	for t := c.core.registry.table.Load(); t != nil; t = t.older {
		i := hash >> hashShift
		for range maxProbes {
			sp := t.slots[i&uint64(len(t.slots)-1)].Load()
			if sp == nil {
				break
			}
			i++
			if (sp.shape()^shape)&shapeMask == 0 && sp.Common == c.common && sp.spells(c.nameAt, name, tags) {
				return sp
			}
		}
	}
	return nil
}

// spells reports whether s, whose shape is that of the call, has its strings.
func (s *series) spells(nameAt int, name string, tags []string) bool {
	if s.Lens == longLens {
		e := s.extra()
		return e.name == name && slices.Equal(e.tags, tags)
	}
	own := s.Own[nameAt:]
	if own[:len(name)] != name {
		return false
	}
	at := len(name)
	for _, tag := range tags {
		if own[at:at+len(tag)] != tag {
			return false
		}
		at += len(tag)
	}
	return true
}

// spell makes sp the spelling of a call, with copies of its strings; it returns the
// extra with those that Own cannot hold, nil if there are none.
func (c *Client) spell(sp *series, kind kind, name string, tags []string) (more *extra) {
	sp.Common, sp.Kind = c.common, kind
	if _, ok := c.middles(name, tags); !ok || len(tags) >= fastStrings {
		sp.Lens = longLens
		more = &extra{name: strings.Clone(name), tags: make([]string, len(tags))}
		for i, tag := range tags {
			more.tags[i] = strings.Clone(tag)
		}
		hash, _ := c.hashLong(kind, name, tags)
		sp.Check = uint16(hash)
		return more
	}
	if c.namespace != "" {
		name = c.namespace + "." + name
	}
	sp.Own, sp.Lens, sp.Order = flush.Pack(name, tags)
	sp.Check = uint16(sp.hash())
	return nil
}

// newSpelling returns the spelling of a call that is no series of its own, and its
// extra, which is to say what it leads to.
func (c *Client) newSpelling(kind kind, name string, tags []string) (*series, *extra) {
	sp := new(series)
	more := c.spell(sp, kind, name, tags)
	if more == nil {
		more = new(extra)
	}
	sp.Text = &flush.Text{Mark: more}
	return sp, more
}
