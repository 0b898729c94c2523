package stats

import (
	"math/bits"
	"math/rand/v2"

	"github.com/shardstats/shardstats/flush"
)

// How spellings are hashed. Client.find does the same for most, written out.

// keys make the hash of each process its own: who chooses the strings cannot
// choose where they land. They are odd, and four for each place of a string, so
// that swapped tags hash differently: two for its ends, and as many, further on, for
// its middle.
var keys = func() (k [4 * fastStrings]uint64) {
	for i := range k {
		k[i] = rand.Uint64() | 1
	}
	return k
}()

const middleKeys = 2 * fastStrings

// fold is the 128-bit product of a and b, its halves xor-ed.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// ends returns the two words of s. With len(s), up to 15 bytes, they are s.
func ends(s string) (a, b uint64) {
	switch n := len(s); {
	case n >= 8:
		return load64(s, 0), load64(s, n-8)
	case n >= 4:
		return load32(s, 0), load32(s, n-4)
	}
	return few(s), 0
}

// few returns a string of less than four bytes as a word.
func few(s string) uint64 {
	if n := len(s); n > 0 {
		return uint64(s[0])<<16 | uint64(s[n>>1])<<8 | uint64(s[n-1])
	}
	return 0
}

// middle hashes the bytes of a long string that are not in its two words, with the
// keys of a place.
func middle(s string, place int) uint64 {
	k := middleKeys + 2*place&(middleKeys-1)
	n := len(s)
	if n <= 32 {
		return fold(load64(s, 8)^keys[k], load64(s, n-16)^keys[k+1])
	}
	h := keys[k]
	for i := 8; i < n-8; i += 16 { // one after the other: equal blocks in another order differ
		h = fold(h^load64(s, i), keys[k+1]^load64(s, min(i+8, n-8)))
	}
	return h
}

// hashOwn returns the hash and the shape of a spelling, as find computes them. ok is
// false if Own cannot hold it.
func (c *Client) hashOwn(kind kind, name string, tags []string) (hash, shape uint64, ok bool) {
	if c.nameAt+len(name) > maxOwnBytes || len(tags) >= fastStrings {
		return 0, 0, false
	}
	hash = c.seed
	lens := uint64(c.nameAt)
	s := name
	for place := 0; ; place++ {
		if len(s) > maxOwnBytes {
			return 0, 0, false
		}
		var a, b uint64 // ends, written out: the call costs more than it does
		if n := len(s); n >= 8 {
			if n > wordsSuffice {
				hash += middle(s, place)
			}
			a, b = load64(s, 0), load64(s, n-8)
		} else if n >= 4 {
			a, b = load32(s, 0), load32(s, n-4)
		} else {
			a, b = few(s), 0
		}
		k := 2 * place & (middleKeys - 2)
		hash += fold(a^keys[k], b^keys[k+1])
		lens += uint64(len(s)) << (8 * place & 63)
		if place == len(tags) {
			break
		}
		s = tags[place]
	}
	shape = shapeFor(kind, len(tags), lens)
	hash ^= shape * shapeKey
	return hash, shape | hash<<checkShift, true
}

// shapeKey spreads the bits of a shape over those of a hash. The golden ratio's.
const shapeKey = 0x9e3779b97f4a7c15

// hashLong hashes a call with any number of tags, one after the other. ok is
// false if a string is too long to be looked at.
func (c *Client) hashLong(kind kind, name string, tags []string) (hash uint64, ok bool) {
	hash = c.seed ^ shapeFor(kind, len(tags), longLens)*shapeKey
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
			hash = fold(hash, keys[5]) + middle(s, 1)
		}
	}
	return hash, true
}

// hash returns the hash by which find looks for a spelling.
func (s *series) hash() uint64 {
	c := s.Common.Mark.(*Client)
	if s.Lens == longLens {
		e := s.extra()
		hash, _ := c.hashLong(s.Kind, e.name, e.tags)
		return hash
	}
	var tags [flush.OwnTags]string
	lens := s.Lens
	at := lens & 0xff
	name := s.Own[c.nameAt:at]
	n := int(s.Order & 3)
	for i := range n {
		lens >>= 8
		tags[i] = s.Own[at : at+lens&0xff]
		at += lens & 0xff
	}
	hash, _, _ := c.hashOwn(s.Kind, name, tags[:n])
	return hash
}
