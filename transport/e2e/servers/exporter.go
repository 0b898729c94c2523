package servers

import (
	"os"
	"path/filepath"
	"testing"
)

// Exporter is a statsd_exporter, which reads statsd and DogStatsD lines.
type Exporter struct {
	*Process
	URL      string // http://host:port
	Addr     string // host:port, UDP and TCP
	Unixgram string // path of a datagram socket
}

// StatsdExporter starts one without a mapping: names get their invalid runes
// replaced by _, timings and histograms become summaries.
func StatsdExporter(t testing.TB, args ...string) *Exporter {
	t.Helper()
	web := address(t)
	e := &Exporter{URL: "http://" + web, Addr: address(t), Unixgram: filepath.Join(socketDir(t), "s")}
	e.Process = launch(t, "statsd_exporter", program(t, "statsd_exporter", "statsd_exporter"),
		answers(e.URL+"/metrics"), append([]string{
			"--web.listen-address=" + web, "--statsd.listen-udp=" + e.Addr, "--statsd.listen-tcp=" + e.Addr,
			"--statsd.listen-unixgram=" + e.Unixgram, "--statsd.event-flush-interval=10ms"}, args...)...)
	return e
}

// Metrics returns the page: name{labels}, as written, to value.
func (e *Exporter) Metrics() map[string]float64 { return exposition(e.t, e.URL+"/metrics") }

// Start removes the socket that a killed one left behind, and starts it.
func (e *Exporter) Start() {
	e.t.Helper()
	_ = os.Remove(e.Unixgram)
	e.Process.Start()
}

// socketDir is a folder with a short path: a socket's has 107 bytes at most, and
// the names of tests are long.
func socketDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sock")
	if err != nil {
		t.Fatalf("servers: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
