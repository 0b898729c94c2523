//go:build !linux

package statsd

import (
	"context"
	"errors"
	"time"
)

const canAck = false

// established reports whether the peer has ended the connection, as far as its
// reader has noticed.
func (c *conn) established() bool { return !c.over() }

// acknowledged has nothing to ask here. What it would notice is a process that dies
// between our last look and the arrival of our end.
func (*conn) acknowledged(context.Context, <-chan time.Time) error { return nil }

// confirmAck is not reached: New refuses ConfirmAck.
func (*conn) confirmAck(context.Context, <-chan time.Time) error { return errors.ErrUnsupported }
