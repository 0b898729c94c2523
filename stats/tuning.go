package stats

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/valyala/fastjson"
)

// What a file of make tune looks like to a client. Everything else in it is for
// people.
const (
	tuningVersion  = 1
	maxTuningBytes = 4 << 20
)

// WithTuning takes shards, reservoir size and flush interval from a file that
// `make tune` has written, as far as its recommendation names them. WithShards,
// WithReservoirSize and WithFlushInterval win over it, wherever WithTuning stands
// among the options; of two WithTuning the last one counts. New reads the file
// once; one that is missing, larger than 4 MiB, of another version or with
// impossible values is an error of New.
//
// A number of shards found with another GOMAXPROCS than this process has says
// nothing about it: the shards then stay at their default, and the log says so.
// The other two settings do not depend on processors and are taken all the same.
func WithTuning(file string) Option {
	return option(func(c *config) { c.tuning, c.tuned = file, true })
}

// tuning is what a file recommends. 0: nothing.
type tuning struct {
	gomaxprocs    int // that it was measured with
	shards        int
	reservoirSize int
	interval      time.Duration
}

// applyTuning fills in what no option has set.
func (c *config) applyTuning() error {
	text, err := readTuning(c.tuning)
	if err != nil {
		return fmt.Errorf("stats: WithTuning(%q): %w", c.tuning, err)
	}
	t, err := parseTuning(text)
	if err != nil {
		return fmt.Errorf("stats: WithTuning(%q): %w", c.tuning, err)
	}
	procs := runtime.GOMAXPROCS(0)
	switch {
	case t.shards == 0 || c.shardsSet:
	case t.gomaxprocs == procs:
		c.shards = t.shards
	case c.logger != nil:
		c.logger.Warn("shardstats: the tuning is from another machine: the number of shards stays at its default; run make tune here",
			"file", c.tuning, "gomaxprocs", procs, "tuned for", t.gomaxprocs, "shards", c.shards)
	}
	if t.reservoirSize != 0 && !c.reservoirSet {
		c.reservoirSize = t.reservoirSize
	}
	if t.interval != 0 && !c.intervalSet {
		c.interval = t.interval
	}
	return nil
}

// readTuning returns what is in the file, unless it is too large. It does not
// open what is not a file: New would wait for the other end of a pipe.
func readTuning(path string) ([]byte, error) {
	if path == "" {
		return nil, errors.New("no file is named: give the path of what make tune wrote, or leave the option out")
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: write it with make tune, or leave the option out", err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("this is not a regular file: give the path of what make tune wrote")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxTuningBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxTuningBytes {
		return nil, fmt.Errorf("the file is larger than %d bytes, so make tune has not written it: run make tune again", maxTuningBytes)
	}
	return text, nil
}

// parseTuning reads and checks a file, all of it: also what an option overrides.
func parseTuning(text []byte) (tuning, error) {
	v, err := fastjson.ParseBytes(text)
	if err != nil || v.Type() != fastjson.TypeObject {
		return tuning{}, errors.New("the file is not a JSON object: run make tune again")
	}
	version := v.Get("tuning")
	if version == nil {
		return tuning{}, errors.New(`"tuning", the version of the file, is missing: run make tune again`)
	}
	if n, err := version.Int(); err != nil || n != tuningVersion {
		return tuning{}, fmt.Errorf("the file is of version %s, and this library reads %d: run the make tune of this version", shortJSON(version), tuningVersion)
	}
	var t tuning
	var errs []error
	whole := func(low, high int, path ...string) int {
		n, err := wholeNumber(v, low, high, path)
		errs = append(errs, err)
		return n
	}
	t.shards = whole(1, maxShards, "recommendation", "shards")
	t.reservoirSize = whole(1, maxReservoirSize, "recommendation", "reservoir_size")
	seconds := whole(1, int(maxFlushInterval/time.Second), "recommendation", "flush_interval_seconds")
	t.interval = time.Duration(seconds) * time.Second
	t.gomaxprocs = whole(1, 1<<20, "machine", "gomaxprocs")
	if t.shards != 0 && t.gomaxprocs == 0 {
		errs = append(errs, errors.New("machine.gomaxprocs is missing, without which recommendation.shards means nothing: run make tune again"))
	}
	return t, errors.Join(errs...)
}

// wholeNumber returns what stands at a path, 0 if nothing does.
func wholeNumber(v *fastjson.Value, low, high int, path []string) (int, error) {
	for i, key := range path {
		if v.Type() != fastjson.TypeObject {
			return 0, fmt.Errorf("%s is %s, not an object: run make tune again", dotted(path[:i]), v.Type())
		}
		if v = v.Get(key); v == nil || v.Type() == fastjson.TypeNull {
			return 0, nil
		}
	}
	n, err := v.Int()
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%s is %s: give a whole number from %d to %d, or leave it out", dotted(path), shortJSON(v), low, high)
	}
	return n, nil
}

func dotted(path []string) string { return strings.Join(path, ".") }

// shortJSON returns the beginning of a value, for an error.
func shortJSON(v *fastjson.Value) string {
	const most = 40
	text := string(v.MarshalTo(nil))
	if len(text) > most {
		text = text[:most] + "…"
	}
	return text
}
