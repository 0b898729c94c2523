package line

import "errors"

// ErrTooLong says that a line, or lines that belong together, would not fit into a
// datagram alone. Nothing of them was taken.
var ErrTooLong = errors.New("larger than a datagram may be")

// Packer fills datagrams with whole lines, a line feed between two of them. Call
// Init before its other methods.
type Packer struct {
	// Feed ends the last line of each datagram with a line feed too, for receivers
	// that wait for one. It counts within max.
	Feed bool

	max   int
	write func(datagram []byte) error
	buf   []byte // the datagram so far, then the line being made
	full  int    // bytes of buf that are the datagram; each line with its line feed
}

// Init empties p. It will call write with datagrams of at most max bytes, which
// must not be kept.
func (p *Packer) Init(max int, write func(datagram []byte) error) {
	p.max, p.write = max, write
	p.buf, p.full = p.buf[:0], 0
}

// Line returns the buffer to append the next line to, without a line feed at its
// end. Hand the result to Add. Lines that must not be parted have a line feed
// between them.
func (p *Packer) Line() []byte { return p.buf[:p.full] }

// Add takes what was appended to Line. If it does not fit into the datagram, that
// is written first; if that fails, Add returns the error of write, and neither the
// datagram nor the line is kept. [ErrTooLong] is about the line alone.
func (p *Packer) Add(buf []byte) error {
	p.buf = buf
	length := len(buf) - p.full
	switch {
	case length == 0:
		return nil
	case length > p.Longest():
		return ErrTooLong
	case length > p.Room():
		if err := p.Flush(); err != nil {
			return err
		}
		p.buf = p.buf[:copy(p.buf[:cap(p.buf)], buf[len(buf)-length:])]
	}
	p.buf = append(p.buf, '\n')
	p.full = len(p.buf)
	return nil
}

// Longest returns how many bytes a line may have.
func (p *Packer) Longest() int {
	if p.Feed {
		return p.max - 1
	}
	return p.max
}

// Room returns how many bytes the next line may have to go into the datagram at
// hand.
func (p *Packer) Room() int { return p.Longest() - p.full }

// Flush writes the datagram, if it has a line. Whatever becomes of it, p is empty
// then.
func (p *Packer) Flush() error {
	if p.full == 0 {
		return nil
	}
	datagram := p.buf[:p.full]
	if !p.Feed {
		datagram = datagram[:p.full-1]
	}
	p.buf, p.full = p.buf[:0], 0
	return p.write(datagram)
}

// Discard empties p without writing.
func (p *Packer) Discard() { p.buf, p.full = p.buf[:0], 0 }
