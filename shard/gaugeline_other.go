//go:build !amd64 && !386

package shard

// gaugeBytes is how far apart gauges are: a line each.
const gaugeBytes = lineBytes
