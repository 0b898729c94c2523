package stats

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
)

// Two spellings of one shape whose hashes are equal in every bit differ only where
// their strings are compared. It takes luck to meet such a pair, so here the keys are
// bent: the product of a string's two words is 0 if one of them equals its key, and
// then the other says nothing.
func TestSpellingsWithEqualHashesAreToldApart(t *testing.T) {
	kept := keys
	t.Cleanup(func() { keys = kept })
	words := []struct{ name, fixed, free string }{
		{"four bytes and more", "wxyz", "abc"},
		{"eight bytes and more", "stuvwxyz", "abcdefg"},
	}
	for place := range fastStrings {
		for _, e := range words {
			for _, fixedFirst := range []bool{false, true} {
				name := e.name + ", its last word"
				if fixedFirst {
					name = e.name + ", its first word"
				}
				t.Run(places[place]+", "+name, func(t *testing.T) {
					keys = kept
					if a, b := ends(e.fixed); fixedFirst {
						keys[2*place] = a
					} else {
						keys[2*place+1] = b
					}
					var texts []string
					for bit := range 8 * len(e.free) { // every bit of the other word alone
						free := []byte(strings.Repeat("\x00", len(e.free)))
						free[bit/8] = 1 << (bit % 8)
						if fixedFirst {
							texts = append(texts, e.fixed+string(free))
						} else {
							texts = append(texts, string(free)+e.fixed)
						}
					}
					allDiffer(t, place, texts)
				})
			}
		}
		t.Run(places[place]+", less than four bytes", func(t *testing.T) {
			keys = kept
			keys[2*place+1] = 0
			for n := 1; n < 4; n++ {
				var texts []string
				for bit := range 8 * n {
					text := []byte(strings.Repeat("\x00", n))
					text[bit/8] = 1 << (bit % 8)
					texts = append(texts, string(text))
				}
				allDiffer(t, place, texts)
			}
		})
		// Of a long string further words are hashed: here the word at one place stays,
		// and seven bytes of the other change.
		for _, long := range []struct{ length, key, stays, change int }{
			{fourWords, 1, fourWords - 16, 8}, {fourWords, 0, 8, 16},
			{fourWords + 1, 1, fourWords - 15, 8}, {fourWords + 1, 0, 8, 16},
			{60, 1, 16, 8},
		} {
			t.Run(fmt.Sprintf("%s, %d bytes, those from %d", places[place], long.length, long.change), func(t *testing.T) {
				keys = kept
				text := []byte(strings.Repeat("abcdefghijklmno", 4)[:long.length])
				keys[middleKeys+2*place+long.key] = load64(string(text), long.stays)
				var texts []string
				for bit := range 8 * 7 {
					at, flip := long.change+bit/8, byte(1)<<(bit%8)
					text[at] ^= flip
					texts = append(texts, string(text))
					text[at] ^= flip
				}
				allDiffer(t, place, texts)
			})
		}
	}
}

var places = [fastStrings]string{"the name", "the first tag", "the second tag", "the third tag"}

// allDiffer demands that spellings that differ in the text at a place are each found
// as what they are. They need not be different series: what a name cannot hold is
// replaced.
func allDiffer(t *testing.T, place int, texts []string) {
	c := aClient(t)
	defer c.Close()
	hashes := map[uint64]bool{}
	met := map[*series]string{}
	for _, text := range texts {
		call := [fastStrings]string{"requests", "route:users", "get", "code"}
		call[place] = text
		name, tags := call[0], call[1:]
		hash, _, _ := c.hashOwn(transport.KindCount, name, tags)
		hashes[hash] = true
		require.NotNil(t, c.series(transport.KindCount, name, tags))
		found := c.find(transport.KindCount, name, tags)
		require.NotNil(t, found, "%q", text)
		require.NotContains(t, met, found, "%q is taken for %q", text, met[found])
		met[found] = text
	}
	assert.Less(t, len(hashes), len(texts), "or the test shows nothing")
}
