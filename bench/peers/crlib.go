package peers

import (
	"io"

	"github.com/cockroachdb/crlib/crsync"
)

// Crlib returns CockroachDB's counter by processor.
func Crlib() Library {
	return Library{
		Name: "crsync.Counter", Module: "github.com/cockroachdb/crlib",
		Note:    "a number and nothing else: no name, no tags, no flush; it learns its processor from a sync.Pool, where CockroachDB's own Go runtime would tell it",
		StandIn: true,
		New: func(w io.Writer) (*Session, error) {
			counters := &cells[crsync.Counter]{make: func() *crsync.Counter {
				c := crsync.MakeCounter()
				return &c
			}}
			return &Session{
				Counters: func(over Over) Submit {
					handles := counters.of(over.Series)
					if len(handles) == 1 {
						one := handles[0]
						return func(n int) {
							for range n {
								one.Add(1)
							}
						}
					}
					place := over.walk()
					return func(n int) {
						at := *place
						for range n {
							handles[at.next()].Add(1)
						}
						*place = at
					}
				},
				Flush: counters.flush(w, (*crsync.Counter).Get),
				Close: nothing,
			}, nil
		},
	}
}
