package memory

import (
	"os"
	"strconv"
	"strings"
)

// peakBytes returns the most memory this process has had in RAM, as Linux counts
// it; 0 elsewhere.
func peakBytes() int64 { return procKB("/proc/self/status", "VmHWM") }

// rssBytes returns the memory this process has in RAM now, as Linux counts it; 0
// elsewhere.
func rssBytes() int64 { return procKB("/proc/self/status", "VmRSS") }

// availableBytes returns what memory the machine has to give without swapping; 0 if
// it does not say.
func availableBytes() int64 { return procKB("/proc/meminfo", "MemAvailable") }

// procKB reads a line "key: n kB" of a file of the kernel, in bytes.
func procKB(path, key string) int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(line, ":"); ok && k == key {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(v), " kB"), 10, 64)
			if err != nil {
				return 0
			}
			return kb << 10
		}
	}
	return 0
}
