package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// describeMachine says where figures come from: system, processor, Go, commit.
func describeMachine() []string {
	return []string{
		"system: " + output("uname", "-srm"),
		fmt.Sprintf("processor: %s, GOMAXPROCS %d", processor(), runtime.GOMAXPROCS(0)),
		"go: " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH,
		"commit: " + output("git", "describe", "--always", "--dirty"),
	}
}

// output runs a command and returns what it prints; "unknown" if it cannot.
func output(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// processor returns the model as Linux names it.
func processor() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(info)) {
		if key, model, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(model)
		}
	}
	return "unknown"
}
