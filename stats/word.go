//go:build (amd64 || arm64) && !shardstats_portable

package stats

import "unsafe"

// Loads from a string without a bounds check for each byte. The twin is
// word_portable.go, under the build tag shardstats_portable; every test runs
// with both.
//
// Safe because the callers pass offsets with i+8 ≤ len(s) or i+4 ≤ len(s), and
// both architectures load from any address. The hash is private to the process,
// so byte order does not matter.

func load64(s string, i int) uint64 {
	return *(*uint64)(unsafe.Add(unsafe.Pointer(unsafe.StringData(s)), i))
}

func load32(s string, i int) uint64 {
	return uint64(*(*uint32)(unsafe.Add(unsafe.Pointer(unsafe.StringData(s)), i)))
}

// shape returns the eight bytes from Lens on, which are four fields.
//
// Safe because flush.Series has them at a multiple of eight, next to each other;
// a test compares the result with that of the twin.
func (s *series) shape() uint64 { return *(*uint64)(unsafe.Pointer(&s.Lens)) }
