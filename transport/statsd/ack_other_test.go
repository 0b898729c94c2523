//go:build !linux

package statsd_test

import "github.com/shardstats/shardstats/transport/statsd"

const (
	ackOrClose = statsd.ConfirmClose
	ackOrNone  = statsd.ConfirmNone
)
