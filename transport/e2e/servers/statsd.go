package servers

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

//go:embed statsd_backend.js
var statsdBackend []byte

// StatsdServer is the original statsd (Node.js).
type StatsdServer struct {
	*Process
	UDP, TCP string // host:port of each
	Admin    string // host:port of its admin port
	record   string // what the backend wrote
}

// StatsdConfig changes what a [StatsdServer] is started with.
type StatsdConfig struct {
	// FlushInterval is how often it computes, hands on and clears what it has.
	// Default: 1 min, so that its admin port shows all that a test sent. It is a
	// last time at SIGTERM.
	FlushInterval time.Duration
	// Settings are further entries of its configuration.
	Settings map[string]any
}

// StatsdFlush is what it had at a flush: counters, timers and sets of the interval
// (those it has seen before stay, empty), and all gauges.
type StatsdFlush struct {
	Counters map[string]float64   `json:"counters"`
	Gauges   map[string]float64   `json:"gauges"`
	Timers   map[string][]float64 `json:"timers"`         // the values, in ascending order
	Timed    map[string]float64   `json:"timer_counters"` // how many those stand for
	Sets     map[string][]string  `json:"sets"`           // the members
}

// Statsd starts one that listens on UDP and TCP.
func Statsd(t testing.TB, config ...StatsdConfig) *StatsdServer {
	t.Helper()
	path := program(t, "statsd", "statsd")
	dir := t.TempDir()
	s := &StatsdServer{UDP: address(t), TCP: address(t), Admin: address(t), record: filepath.Join(dir, "record.jsonl")}
	backend := filepath.Join(dir, "record.js")
	// No socket_mod: statsd 0.9 calls chmod without its callback and dies.
	settings := map[string]any{
		"servers": []any{
			map[string]any{"server": "./servers/udp", "address": "127.0.0.1", "port": portOf(s.UDP)},
			map[string]any{"server": "./servers/tcp", "address": "127.0.0.1", "port": portOf(s.TCP)},
		},
		"mgmt_address": "127.0.0.1", "mgmt_port": portOf(s.Admin),
		"backends": []string{backend}, "record": s.record, "flushInterval": 60_000,
	}
	for _, c := range config {
		if c.FlushInterval > 0 {
			settings["flushInterval"] = c.FlushInterval.Milliseconds()
		}
		maps.Copy(settings, c.Settings)
	}
	text, err := json.Marshal(settings)
	if err != nil {
		t.Fatalf("servers: configuration of statsd: %v", err)
	}
	for file, content := range map[string][]byte{backend: statsdBackend, filepath.Join(dir, "config.js"): text, s.record: nil} {
		if err := os.WriteFile(file, content, 0o644); err != nil {
			t.Fatalf("servers: %v", err)
		}
	}
	s.Process = launch(t, "statsd", path, s.up, filepath.Join(dir, "config.js"))
	return s
}

func portOf(addr string) int {
	_, port, _ := net.SplitHostPort(addr)
	n, _ := strconv.Atoi(port)
	return n
}

// up reports whether it listens everywhere; UDP is bound some time after the others.
func (s *StatsdServer) up(ctx context.Context) error {
	answer, err := s.ask(ctx, "health", "\n")
	if err != nil {
		return err
	}
	if answer != "health: up\n" {
		return fmt.Errorf("it is not up: %q", answer)
	}
	tcp, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.TCP)
	if err != nil {
		return err
	}
	tcp.Close()
	if udp, err := net.ListenPacket("udp", s.UDP); err == nil {
		udp.Close()
		return fmt.Errorf("nobody listens on UDP %s", s.UDP)
	}
	return nil
}

// Lines returns the lines that it got since the first start, over all kills, in
// the order it got them, without line ends. Packets of UDP count like those of TCP.
// Empty lines are left out, as statsd does.
// A packet that it had read and not handled when it was killed is left out.
func (s *StatsdServer) Lines() []string {
	s.t.Helper()
	var lines []string
	s.eachRecord(func(packet *string, _ *StatsdFlush) {
		if packet == nil {
			return
		}
		for line := range strings.Lines(*packet) {
			if line = strings.TrimSuffix(line, "\n"); line != "" {
				lines = append(lines, line)
			}
		}
	})
	return lines
}

// Flushes returns what it had at each flush since the first start. The sum of a
// counter over all of them is what it counted, but for intervals that a SIGKILL
// ended.
func (s *StatsdServer) Flushes() []StatsdFlush {
	s.t.Helper()
	var all []StatsdFlush
	s.eachRecord(func(_ *string, flush *StatsdFlush) {
		if flush != nil {
			all = append(all, *flush)
		}
	})
	return all
}

// eachRecord reads what the backend wrote. A SIGKILL may have cut the last record
// of a start: statsd had not handled that packet. The last one of all may still be
// on its way into the file.
func (s *StatsdServer) eachRecord(f func(packet *string, flush *StatsdFlush)) {
	s.t.Helper()
	content, err := os.ReadFile(s.record)
	if err != nil {
		s.t.Errorf("servers: record of statsd: %v", err)
		return
	}
	lines := bytes.Split(content, []byte("\n"))
	for i, line := range lines {
		if len(line) == 0 {
			continue
		}
		var r struct {
			Packet *string      `json:"packet"`
			Flush  *StatsdFlush `json:"flush"`
		}
		if err := json.Unmarshal(line, &r); err == nil {
			f(r.Packet, r.Flush)
		} else if i+1 < len(lines) && len(lines[i+1]) > 0 {
			s.t.Errorf("servers: record of statsd: %v in %s", err, tail(string(line)))
			return
		}
	}
}
