package otlp

import (
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/shardstats/shardstats/transport"
)

// SetLimit shrinks the limit of one request's body, below what Config allows.
func (t *Transport) SetLimit(n int) { t.packer.limit = n }

// Packer is the encoder without the network.
type Packer struct {
	packer *packer
	zip    *gzip.Writer
	out    buffer
}

// NewPacker returns one for c, with another limit of a request if it is not 0.
func NewPacker(c Config, limit int) *Packer {
	c, _, err := c.withDefaults()
	if err != nil {
		panic(err)
	}
	p := &Packer{packer: newPacker(c)}
	if limit > 0 {
		p.packer.limit = limit
	}
	if c.Compression == Gzip {
		p.zip = gzip.NewWriter(&p.out)
	}
	return p
}

// Pack calls use with the body of each request for b, and returns what was rejected. The body is
// gone when use returns.
func (p *Packer) Pack(b *transport.Batch, use func(body []byte, points int)) []transport.Rejection {
	p.packer.rejected = nil
	defer p.packer.release()
	for at := (cursor{}); at.number < b.Points(); {
		at = p.packer.fill(b, at)
		if p.packer.points == 0 {
			continue
		}
		var w io.Writer = &p.out
		p.out.bytes = p.out.bytes[:0]
		if p.zip != nil {
			p.zip.Reset(&p.out)
			w = p.zip
		}
		_ = p.packer.writeTo(w)
		if p.zip != nil {
			_ = p.zip.Close()
		}
		use(p.out.bytes, p.packer.points)
	}
	return p.packer.rejected
}

// Retains reports whether it still refers to a batch, between two.
func (p *Packer) Retains() bool {
	e := p.packer.encoder
	for _, a := range e.list[:cap(e.list)] {
		if a != (attribute{}) {
			return true
		}
	}
	for _, g := range p.packer.groups[:cap(p.packer.groups)] {
		if g.host != "" {
			return true
		}
	}
	return e.heading.name+e.heading.description+e.heading.unit != "" || len(p.packer.byHost) > 0
}

// Unit is the unit that a series is sent with.
func Unit(s *transport.Series) string { return string(appendUnit(nil, s)) }
