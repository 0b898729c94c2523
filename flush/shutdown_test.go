package flush_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/transport"
)

func TestTheTextOfALossError(t *testing.T) {
	type dropped = map[transport.Reason]uint64
	for name, test := range map[string]struct {
		err  flush.LossError
		want string
	}{
		"a loss with its last failure": {
			flush.LossError{Transports: []flush.Books{{Transport: "a", Dropped: dropped{"rejected": 2, "permanent": 1}, LastError: "no such project"}}},
			"flush: not everything was delivered; a: 0 pending, 1 dropped (permanent), 2 dropped (rejected), last failure: no such project",
		},
		"a failure that was healed": {
			flush.LossError{Transports: []flush.Books{{Transport: "a", Unknown: 3}}},
			"flush: not everything was delivered; a: 0 pending, 3 unknown",
		},
		"several transports and causes": {
			flush.LossError{
				Transports: []flush.Books{{Transport: "a", Pending: 1, LastError: "refused"}, {Transport: "b", Pending: 2, LastError: "401:\r\nwho are you\n"}},
				Err:        errors.Join(context.DeadlineExceeded, errors.New("b: close: gone")),
			},
			"flush: not everything was delivered; a: 1 pending, last failure: refused; b: 2 pending, last failure: 401:; who are you; context deadline exceeded; b: close: gone",
		},
		"a failure that is the cause is said once": {
			flush.LossError{Transports: []flush.Books{{Transport: "a", Pending: 1, LastError: "Send is stuck"}}, Err: fmt.Errorf("transport a: %w", errors.New("Send is stuck"))},
			"flush: not everything was delivered; a: 1 pending; transport a: Send is stuck",
		},
		"only a cause": {flush.LossError{Err: context.Canceled}, "flush: not everything was delivered; context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, test.err.Error())
		})
	}
	assert.ErrorIs(t, &flush.LossError{Err: errors.Join(errors.New("x"), context.Canceled)}, context.Canceled)
}
