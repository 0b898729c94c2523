package servers

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// versions has a line "name version" for each server; .ci/servers reads it too.
//
//go:embed versions.txt
var versions string

// program returns the path of a server's program, or ends the test.
func program(t testing.TB, server, name string) string {
	t.Helper()
	version, ok := versionOf(server)
	if !ok {
		t.Fatalf("servers: versions.txt has no %s", server)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatalf("servers: find the user's cache: %v", err)
	}
	path := filepath.Join(cache, "shardstats-servers", server+"-"+version, "bin", name)
	if _, err := os.Stat(path); err != nil {
		missing(t, server+" "+version)
	}
	return path
}

func versionOf(server string) (string, bool) {
	for line := range strings.Lines(versions) {
		if name, version, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name == server {
			return version, true
		}
	}
	return "", false
}

// missing ends the test: skipped for a developer, failed on a CI machine.
func missing(t testing.TB, what string) {
	t.Helper()
	name, _, _ := strings.Cut(what, " ")
	if os.Getenv("CI") == "true" {
		t.Fatalf("NOT RUN: %s is missing; .ci/servers %s gets it", what, name)
	}
	if file := os.Getenv("SHARDSTATS_SKIPPED"); file != "" {
		note(t, file, fmt.Sprintf("%s: %s is missing\n", t.Name(), what))
	}
	t.Skipf("NOT RUN: %s is missing; .ci/servers %s gets it", what, name)
}

// note appends a line to a file that several test processes may write to.
func note(t testing.TB, file, line string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		t.Fatalf("servers: SHARDSTATS_SKIPPED: %v", err)
	}
	defer f.Close()
	if _, err := f.WriteString(line); err != nil {
		t.Fatalf("servers: SHARDSTATS_SKIPPED: %v", err)
	}
}
