package remotewrite

import "github.com/shardstats/shardstats/transport"

// Packer packs batches without a peer.
type Packer struct {
	*packer
	known times
	body  []byte
}

func NewPacker(c Config) *Packer {
	c.URL = "http://localhost/"
	set, err := c.withDefaults()
	if err != nil {
		panic(err)
	}
	return &Packer{packer: newPacker(set)}
}

// Pack calls f with the body of each request, before compression, and returns what was
// rejected.
func (p *Packer) Pack(b *transport.Batch, f func(body []byte, points int)) []transport.Rejection {
	p.rejected = p.rejected[:0]
	for at, points := (cursor{}), b.Points(); at.number < points; {
		at = p.fill(b, at, &p.known)
		if len(p.units) > 0 {
			p.body = p.appendRequest(p.body[:0])
			f(p.body, len(p.units))
		}
	}
	p.release()
	return p.rejected
}
