package prometheus

import "time"

// Pages writes the page as it is now, again and again, for a benchmark of that alone.
type Pages struct {
	t  *Transport
	sc *scrape
}

func NewPages(t *Transport) *Pages { return &Pages{t, t.newOne()} }

// Page returns the size of the page in a format: 0 text, 1 OpenMetrics, 2 protobuf.
func (p *Pages) Page(f int) int {
	size := 0
	p.t.store.copyTo(p.sc, time.Now())
	p.sc.write(format(f), func() {
		if len(p.sc.out) >= chunkBytes {
			size += len(p.sc.out)
			p.sc.out = p.sc.out[:0]
		}
	})
	size += len(p.sc.out)
	p.sc.release()
	return size
}
