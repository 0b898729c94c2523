//go:build !linux

package statsd_test

import "testing"

// reserve leaves the choice of a port to the first server that listens. Others may
// take it while the server is down.
func reserve(testing.TB) (address string) { return "127.0.0.1:0" }
