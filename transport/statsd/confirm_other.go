//go:build !linux

package statsd

import (
	"context"
	"errors"
	"time"
)

const canAck = false

// acknowledged has nothing to ask here. What it would notice is a process that dies
// between our last look and the arrival of our end.
func (*conn) acknowledged(context.Context, <-chan time.Time) error { return nil }

// confirmAck is not reached: New refuses ConfirmAck.
func (*conn) confirmAck(context.Context, <-chan time.Time) error { return errors.ErrUnsupported }
