// Package machine says where figures come from, for the head of each report.
package machine

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// Describe returns lines "key: value": system, processor, Go, commit. What cannot be
// found out is "unknown".
func Describe() []string {
	return []string{
		"system: " + output("uname", "-srm"),
		fmt.Sprintf("processor: %s, GOMAXPROCS %d", Processor(), runtime.GOMAXPROCS(0)),
		"go: " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH,
		"commit: " + Commit(),
	}
}

// Processor returns the model as Linux names it.
func Processor() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return unknown
	}
	return model(string(info))
}

// model returns the processor that a /proc/cpuinfo is about.
func model(info string) string {
	for line := range strings.Lines(info) {
		key, model, ok := strings.Cut(line, ":")
		if model = strings.TrimSpace(model); ok && strings.TrimSpace(key) == "model name" && model != "" {
			return model
		}
	}
	return unknown
}

// Kernel returns the version of the running kernel.
func Kernel() string { return output("uname", "-r") }

// Commit returns what is checked out in the working directory, with "-dirty" if the
// code is not what was committed. Results that were just written do not count: each
// command would see those of the one before.
func Commit() string {
	commit := output("git", "describe", "--always")
	if commit != unknown && output("git", "status", "--porcelain", "--untracked-files=no", "--", ":(top,glob)**/*.go", ":(top,glob)**/go.mod") != unknown {
		commit += "-dirty"
	}
	return commit
}

// unknown is what is not known, or nothing.
const unknown = "unknown"

// output runs a command and returns what it prints.
func output(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	if text := strings.TrimSpace(string(out)); err == nil && text != "" {
		return text
	}
	return unknown
}

// LiveHeap returns the bytes in use on the heap after a collection.
func LiveHeap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
