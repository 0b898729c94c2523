package datadog

import (
	"slices"

	"github.com/shardstats/shardstats/transport"
)

// packer fills one request body at a time and never past its limits.
//
// The compressor does not say how large its output will be, so a body is
// accounted for in two parts: what was there at the last flush of the
// compressor, which is exact, and what went in since, taken at the worst that
// the compressor can make of it. When the two reach the limit the compressor is
// flushed and the second part becomes exact. A flush costs compression, so once
// little room is left after one, the body ends.
//
// A body of columns is compressed once, when it is full: see fillColumns.
type packer struct {
	enc     encoder
	columns *columns // of V3; nil without
	zips    [compressions]compressor

	r       *route     // what the body is for
	zip     compressor // nil if it is not compressed
	body    []byte     // what is sent
	unit    []byte     // one series, while it is encoded; all of V3's
	items   int        // series in the body
	raw     int        // bytes before compression
	flushed int        // len(body) at the last flush
	pending int        // raw bytes since
	ending  bool       // no more flushes
}

// newPacker returns a packer for the routes of cfg. The compressors are made now
// and used for every body.
func newPacker(cfg Config, routes [endpoints]route) *packer {
	p := &packer{enc: encoder{sketches: cfg.API != V1, fillHost: cfg.FillHost, origin: cfg.Origin, spellings: newSpellings()}}
	for _, r := range routes {
		if r.compression != None && p.zips[r.compression] == nil {
			p.zips[r.compression] = newCompressor(r.compression, p)
		}
		if r.appendUnit == nil {
			p.columns = newColumns(cfg.FillHost, cfg.Origin)
		}
	}
	return p
}

// Write is for the compressor alone.
func (p *packer) Write(b []byte) (int, error) {
	p.body = append(p.body, b...)
	return len(b), nil
}

// start begins a new body for p.r in the memory of the last one.
func (p *packer) start() {
	p.body, p.items, p.raw, p.flushed, p.pending, p.ending = p.body[:0], 0, 0, 0, 0, false
	p.zip = p.zips[p.r.compression]
	if p.zip != nil {
		p.zip.Reset(p)
	}
	p.put(p.r.head)
}

// finish ends the body.
func (p *packer) finish() []byte {
	p.put(p.r.tail)
	if p.zip != nil {
		_ = p.zip.Close() // Write does not fail
	}
	return p.body
}

// put adds to the body without a look at the limits.
func (p *packer) put(b []byte) {
	p.raw += len(b)
	if p.zip == nil {
		p.body = append(p.body, b...)
		return
	}
	p.pending += len(b)
	_, _ = p.zip.Write(b) // Write does not fail
}

func (p *packer) flush() {
	_ = p.zip.Flush() // Write does not fail
	p.flushed, p.pending = len(p.body), 0
	p.ending = p.r.maxBody-p.flushed < p.r.maxBody/32
}

// room reports whether n more bytes and the tail are certain to fit.
func (p *packer) room(n int) bool {
	n += len(p.r.tail)
	if p.raw+n > p.r.maxRaw {
		return false
	}
	if p.zip == nil {
		return len(p.body)+n <= p.r.maxBody
	}
	return p.flushed+worst(p.pending+n) <= p.r.maxBody
}

// add adds an encoded series and reports whether it did. If not, the body is as
// it was: full, or empty if the series does not even fit alone.
func (p *packer) add(unit []byte) bool {
	n := len(unit)
	if p.items > 0 {
		n += len(p.r.sep)
	}
	if p.zip != nil && !p.ending && !p.room(n) && p.pending > 0 {
		p.flush()
	}
	certain := p.room(n)
	if !certain && (p.items > 0 || p.zip == nil || p.raw+n+len(p.r.tail) > p.r.maxRaw) {
		return false
	}
	if p.items > 0 {
		p.put(p.r.sep)
	}
	p.put(unit)
	p.items++
	if certain {
		return true
	}
	p.flush() // alone in its body: see how large it really is
	if p.room(0) {
		return true
	}
	p.start()
	return false
}

// cursor is a place in a batch.
type cursor struct {
	series int
	point  int // of the series
	number int // of the point, through the batch
}

// next returns the first point of an endpoint from c on that is not to be skipped,
// and how many with it are in one piece: 0 at the end of b. skip is sorted.
func (c cursor) next(b *transport.Batch, e endpoint, skip []int) (cursor, int) {
	for c.series < len(b.Series) {
		s := &b.Series[c.series]
		left := len(s.Points) - c.point
		if endpointOf(s.Kind) != e || left == 0 {
			c = cursor{series: c.series + 1, number: c.number + left}
			continue
		}
		at, found := slices.BinarySearch(skip, c.number)
		if !found {
			if at < len(skip) {
				left = min(left, skip[at]-c.number)
			}
			return c, left
		}
		c.point, c.number = c.point+1, c.number+1
	}
	return c, 0
}

// fill packs points of one endpoint for r from c on, but for those whose numbers are
// in skip, until the body is full. It returns where it stopped: at the end of b, at the
// first point that is to go into the next body, or, if oversize, at one that
// fits into none.
func (p *packer) fill(b *transport.Batch, r *route, e endpoint, c cursor, skip []int) (end cursor, oversize bool) {
	p.r = r
	p.start()
	if r.appendUnit == nil {
		return p.fillColumns(b, e, c, skip)
	}
	for {
		var n int
		if c, n = c.next(b, e, skip); n == 0 {
			return c, false
		}
		s := &b.Series[c.series]
		left := s.Points[c.point:]
		p.unit = r.appendUnit(&p.enc, p.unit[:0], s, left[:n])
		for !p.add(p.unit) {
			if p.items > 0 {
				return c, false
			}
			if n == 1 {
				return c, true
			}
			n = (n + 1) / 2
			p.unit = r.appendUnit(&p.enc, p.unit[:0], s, left[:n])
		}
		c.point, c.number = c.point+n, c.number+n
	}
}

// fillColumns is fill for bodies made of columns. How well these compress shows when
// they are complete only, so a body that turns out too large is filled again with as
// many points as would have fitted, until it fits.
func (p *packer) fillColumns(b *transport.Batch, e endpoint, from cursor, skip []int) (end cursor, oversize bool) {
	from, n := from.next(b, e, skip)
	if n == 0 {
		return from, false
	}
	for maxPoints := p.r.maxPoints; ; {
		c, n := from, n
		p.columns.reset()
		for n > 0 && p.columns.points < maxPoints {
			s := &b.Series[c.series]
			n = p.columns.room(s, min(n, maxPoints-p.columns.points), p.r.maxRaw)
			if n == 0 {
				break
			}
			p.columns.add(s, s.Points[c.point:c.point+n])
			c.point, c.number = c.point+n, c.number+n
			c, n = c.next(b, e, skip)
		}
		p.unit = p.columns.appendTo(p.unit[:0])
		p.put(p.unit)
		if p.zip != nil {
			p.flush()
		}
		if p.room(0) {
			p.items = p.columns.series
			return c, false
		}
		size := len(p.body)
		p.start()
		if p.columns.points == 1 {
			return from, true
		}
		share := float64(p.r.maxBody) / float64(max(size, p.r.maxBody)) * 0.9
		maxPoints = max(1, int(float64(p.columns.points)*share))
	}
}
