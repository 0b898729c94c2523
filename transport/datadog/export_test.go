package datadog

import (
	"io"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

// SetLimits shrinks the limits of one request's body.
func (t *Transport) SetLimits(maxBody, maxRaw int) {
	for e := range t.routes {
		t.routes[e].maxBody, t.routes[e].maxRaw = maxBody, maxRaw
	}
}

// Body is one packed request.
type Body struct {
	Path  string
	Bytes []byte
	Raw   int
}

// Pack packs b for both endpoints, without a limit on points. It returns the
// bodies and the numbers of the points that are too large.
func Pack(c Compression, maxBody, maxRaw int, b *transport.Batch) (bodies []Body, oversize []int) {
	return PackWith(Config{Compression: c}, maxBody, maxRaw, b)
}

// PackWith is Pack for a Config that needs no key.
func PackWith(cfg Config, maxBody, maxRaw int, b *transport.Batch) (bodies []Body, oversize []int) {
	routes := routesOf(cfg)
	p := newPacker(cfg, routes)
	for e := range endpoints {
		r := &routes[e]
		r.maxBody, r.maxRaw = maxBody, maxRaw
		var skip []int
		for at := (cursor{}); at.number < b.Points(); {
			next, tooLarge := p.fill(b, r, e, at, skip)
			if p.items > 0 {
				bodies = append(bodies, Body{r.path, append([]byte(nil), p.finish()...), p.raw})
			}
			at = next
			if tooLarge {
				oversize = append(oversize, at.number)
				skip = append(skip, at.number)
			}
		}
	}
	return bodies, oversize
}

// Worst is the bound on what the compressor makes of n bytes.
func Worst(n int) int { return worst(n) }

// NewCompressor returns what bodies are compressed with.
func NewCompressor(c Compression, w io.Writer) interface {
	io.Writer
	Flush() error
	Close() error
} {
	return newCompressor(c, w)
}

// EventBody returns the body of the request for e.
func EventBody(e *transport.Event) []byte { return appendEvent(nil, e, "") }

// CheckBody returns the body of the request for sc.
func CheckBody(sc *transport.ServiceCheck) []byte { return appendCheck(nil, sc, "") }

// SetOffsetSeed makes the rounding of weights repeatable until restore is called.
func SetOffsetSeed(seed uint64) (restore func()) { return summary.SetSeed(seed) }

// NewPack returns a function that packs a batch within the real limits, with the memory
// of the calls before, and says how many bytes that made.
func NewPack(cfg Config) func(b *transport.Batch) int {
	routes := routesOf(cfg)
	p := newPacker(cfg, routes)
	return func(b *transport.Batch) int {
		n, points := 0, b.Points()
		for e := range endpoints {
			for at := (cursor{}); at.number < points; {
				at, _ = p.fill(b, &routes[e], e, at, nil)
				if p.items > 0 {
					n += len(p.finish())
				}
			}
		}
		return n
	}
}
