package tune

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/shardstats/shardstats/bench/replay"
	"github.com/shardstats/shardstats/stats"
)

// maxLogLines is how many submissions of a log are kept: about 200 MB of memory.
const maxLogLines = 1_000_000

// call is one submission of a log.
type call struct {
	op     string
	name   string
	tags   []string
	host   *string
	rate   float64 // 0: not sampled
	timed  bool
	value  float64
	member string
}

// logLoad is a load read from a log.
type logLoad struct {
	calls    []call
	first    []call       // one for each series
	keepsAny bool         // a histogram or a timing is among them
	waiting  bool         // a call waits in memory for a flush
	now      atomic.Int64 // in nanoseconds since the epoch
	each     int          // goroutines begin this far apart
	// leftOut counts lines that are no submission to a series: flushes, events and
	// service checks.
	leftOut int
}

// openLog reads the log at path.
func openLog(path string, goroutines int) (*logLoad, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("tune: %w", err)
	}
	defer f.Close()
	l, err := readLog(f, goroutines)
	if err != nil {
		return nil, fmt.Errorf("tune: %s: %w", path, err)
	}
	return l, nil
}

func readLog(r io.Reader, goroutines int) (*logLoad, error) {
	l := new(logLoad)
	l.present(time.Now())
	known := map[string]bool{}
	for op, err := range replay.ReadLog(r) {
		if err != nil {
			return nil, err
		}
		c, ok := newCall(&op)
		if !ok {
			l.leftOut++
			continue
		}
		if len(l.calls) == maxLogLines {
			return nil, fmt.Errorf("more than %d submissions, which are kept in memory: give the first so many lines", maxLogLines)
		}
		l.calls = append(l.calls, c)
		if key := c.key(); !known[key] {
			known[key] = true
			l.first = append(l.first, c)
		}
		l.waiting = l.waiting || c.timed || c.sampled() || c.op == "rate"
		l.keepsAny = l.keepsAny || c.op == "histogram" || c.op == "timing"
	}
	if len(l.calls) == 0 {
		return nil, errors.New("no submission is in it")
	}
	l.each = max(1, len(l.calls)/goroutines)
	return l, nil
}

// newCall returns a submission; false for what is none. A timestamp becomes the
// present, since one of the past would be refused for its age.
func newCall(op *replay.Op) (call, bool) {
	c := call{op: op.Op, name: op.MetricName, tags: op.Tags, host: op.Host, timed: op.Timestamp != nil && *op.Timestamp != 0, value: 1}
	if op.SampleRate != nil {
		c.rate = *op.SampleRate
	}
	switch op.Op {
	case "set":
		c.member = string(op.Value) + string(op.Member)
		return c, true
	case "increment", "decrement", "gauge", "histogram", "timing", "distribution", "rate":
		if v, err := strconv.ParseFloat(string(op.Value), 64); err == nil {
			c.value = v
		}
		return c, true
	}
	return call{}, false
}

// key tells series apart, as far as a log can.
func (c *call) key() string {
	key := c.op + "\x00" + c.name + "\x00" + strings.Join(c.tags, "\x00")
	if c.host != nil {
		key += "\x00\x00" + *c.host
	}
	return key
}

func (l *logLoad) series() int { return len(l.first) }

func (l *logLoad) samples() bool { return l.keepsAny }

func (l *logLoad) present(now time.Time) { l.now.Store(now.UnixNano()) }

func (l *logLoad) piles() bool { return l.waiting }

func (l *logLoad) touch(c *stats.Client) {
	now := time.Unix(0, l.now.Load())
	for i := range l.first {
		l.first[i].submit(c, now)
	}
}

func (l *logLoad) open(c *stats.Client, goroutine int) submitter {
	return &logPlayer{c: c, log: l, at: goroutine * l.each % len(l.calls)}
}

// logPlayer submits a log from some line on, again and again.
type logPlayer struct {
	c   *stats.Client
	log *logLoad
	at  int
}

func (p *logPlayer) bytes() int { return 0 }

func (p *logPlayer) submit(n int) {
	now := time.Unix(0, p.log.now.Load())
	for range n {
		p.log.calls[p.at].submit(p.c, now)
		if p.at++; p.at == len(p.log.calls) {
			p.at = 0
		}
	}
}

// sampled reports whether the call carries a rate that its operation takes.
func (c *call) sampled() bool {
	return c.rate > 0 && c.rate < 1 && c.op != "gauge" && c.op != "set" && c.op != "rate"
}

// submit does what the line says, with what it carries.
func (c *call) submit(client *stats.Client, now time.Time) {
	var at time.Time // untimed
	if c.timed {
		at = now
	}
	if c.op == "rate" { // which takes the time between two samples: there has to be some
		at = time.Time{}
	}
	with := client.At(at)
	if c.host != nil {
		with = with.OnHost(*c.host)
	}
	if c.sampled() {
		with = with.Sampled(c.rate)
	}
	switch c.op {
	case "increment":
		with.CountFloat(c.name, c.value, c.tags...)
	case "decrement":
		with.CountFloat(c.name, -c.value, c.tags...)
	case "gauge":
		with.Gauge(c.name, c.value, c.tags...)
	case "histogram":
		with.Histogram(c.name, c.value, c.tags...)
	case "timing":
		with.Timing(c.name, time.Duration(c.value*float64(time.Millisecond)), c.tags...)
	case "distribution":
		with.Distribution(c.name, c.value, c.tags...)
	case "set":
		with.Set(c.name, c.member, c.tags...)
	case "rate":
		with.Rate(c.name, c.value, c.tags...)
	}
}
