package stats

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/shardstats/shardstats/shard"
)

// A spelling is one way in which a series is written at a call: a client, a
// kind, a name, and tags in one order. Each spelling that was seen leads to its
// series, and all that a later call has to do is to find it.
//
// It is found by content and holds no string of a caller. A string of up to 15
// bytes is its length and two words, the first eight bytes and the last eight
// (of a shorter string, four and four, or three single bytes), so name and
// three tags are compared as eight words with our copy. Longer strings, and
// more tags, are compared as strings with the copy in text as well.
//
// A spelling is immutable once it is in the table.
type spelling struct {
	hash   uint64
	shape  uint64 // kind, number of tags, lengths: see shapeLong
	words  [2 * fastStrings]uint64
	client *Client
	ref    shard.Ref
	series *series
	text   *spelledText // nil if words say everything
	child  *Client      // of a host; it has no series then: see host.go
}

type spelledText struct {
	name string
	tags []string
}

const (
	fastStrings  = 4  // a name and three tags
	wordsSuffice = 15 // bytes of a string that its two words are; all ones

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

// middles adds the middles of the long strings to a hash. ok is false if a
// string is too long to be looked at.
func middles(hash uint64, name string, tags []string) (_ uint64, ok bool) {
	for i := -1; i < len(tags); i++ {
		s := name
		if i >= 0 {
			s = tags[i]
		}
		if len(s) > maxStringBytes {
			return 0, false
		}
		if len(s) > wordsSuffice {
			hash = fold(hash, keys[0]) + middle(s, hash)
		}
	}
	return hash, true
}

// shapes: the kind, the number of tags, and the lengths of the first strings,
// so that with shapeLong clear, equal shapes and words mean equal strings.
const (
	shapeLong      = 1 << 63 // some string has more than wordsSuffice bytes
	shapeKindShift = 56
	shapeTagsShift = 40
)

// find returns the spelling of a call, or nil if it was not seen before. It is
// written out for each string: a loop over them costs a third more.
func (c *Client) find(kind kind, name string, tags []string) *spelling {
	if len(tags) >= fastStrings {
		return c.findLong(kind, name, tags)
	}
	var a0, b0, a1, b1, a2, b2, a3, b3 uint64
	var s string
	hash := c.seed
	shape := uint64(kind)<<shapeKindShift | uint64(len(tags))<<shapeTagsShift
	long := 0 // the lengths or-ed: above wordsSuffice if one of them is
	s = name
	if n := len(s); n >= 8 {
		a0, b0 = load64(s, 0), load64(s, n-8)
	} else if n >= 4 {
		a0, b0 = load32(s, 0), load32(s, n-4)
	} else {
		a0, b0 = ends(s)
	}
	hash += fold(a0^keys[0], b0^keys[1])
	shape |= uint64(uint8(len(s)))
	long |= len(s)
	if len(tags) > 0 {
		s = tags[0]
		if n := len(s); n >= 8 {
			a1, b1 = load64(s, 0), load64(s, n-8)
		} else if n >= 4 {
			a1, b1 = load32(s, 0), load32(s, n-4)
		} else {
			a1, b1 = ends(s)
		}
		hash += fold(a1^keys[2], b1^keys[3])
		shape |= uint64(uint8(len(s))) << 8
		long |= len(s)
	}
	if len(tags) > 1 {
		s = tags[1]
		if n := len(s); n >= 8 {
			a2, b2 = load64(s, 0), load64(s, n-8)
		} else if n >= 4 {
			a2, b2 = load32(s, 0), load32(s, n-4)
		} else {
			a2, b2 = ends(s)
		}
		hash += fold(a2^keys[4], b2^keys[5])
		shape |= uint64(uint8(len(s))) << 16
		long |= len(s)
	}
	if len(tags) > 2 {
		s = tags[2]
		if n := len(s); n >= 8 {
			a3, b3 = load64(s, 0), load64(s, n-8)
		} else if n >= 4 {
			a3, b3 = load32(s, 0), load32(s, n-4)
		} else {
			a3, b3 = ends(s)
		}
		hash += fold(a3^keys[6], b3^keys[7])
		shape |= uint64(uint8(len(s))) << 24
		long |= len(s)
	}
	if long > wordsSuffice {
		var ok bool
		if hash, ok = middles(hash, name, tags); !ok {
			return nil
		}
		shape |= shapeLong
	}
	hash ^= shape * 0x9e3779b97f4a7c15
	for t := c.core.registry.table.Load(); t != nil; t = t.older {
		i := hash >> hashShift
		for range maxProbes {
			sp := t.slots[i&uint64(len(t.slots)-1)].Load()
			if sp == nil {
				break
			}
			w := &sp.words
			if (sp.hash^hash)|(sp.shape^shape)|(w[0]^a0)|(w[1]^b0)|(w[2]^a1)|(w[3]^b1)|
				(w[4]^a2)|(w[5]^b2)|(w[6]^a3)|(w[7]^b3) == 0 && sp.client == c &&
				(long <= wordsSuffice || sp.text.equal(name, tags)) {
				return sp
			}
			i++
		}
	}
	return nil
}

// findLong is find for more tags than words are kept of.
func (c *Client) findLong(kind kind, name string, tags []string) *spelling {
	hash, shape, ok := c.hashLong(kind, name, tags)
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
			if sp.hash == hash && sp.shape == shape && sp.client == c && sp.text.equal(name, tags) {
				return sp
			}
			i++
		}
	}
	return nil
}

// hashLong hashes a call with any number of tags, one after the other. ok is
// false if a string is too long to be looked at.
func (c *Client) hashLong(kind kind, name string, tags []string) (hash, shape uint64, ok bool) {
	shape = shapeLong | uint64(kind)<<shapeKindShift | uint64(uint16(len(tags)))<<shapeTagsShift
	hash = c.seed ^ shape
	for i := -1; i < len(tags); i++ {
		s := name
		if i >= 0 {
			s = tags[i]
		}
		if len(s) > maxStringBytes {
			return 0, 0, false
		}
		a, b := ends(s)
		hash = fold(hash^a^keys[2], b^keys[3]) + uint64(len(s))*keys[4]
		if len(s) > wordsSuffice {
			hash = middle(s, hash)
		}
	}
	return hash, shape, true
}

// newSpelling returns the spelling of a call, with copies of its strings and
// without what it leads to.
func (c *Client) newSpelling(kind kind, name string, tags []string) *spelling {
	sp := &spelling{client: c}
	if len(tags) >= fastStrings {
		sp.hash, sp.shape, _ = c.hashLong(kind, name, tags)
		sp.text = copyText(name, tags)
		return sp
	}
	// the same words, hash and shape as in find
	hash, long := c.seed, 0
	sp.shape = uint64(kind)<<shapeKindShift | uint64(len(tags))<<shapeTagsShift
	for i := range len(tags) + 1 {
		str := name
		if i > 0 {
			str = tags[i-1]
		}
		a, b := ends(str)
		sp.words[2*i], sp.words[2*i+1] = a, b
		sp.shape |= uint64(uint8(len(str))) << (8 * i)
		hash += fold(a^keys[2*i], b^keys[2*i+1])
		long |= len(str)
	}
	if long > wordsSuffice {
		hash, _ = middles(hash, name, tags)
		sp.shape |= shapeLong
		sp.text = copyText(name, tags)
	}
	sp.hash = hash ^ sp.shape*0x9e3779b97f4a7c15
	return sp
}

func copyText(name string, tags []string) *spelledText {
	t := &spelledText{name: strings.Clone(name), tags: make([]string, len(tags))}
	for i, tag := range tags {
		t.tags[i] = strings.Clone(tag)
	}
	return t
}

func (t *spelledText) equal(name string, tags []string) bool {
	return t != nil && t.name == name && slices.Equal(t.tags, tags)
}
