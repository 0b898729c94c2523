package peers

import (
	"io"
	"sync"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// lockedHdr is a histogram that several goroutines may use.
type lockedHdr struct {
	mu sync.Mutex
	h  *hdrhistogram.Histogram
}

func (l *lockedHdr) record(v int64) {
	l.mu.Lock()
	_ = l.h.RecordValue(v) // in range: values are between 0 and 1,000
	l.mu.Unlock()
}

// HDR returns HdrHistogram behind a mutex.
func HDR() Library {
	return Library{
		Name: "HdrHistogram, mutex", Module: "github.com/HdrHistogram/hdrhistogram-go",
		Note:    "a histogram and nothing else, behind a mutex since it has none: no name, no tags, no flush; integers up to 3,600,000 with 3 digits, and observations multiplied by 1,000",
		StandIn: true, HistogramBytes: 100 << 10,
		New: func(w io.Writer) (*Session, error) {
			histograms := &cells[lockedHdr]{make: func() *lockedHdr { return &lockedHdr{h: hdrhistogram.New(1, 3_600_000, 3)} }}
			return &Session{
				Histograms: func(over Over) Submit {
					handles := histograms.of(over.Series)
					if len(handles) == 1 {
						one := handles[0]
						return func(n int) {
							for i := range n {
								one.record(thousandths(i))
							}
						}
					}
					place := over.walk()
					return func(n int) {
						at := *place
						for i := range n {
							handles[at.next()].record(thousandths(i))
						}
						*place = at
					}
				},
				Flush: histograms.flush(w, func(l *lockedHdr) int64 {
					l.mu.Lock()
					defer l.mu.Unlock()
					count := l.h.TotalCount()
					l.h.Reset()
					return count
				}),
				Close: nothing,
			}, nil
		},
	}
}
