package memory

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"

	"github.com/shardstats/shardstats/bench/child"
	"github.com/shardstats/shardstats/bench/machine"
	"github.com/shardstats/shardstats/bench/peers"
)

// intervals is how many are submitted and flushed before the state counts as
// steady: buckets are kept for two, and pools shrink and grow for some.
const intervals = 6

// Measure runs one case in this process. What else the process has on its heap
// must not change meanwhile.
func Measure(c Case, libraries []peers.Library) (cost Cost, err error) {
	if err := c.check(); err != nil {
		return Cost{}, err
	}
	if c.Profile != "" {
		runtime.MemProfileRate = 512 // the profile itself is not on the heap
	}
	all := makeSeries(c.Series, c.LongTags)
	before := heap()
	t, err := newTarget(c, libraries)
	if err != nil {
		return Cost{}, err
	}
	defer func() { err = errors.Join(err, t.session.Close()) }()
	empty := heap() - before // the library without a series
	cost = Cost{Case: c}
	if err := t.prepare(c.Kind, all); errors.Is(err, errNone) {
		cost.Skipped = err.Error()
		return cost, nil
	}
	before = heap()
	perSeries := func() float64 { return (heap() - before + empty) / float64(c.Series) }

	for i := range intervals + 1 {
		t.submit(c, i)
		switch i {
		case 0:
			cost.First = perSeries()
		case intervals:
			cost.Full = perSeries()
			if err := writeProfile(c.Profile); err != nil {
				return Cost{}, err
			}
		}
		if err := t.flush(); err != nil {
			return Cost{}, fmt.Errorf("memory: %s: flush %d: %w", c, i, err)
		}
	}
	cost.Flushed = perSeries()
	runtime.KeepAlive(all) // the caller's, to the end
	runtime.KeepAlive(t)
	cost.PeakBytes = peakBytes()
	return cost, nil
}

// writeProfile writes what is on the heap now, by who allocated it.
func writeProfile(path string) error {
	if path == "" {
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("memory: profile: %w", err)
	}
	return errors.Join(pprof.Lookup("heap").WriteTo(f, 0), f.Close())
}

// heap returns the bytes of all live objects. What a pool or a weak pointer holds
// goes with the second or third collection.
func heap() float64 {
	for range 3 {
		runtime.GC()
	}
	return float64(machine.LiveHeap())
}

const childName = "memory"

// ChildMain ends a process that [InChild] or [Run] started, after it has measured its
// case. Every program that calls them calls it first of all, with the same libraries,
// before flags are read. In any other process it does nothing.
func ChildMain(libraries []peers.Library) {
	child.Serve(childName, func(c Case) (Cost, error) { return Measure(c, libraries) })
}

// InChild measures a case in a process of its own, which ends with ctx.
func InChild(ctx context.Context, c Case) (cost Cost, err error) {
	p, err := child.Start(ctx, childName)
	if err != nil {
		return Cost{}, err
	}
	cost, err = child.Ask[Cost](p, c)
	if err := errors.Join(err, p.Close()); err != nil {
		return Cost{}, fmt.Errorf("%s: %w", c, errors.Join(context.Cause(ctx), err))
	}
	cost.Seconds = p.CPU().Seconds()
	return cost, nil
}
