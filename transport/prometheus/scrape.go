package prometheus

import (
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/exponential"
	"github.com/shardstats/shardstats/transport/internal/prom"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

// scrape is what one works with: a copy of all values, so that it may take its time.
type scrape struct {
	names   []string // of the quantiles, as labels
	values  []float64
	rows    []row
	groups  []group
	numbers []float64          // quantiles of all rows
	samples []transport.Sample // and their samples

	out     []byte // not written yet
	body    []byte // of a protobuf message
	inner   []byte
	native  prom.Native
	classic exponential.Histogram
	zip     *gzip.Writer
}

// group is a family and where its rows end.
type group struct {
	family *prom.Family
	help   string
	end    int
}

// row is one series. Its numbers and samples begin where those of the row before end.
type row struct {
	text             string
	pairs            []byte
	value, count     float64
	numbers, samples int // where they end
}

func newScrape(quantiles []summary.Quantile, maxBuckets int) *scrape {
	sc := &scrape{native: prom.Native{Fields: histogramFields, MaxBuckets: maxBuckets}}
	for _, q := range quantiles {
		sc.names, sc.values = append(sc.names, q.Text), append(sc.values, q.Value)
	}
	return sc
}

// copyTo copies what is to be shown, and returns false if the store is closed.
func (st *store) copyTo(sc *scrape, now time.Time) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return false
	}
	for _, f := range st.shown {
		before := len(sc.rows)
		for _, s := range f.series {
			if now.Sub(s.last) >= st.expiry {
				continue
			}
			sc.numbers = append(sc.numbers, s.quantiles...)
			sc.samples = append(sc.samples, s.samples...)
			sc.rows = append(sc.rows, row{s.text, s.pairs, s.value, s.count, len(sc.numbers), len(sc.samples)})
		}
		if len(sc.rows) > before {
			sc.groups = append(sc.groups, group{f.Family, f.Help, len(sc.rows)})
		}
	}
	return true
}

// each calls show for each row, and begin before the first of a family and end behind
// its last.
func (sc *scrape) each(begin func(*group), show func(g *group, r *row, numbers []float64, samples []transport.Sample), end func(*group)) {
	at, numbers, samples := 0, 0, 0
	for i := range sc.groups {
		g := &sc.groups[i]
		begin(g)
		for ; at < g.end; at++ {
			r := &sc.rows[at]
			show(g, r, sc.numbers[numbers:r.numbers], sc.samples[samples:r.samples])
			numbers, samples = r.numbers, r.samples
		}
		end(g)
	}
}

// How much of a buffer is kept from one scrape to the next: some 16 MiB of what every
// series may have, 1 MiB of the others.
const (
	keptRows    = 200_000 // and groups
	keptNumbers = 2 << 20
	keptSamples = 64 << 10
	keptBytes   = 1 << 20
)

// release lets go of the series, and of buffers that are unusually large.
func (sc *scrape) release() {
	clear(sc.rows)
	clear(sc.groups)
	sc.rows, sc.groups = emptied(sc.rows, keptRows), emptied(sc.groups, keptRows)
	sc.numbers, sc.samples = emptied(sc.numbers, keptNumbers), emptied(sc.samples, keptSamples)
	sc.out, sc.body, sc.inner = emptied(sc.out, keptBytes), emptied(sc.body, keptBytes), emptied(sc.inner, keptBytes)
}

// emptied returns buffer without its elements, nil if it is larger than is to be kept.
func emptied[E any](buffer []E, kept int) []E {
	if cap(buffer) > kept {
		return nil
	}
	return buffer[:0]
}
