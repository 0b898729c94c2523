package datadog

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// Compression says how bodies are compressed.
type Compression uint8

const (
	Zlib Compression = iota // RFC 1950, Content-Encoding: deflate
	None
	Gzip // for series of V1 and V2; distributions then go with Zlib
	Zstd // for V2 and V3
)

const compressions = Zstd + 1

// String returns the name of the compression.
func (c Compression) String() string {
	switch c {
	case Zlib:
		return "zlib"
	case None:
		return "none"
	case Gzip:
		return "gzip"
	case Zstd:
		return "zstd"
	}
	return fmt.Sprintf("compression %d", uint8(c))
}

// compressor is what the three packages have in common. What Flush wrote can be
// read without what comes after it.
type compressor interface {
	io.Writer
	Flush() error
	Close() error
	Reset(w io.Writer)
}

// zstdWindowBytes is how far back zstd looks for repetitions: more than the largest
// body of a series endpoint has is not worth its memory.
const zstdWindowBytes = 1 << 20

// deflateLevel is that of zlib and gzip: see docs/adr/0014-what-a-flush-costs.md.
const deflateLevel = 3

// newCompressor returns nil for None. None of them starts a goroutine.
func newCompressor(c Compression, w io.Writer) compressor {
	switch c {
	case Zlib:
		z, err := zlib.NewWriterLevel(w, deflateLevel)
		if err != nil {
			panic("datadog: impossible level for zlib: " + err.Error())
		}
		return z
	case Gzip:
		z, err := gzip.NewWriterLevel(w, deflateLevel)
		if err != nil {
			panic("datadog: impossible level for gzip: " + err.Error())
		}
		return z
	case Zstd:
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(zstdWindowBytes), zstd.WithLowerEncoderMem(true))
		if err != nil {
			panic("datadog: impossible options for zstd: " + err.Error())
		}
		return z
	}
	return nil
}

// worst bounds what a compressor makes of n bytes. Zlib and gzip store what does
// not get smaller, or write 9 bits for a byte where they cannot store, in blocks of
// at least 16 KiB but for the last, each with a few bytes of its own; zstd does
// better. 64 are for headers, checksums and what a flush writes.
func worst(n int) int { return n + n/8 + 5*(n/(16<<10)) + 64 }
