package peers

import (
	"io"
	"sync/atomic"
)

// word is a counter that keeps away from whatever else is written. 128 bytes:
// hardware prefetches cache lines in pairs.
type word struct {
	_ [128]byte
	n atomic.Int64
	_ [128 - 8]byte
}

// Unit returns what U is the cost of: an atomic add to a word that nobody else uses.
func Unit() Submit {
	own := new(word)
	return func(n int) {
		for range n {
			own.n.Add(1)
		}
	}
}

// Atomic returns the standard library's atomic add, to one word for each series that
// all goroutines share.
func Atomic() Library {
	return Library{
		Name:    "atomic add, shared",
		Note:    "a number and nothing else: no name, no tags, no flush",
		StandIn: true,
		New: func(w io.Writer) (*Session, error) {
			words := &cells[word]{make: func() *word { return new(word) }}
			return &Session{
				Counters: func(over Over) Submit {
					handles := words.of(over.Series)
					if len(handles) == 1 {
						one := handles[0]
						return func(n int) {
							for range n {
								one.n.Add(1)
							}
						}
					}
					place := over.walk()
					return func(n int) {
						at := *place
						for range n {
							handles[at.next()].n.Add(1)
						}
						*place = at
					}
				},
				Flush: words.flush(w, func(w *word) int64 { return w.n.Swap(0) }),
				Close: nothing,
			}, nil
		},
	}
}
