package datadog

import (
	"compress/zlib"

	"github.com/shardstats/shardstats/transport"
)

const (
	bodyHead = `{"series":[`
	bodyTail = `]}`
)

// packer fills one request body at a time and never past its limits.
//
// The compressor does not say how large its output will be, so a body is
// accounted for in two parts: what was there at the last flush of the
// compressor, which is exact, and what went in since, taken at the worst that
// the compressor can make of it. When the two reach the limit the compressor is
// flushed and the second part becomes exact. A flush costs compression, so once
// little room is left after one, the body ends.
type packer struct {
	maxBody, maxRaw int
	zip             *zlib.Writer // nil if bodies are not compressed
	fillHost        string       // Config.FillHost

	body    []byte // what is sent
	unit    []byte // one series, while it is encoded
	items   int    // series in the body
	raw     int    // bytes before compression
	flushed int    // len(body) at the last flush
	pending int    // raw bytes since
	ending  bool   // no more flushes
}

func newPacker(c Compression) *packer {
	p := &packer{maxBody: maxBodyBytes, maxRaw: maxRawBytes}
	if c == Zlib {
		p.zip = zlib.NewWriter(p)
	}
	return p
}

// Write is for the compressor alone.
func (p *packer) Write(b []byte) (int, error) {
	p.body = append(p.body, b...)
	return len(b), nil
}

// start begins a new body in the memory of the last one.
func (p *packer) start() {
	p.body, p.items, p.raw, p.flushed, p.pending, p.ending = p.body[:0], 0, 0, 0, 0, false
	if p.zip != nil {
		p.zip.Reset(p)
	}
	p.put([]byte(bodyHead))
}

// finish ends the body.
func (p *packer) finish() []byte {
	p.put([]byte(bodyTail))
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
	p.ending = p.maxBody-p.flushed < p.maxBody/32
}

// worst bounds what the compressor makes of n bytes: it stores what does not
// get smaller, or writes 9 bits for a byte where it cannot store, in blocks of
// at least 16 KiB but for the last, each with a few bytes of its own.
func worst(n int) int { return n + n/8 + 5*(n/(16<<10)) + 64 }

// room reports whether n more bytes and the tail are certain to fit.
func (p *packer) room(n int) bool {
	n += len(bodyTail)
	if p.raw+n > p.maxRaw {
		return false
	}
	if p.zip == nil {
		return len(p.body)+n <= p.maxBody
	}
	return p.flushed+worst(p.pending+n) <= p.maxBody
}

// add adds an encoded series and reports whether it did. If not, the body is as
// it was: full, or empty if the series does not even fit alone.
func (p *packer) add(unit []byte) bool {
	n := len(unit)
	if p.items > 0 {
		n++ // the comma
	}
	if p.zip != nil && !p.ending && !p.room(n) && p.pending > 0 {
		p.flush()
	}
	certain := p.room(n)
	if !certain && (p.items > 0 || p.zip == nil || p.raw+n+len(bodyTail) > p.maxRaw) {
		return false
	}
	if p.items > 0 {
		p.put([]byte{','})
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

// fill packs points of one endpoint from c on, up to the point with the number
// limit, until the body is full. It returns where it stopped: at limit, at the
// first point that is to go into the next body, or, if oversize, at one that
// fits into none.
func (p *packer) fill(b *transport.Batch, e endpoint, c cursor, limit int) (end cursor, oversize bool) {
	p.start()
	for c.number < limit && c.series < len(b.Series) {
		s := &b.Series[c.series]
		left := s.Points[c.point:]
		if endpointOf(s.Kind) != e || len(left) == 0 {
			c = cursor{series: c.series + 1, number: c.number + len(left)}
			continue
		}
		n := min(len(left), limit-c.number)
		p.unit = appendSeries(p.unit[:0], s, left[:n], p.fillHost)
		for !p.add(p.unit) {
			if p.items > 0 {
				return c, false
			}
			if n == 1 {
				return c, true
			}
			n = (n + 1) / 2
			p.unit = appendSeries(p.unit[:0], s, left[:n], p.fillHost)
		}
		c.point, c.number = c.point+n, c.number+n
	}
	return c, false
}
