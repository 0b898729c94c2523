package summary

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/cespare/xxhash/v2"

	"github.com/shardstats/shardstats/transport"
)

// seed makes the hashes of each process its own.
var seed = rand.Uint64()

// SetSeed makes hashes repeatable until restore is called, for tests.
func SetSeed(to uint64) (restore func()) {
	before := seed
	seed = to
	return func() { seed = before }
}

// Hash returns a hash of a series and the time of a point: the same for each attempt
// to send it.
func Hash(s *transport.Series, unix int64) uint64 {
	var d xxhash.Digest
	d.ResetWithSeed(seed)
	write := func(text string) {
		_, _ = d.WriteString(text)
		_, _ = d.WriteString("\x00") // which no text holds
	}
	write(s.Name)
	write(s.Host)
	write(s.Device)
	for _, tag := range s.Tags {
		write(tag)
	}
	var b [9]byte
	binary.LittleEndian.PutUint64(b[:], uint64(unix))
	b[8] = byte(s.Kind)
	_, _ = d.Write(b[:])
	return d.Sum64()
}

// Offset returns where the rounding of a point's weights starts, in [0, 1): the same
// for each attempt to send it, and evenly spread over points.
func Offset(s *transport.Series, unix int64) float64 {
	return float64(Hash(s, unix)>>11) / (1 << 53)
}
