package dogstatsd

import (
	"context"
	"net"
	"time"
)

// SetDial makes t use another way to connect.
func (t *Transport) SetDial(dial func(ctx context.Context, network, target string) (net.Conn, error)) {
	t.peer.dial = dial
}

// SetNow makes t read another clock for what it remembers of names.
func (t *Transport) SetNow(now func() time.Time) { t.peer.now = now }

var (
	DetectContainer = detectContainer
	ShortenKey      = shortenKey
)
