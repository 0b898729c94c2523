package stats

import (
	"math/bits"
	"math/rand/v2"
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

// keys make the hash of each process its own: who chooses the strings cannot
// choose where they land. They are odd, and two for each place of a string, so
// that swapped tags hash differently.
var keys = func() (k [2 * fastStrings]uint64) {
	for i := range k {
		k[i] = rand.Uint64() | 1
	}
	return k
}()

// fold is the 128-bit product of a and b, its halves xor-ed.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// ends returns the two words of s. With len(s), up to 16 bytes, they are s.
func ends(s string) (a, b uint64) {
	switch n := len(s); {
	case n >= 8:
		return load64(s, 0), load64(s, n-8)
	case n >= 4:
		return load32(s, 0), load32(s, n-4)
	case n > 0:
		return uint64(s[0])<<16 | uint64(s[n>>1])<<8 | uint64(s[n-1]), 0
	}
	return 0, 0
}

// middle hashes the bytes of a long string that are not in its two words.
func middle(s string, h uint64) uint64 {
	for i := 8; i < len(s)-8; i += 16 {
		h = fold(h^load64(s, i), keys[0]^load64(s, min(i+8, len(s)-8)))
	}
	return h
}

// middles adds the middles of the long strings to a hash.
func middles(hash uint64, name string, tags []string) uint64 {
	for i := -1; i < len(tags); i++ {
		s := name
		if i >= 0 {
			s = tags[i]
		}
		if len(s) > wordsSuffice {
			hash = fold(hash, keys[0]) + middle(s, hash)
		}
	}
	return hash
}

// tooLongForOwn reports whether a spelling has to be in an extra. The lengths are
// or-ed, so that find need not look at each.
func (c *Client) tooLongForOwn(name string, tags []string) bool {
	if len(tags) >= fastStrings {
		return true
	}
	all := len(name) | len(name) + c.nameAt
	for _, tag := range tags {
		all |= len(tag)
	}
	return all > maxOwnBytes
}

// find returns the spelling of a call, or nil if it was not seen before. It is
// written out for each string: a loop over them costs a third more.
func (c *Client) find(kind kind, name string, tags []string) *series {
	if len(tags) >= fastStrings {
		return c.findLong(kind, name, tags)
	}
	var a, b uint64
	hash := c.seed
	lens := len(name) + c.nameAt
	all := len(name) // the lengths or-ed
	if n := len(name); n >= 8 {
		a, b = load64(name, 0), load64(name, n-8)
	} else if n >= 4 {
		a, b = load32(name, 0), load32(name, n-4)
	} else {
		a, b = ends(name)
	}
	hash += fold(a^keys[0], b^keys[1])
	if len(tags) > 0 {
		s := tags[0]
		if n := len(s); n >= 8 {
			a, b = load64(s, 0), load64(s, n-8)
		} else if n >= 4 {
			a, b = load32(s, 0), load32(s, n-4)
		} else {
			a, b = ends(s)
		}
		hash += fold(a^keys[2], b^keys[3])
		lens += len(s) << 8
		all |= len(s)
	}
	if len(tags) > 1 {
		s := tags[1]
		if n := len(s); n >= 8 {
			a, b = load64(s, 0), load64(s, n-8)
		} else if n >= 4 {
			a, b = load32(s, 0), load32(s, n-4)
		} else {
			a, b = ends(s)
		}
		hash += fold(a^keys[4], b^keys[5])
		lens += len(s) << 16
		all |= len(s)
	}
	if len(tags) > 2 {
		s := tags[2]
		if n := len(s); n >= 8 {
			a, b = load64(s, 0), load64(s, n-8)
		} else if n >= 4 {
			a, b = load32(s, 0), load32(s, n-4)
		} else {
			a, b = ends(s)
		}
		hash += fold(a^keys[6], b^keys[7])
		lens += len(s) << 24
		all |= len(s)
	}
	if all > wordsSuffice || c.nameAt > 0 {
		if all|(len(name)+c.nameAt) > maxOwnBytes {
			return c.findLong(kind, name, tags)
		}
		hash = middles(hash, name, tags)
	}
	hash = shaped(hash, kind, len(tags), uint32(lens))
	for t := c.core.registry.table.Load(); t != nil; t = t.older {
		i := hash >> hashShift
		for range maxProbes {
			sp := t.slots[i&uint64(len(t.slots)-1)].Load()
			if sp == nil {
				break
			}
			i++
			if sp.Check != uint16(hash) || sp.Lens != uint32(lens) || sp.Kind != kind || int(sp.Order&3) != len(tags) || sp.Common != c.common {
				continue
			}
			own, at := sp.Own, c.nameAt
			if !sameAt(own, at, name) {
				continue
			}
			at += len(name)
			if len(tags) > 0 {
				if !sameAt(own, at, tags[0]) {
					continue
				}
				at += len(tags[0])
			}
			if len(tags) > 1 {
				if !sameAt(own, at, tags[1]) {
					continue
				}
				at += len(tags[1])
			}
			if len(tags) > 2 && !sameAt(own, at, tags[2]) {
				continue
			}
			return sp
		}
	}
	return nil
}

// shaped is the end of a hash of a spelling that Own can hold.
func shaped(hash uint64, kind kind, tags int, lens uint32) uint64 {
	return hash ^ (uint64(kind)<<40|uint64(tags)<<32|uint64(lens))*0x9e3779b97f4a7c15
}

// sameAt reports whether own has s at a place; it has at least as many bytes there.
func sameAt(own string, at int, s string) bool {
	if n := len(s); n >= 8 && n <= wordsSuffice {
		return load64(own, at) == load64(s, 0) && load64(own, at+n-8) == load64(s, n-8)
	}
	return sameAtShort(own, at, s)
}

// sameAtShort is the rest of sameAt, which would not be inlined with it.
func sameAtShort(own string, at int, s string) bool {
	if n := len(s); n >= 4 && n < 8 {
		return load32(own, at) == load32(s, 0) && load32(own, at+n-4) == load32(s, n-4)
	}
	return own[at:at+len(s)] == s
}

// findLong is find for what Own cannot hold.
func (c *Client) findLong(kind kind, name string, tags []string) *series {
	hash, ok := c.hashLong(kind, name, tags)
	if !ok {
		return nil
	}
	for t := c.core.registry.table.Load(); t != nil; t = t.older {
		i := hash >> hashShift
		for range maxProbes {
			sp := t.slots[i&uint64(len(t.slots)-1)].Load()
			if sp == nil {
				break
			}
			i++
			if sp.Check != uint16(hash) || sp.Lens != longLens || sp.Kind != kind || sp.Common != c.common {
				continue
			}
			if e := sp.extra(); e.name == name && slices.Equal(e.tags, tags) {
				return sp
			}
		}
	}
	return nil
}

// hashLong hashes a call with any number of tags, one after the other. ok is
// false if a string is too long to be looked at.
func (c *Client) hashLong(kind kind, name string, tags []string) (hash uint64, ok bool) {
	hash = shaped(c.seed, kind, len(tags), longLens)
	for i := -1; i < len(tags); i++ {
		s := name
		if i >= 0 {
			s = tags[i]
		}
		if len(s) > maxStringBytes {
			return 0, false
		}
		a, b := ends(s)
		hash = fold(hash^a^keys[2], b^keys[3]) + uint64(len(s))*keys[4]
		if len(s) > wordsSuffice {
			hash = middle(s, hash)
		}
	}
	return hash, true
}

// spell makes sp the spelling of a call, with copies of its strings; it returns the
// extra with those that Own cannot hold, nil if there are none.
func (c *Client) spell(sp *series, kind kind, name string, tags []string) (more *extra) {
	sp.Common, sp.Kind = c.common, kind
	if c.tooLongForOwn(name, tags) {
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

// hash returns the hash by which find looks for a spelling.
func (s *series) hash() uint64 {
	c := s.Common.Mark.(*Client)
	if s.Lens == longLens {
		e := s.extra()
		hash, _ := c.hashLong(s.Kind, e.name, e.tags)
		return hash
	}
	hash, long := c.seed, 0
	at, lens := c.nameAt, s.Lens
	tags := int(s.Order & 3)
	texts := make([]string, 0, fastStrings)
	for i := range tags + 1 {
		end := at + int(lens&0xff)
		if i == 0 {
			end = int(lens & 0xff)
		}
		text := s.Own[at:end]
		at, lens = end, lens>>8
		a, b := ends(text)
		hash += fold(a^keys[2*i], b^keys[2*i+1])
		long |= len(text)
		texts = append(texts, text)
	}
	if long > wordsSuffice {
		hash = middles(hash, texts[0], texts[1:])
	}
	return shaped(hash, s.Kind, tags, s.Lens)
}
