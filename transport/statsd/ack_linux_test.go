package statsd_test

import "github.com/shardstats/shardstats/transport/statsd"

// Where the kernel cannot be asked, another mode stands in.
const (
	ackOrClose = statsd.ConfirmAck
	ackOrNone  = statsd.ConfirmAck
)
