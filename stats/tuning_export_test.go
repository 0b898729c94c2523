package stats

import "time"

// Configured returns what New would make of the options.
func Configured(opts ...Option) (shards, reservoirSize int, interval time.Duration, err error) {
	c, err := configure(opts)
	return c.shards, c.reservoirSize, c.interval, err
}

// The defaults that a file may leave alone.
const (
	DefaultReservoirSize = defaultReservoirSize
	DefaultFlushInterval = defaultFlushInterval
	MaxTuningBytes       = maxTuningBytes
)

// ParseTuning reads a file's text.
func ParseTuning(text []byte) (shards, reservoirSize int, interval time.Duration, gomaxprocs int, err error) {
	t, err := parseTuning(text)
	return t.shards, t.reservoirSize, t.interval, t.gomaxprocs, err
}
