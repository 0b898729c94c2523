package benchfmt

import (
	"runtime"

	"github.com/shardstats/shardstats/bench/machine"
)

// Machine returns the configuration that says where figures come from: what go test
// writes, and kernel, Go version and commit.
func Machine(pkg string) []Key {
	return []Key{
		{"goos", runtime.GOOS},
		{"goarch", runtime.GOARCH},
		{"pkg", pkg},
		{"cpu", machine.Processor()},
		{"kernel", machine.Kernel()},
		{"go", runtime.Version()},
		{"commit", machine.Commit()},
	}
}
