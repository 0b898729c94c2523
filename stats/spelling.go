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
	wordsSuffice = 15 // bytes of a string that its two words are
	fourWords    = 31 // bytes of a string that find takes, as four words; all ones

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
// it is for strings of up to four words and calls nothing on its way, since what lives
// across a call goes through memory. What is longer, or rare, is left to others.
func (c *Client) find(kind kind, name string, tags []string) *series {
	if len(tags) >= fastStrings {
		return c.findLong(kind, name, tags)
	}
	all := len(name) // the lengths or-ed
	lens := uint64(all + c.nameAt)
	if len(tags) > 0 {
		all |= len(tags[0])
		lens += uint64(len(tags[0])) << 8
	}
	if len(tags) > 1 {
		all |= len(tags[1])
		lens += uint64(len(tags[1])) << 16
	}
	if len(tags) > 2 {
		all |= len(tags[2])
		lens += uint64(len(tags[2])) << 24
	}
	if all > fourWords || c.nameAt > maxOwnBytes-fourWords {
		return c.findAgain(kind, name, tags)
	}
	var a, b uint64
	hash := c.seed
	if n := len(name); n >= 8 {
		if n > wordsSuffice {
			hash += fold(load64(name, 8)^keys[8], load64(name, n-16)^keys[9])
		}
		a, b = load64(name, 0), load64(name, n-8)
	} else if n >= 4 {
		a, b = load32(name, 0), load32(name, n-4)
	} else {
		a, b = few(name), 0
	}
	hash += fold(a^keys[0], b^keys[1])
	if len(tags) > 0 {
		s := tags[0]
		if n := len(s); n >= 8 {
			if n > wordsSuffice {
				hash += fold(load64(s, 8)^keys[10], load64(s, n-16)^keys[11])
			}
			a, b = load64(s, 0), load64(s, n-8)
		} else if n >= 4 {
			a, b = load32(s, 0), load32(s, n-4)
		} else {
			a, b = few(s), 0
		}
		hash += fold(a^keys[2], b^keys[3])
	}
	if len(tags) > 1 {
		s := tags[1]
		if n := len(s); n >= 8 {
			if n > wordsSuffice {
				hash += fold(load64(s, 8)^keys[12], load64(s, n-16)^keys[13])
			}
			a, b = load64(s, 0), load64(s, n-8)
		} else if n >= 4 {
			a, b = load32(s, 0), load32(s, n-4)
		} else {
			a, b = few(s), 0
		}
		hash += fold(a^keys[4], b^keys[5])
	}
	if len(tags) > 2 {
		s := tags[2]
		if n := len(s); n >= 8 {
			if n > wordsSuffice {
				hash += fold(load64(s, 8)^keys[14], load64(s, n-16)^keys[15])
			}
			a, b = load64(s, 0), load64(s, n-8)
		} else if n >= 4 {
			a, b = load32(s, 0), load32(s, n-4)
		} else {
			a, b = few(s), 0
		}
		hash += fold(a^keys[6], b^keys[7])
	}
	shape := shapeFor(kind, len(tags), lens)
	hash ^= shape * shapeKey
	shape |= hash << checkShift
search:
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
			// Hardly ever is it another one with this check: one in 65,536. Then it
			// is searched for once more.
			own, at := sp.Own, c.nameAt
			if n := len(name); n >= 8 {
				if load64(own, at) != load64(name, 0) || load64(own, at+n-8) != load64(name, n-8) {
					break search
				}
				if n > wordsSuffice && (load64(own, at+8) != load64(name, 8) || load64(own, at+n-16) != load64(name, n-16)) {
					break search
				}
			} else if n >= 4 {
				if load32(own, at) != load32(name, 0) || load32(own, at+n-4) != load32(name, n-4) {
					break search
				}
			} else if few(own[at:at+n]) != few(name) {
				break search
			}
			at += len(name)
			if len(tags) > 0 {
				s := tags[0]
				if n := len(s); n >= 8 {
					if load64(own, at) != load64(s, 0) || load64(own, at+n-8) != load64(s, n-8) {
						break search
					}
					if n > wordsSuffice && (load64(own, at+8) != load64(s, 8) || load64(own, at+n-16) != load64(s, n-16)) {
						break search
					}
				} else if n >= 4 {
					if load32(own, at) != load32(s, 0) || load32(own, at+n-4) != load32(s, n-4) {
						break search
					}
				} else if few(own[at:at+n]) != few(s) {
					break search
				}
				at += len(s)
			}
			if len(tags) > 1 {
				s := tags[1]
				if n := len(s); n >= 8 {
					if load64(own, at) != load64(s, 0) || load64(own, at+n-8) != load64(s, n-8) {
						break search
					}
					if n > wordsSuffice && (load64(own, at+8) != load64(s, 8) || load64(own, at+n-16) != load64(s, n-16)) {
						break search
					}
				} else if n >= 4 {
					if load32(own, at) != load32(s, 0) || load32(own, at+n-4) != load32(s, n-4) {
						break search
					}
				} else if few(own[at:at+n]) != few(s) {
					break search
				}
				at += len(s)
			}
			if len(tags) > 2 {
				s := tags[2]
				if n := len(s); n >= 8 {
					if load64(own, at) != load64(s, 0) || load64(own, at+n-8) != load64(s, n-8) {
						break search
					}
					if n > wordsSuffice && (load64(own, at+8) != load64(s, 8) || load64(own, at+n-16) != load64(s, n-16)) {
						break search
					}
				} else if n >= 4 {
					if load32(own, at) != load32(s, 0) || load32(own, at+n-4) != load32(s, n-4) {
						break search
					}
				} else if few(own[at:at+n]) != few(s) {
					break search
				}
			}
			return sp
		}
	}
	return c.findAgain(kind, name, tags)
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

// findAgain is find, slower, for calls with strings of any length, and those for which
// find met another spelling with the same shape and check.
func (c *Client) findAgain(kind kind, name string, tags []string) *series {
	hash, shape, ok := c.hashOwn(kind, name, tags)
	if !ok {
		return c.findLong(kind, name, tags)
	}
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
	hash, _, ok := c.hashOwn(kind, name, tags)
	if !ok {
		hash, _ = c.hashLong(kind, name, tags)
		sp.Lens = longLens
		more = &extra{name: strings.Clone(name), tags: make([]string, len(tags))}
		for i, tag := range tags {
			more.tags[i] = strings.Clone(tag)
		}
		sp.Check = uint16(hash)
		return more
	}
	if c.namespace != "" {
		name = c.namespace + "." + name
	}
	sp.Own, sp.Lens, sp.Order = flush.Pack(name, tags)
	sp.Check = uint16(hash)
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
