package dogstatsd_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/dogstatsd"
)

// Close beside a Send that waits for its reader does not make the frames delivered.
func TestCloseEndsTheWaitForAReader(t *testing.T) {
	needsLinux(t)
	begun, stop := make(chan struct{}), make(chan struct{})
	address := stream(t, func(c *net.UnixConn) {
		_, _ = c.Read(make([]byte, 1)) // so that the frame is there
		begun <- struct{}{}
		<-stop
	})
	t.Cleanup(func() { close(stop) })
	d := open(t, address, func(c *dogstatsd.Config) { c.Timeout = time.Hour })
	result := make(chan error)
	go func() { result <- d.Send(context.Background(), many(10)) }()
	<-begun
	require.NoError(t, d.Close(t.Context()))
	se := failure(t, <-result)
	assert.Equal(t, transport.Unknown, se.Outcome)
	assert.Zero(t, se.Delivered)
	require.ErrorIs(t, se, transport.ErrClosed)
}
