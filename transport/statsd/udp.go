package statsd

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// datagrams sends over UDP, which tells nobody whether anything arrived. It may be
// used by several goroutines.
type datagrams struct {
	cfg    *Config
	dialer net.Dialer

	mu      sync.Mutex
	c       net.Conn // nil if there is none
	until   time.Time
	stopped bool
}

func newDatagrams(cfg *Config) *datagrams {
	return &datagrams{cfg: cfg, dialer: net.Dialer{Timeout: cfg.Timeout}}
}

// open makes the socket, and a new one when the address was looked up long ago. A
// look-up that fails then leaves the old one.
func (d *datagrams) open(ctx context.Context) error {
	switch {
	case d.stopped:
		return transport.ErrClosed
	case d.c != nil && time.Now().Before(d.until):
		return nil
	}
	c, err := d.dialer.DialContext(ctx, "udp", d.cfg.Address)
	if err != nil && d.c == nil {
		return err
	}
	if err == nil {
		d.drop()
		d.c = c
	}
	d.until = time.Now().Add(d.cfg.CheckInterval)
	return nil
}

func (d *datagrams) drop() {
	if d.c != nil {
		_ = d.c.Close()
		d.c = nil
	}
}

// deliver implements wire. Each datagram that was written counts as delivered.
func (d *datagrams) deliver(ctx context.Context, c *chunk, _ bool) (sure, doubtful int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.open(ctx); err != nil {
		return 0, 0, plain(err)
	}
	_ = d.c.SetWriteDeadline(time.Now().Add(d.cfg.Timeout))
	for sure < len(c.units) {
		begin, next := c.begin(sure), sure+1
		for next < len(c.units) && c.units[next].end-begin <= maxDatagramBytes {
			next++
		}
		// An error may be the peer's host answering a datagram from before; this
		// one was not sent then.
		if _, err := d.c.Write(c.buf[begin:c.units[next-1].end]); err != nil {
			d.drop()
			return sure, sure, plain(err)
		}
		sure = next
	}
	return sure, sure, nil
}

// ready implements wire.
func (d *datagrams) ready(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open(ctx)
}

// connected implements wire: there is a socket, and the last datagram was not
// refused.
func (d *datagrams) connected() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.c != nil
}

// run implements wire.
func (d *datagrams) run(ctx context.Context) {
	<-ctx.Done()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drop()
	d.stopped = true
}
