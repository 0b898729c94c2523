package peers

import (
	"io"

	"github.com/puzpuzpuz/xsync/v4"
)

// XSync returns the striped counter of xsync.
func XSync() Library {
	return Library{
		Name: "xsync.Counter", Module: "github.com/puzpuzpuz/xsync/v4",
		Note:    "a number and nothing else: no name, no tags, no flush; 64 bytes for each stripe",
		StandIn: true,
		New: func(w io.Writer) (*Session, error) {
			counters := &cells[xsync.Counter]{make: xsync.NewCounter}
			return &Session{
				Counters: func(over Over) Submit {
					handles := counters.of(over.Series)
					if len(handles) == 1 {
						one := handles[0]
						return func(n int) {
							for range n {
								one.Inc()
							}
						}
					}
					place := over.walk()
					return func(n int) {
						at := *place
						for range n {
							handles[at.next()].Inc()
						}
						*place = at
					}
				},
				Flush: counters.flush(w, (*xsync.Counter).Value),
				Close: nothing,
			}, nil
		},
	}
}
