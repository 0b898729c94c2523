//go:build !race

package shard_test

import (
	"math"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"

	"github.com/shardstats/shardstats/shard"
	"github.com/stretchr/testify/assert"
)

const cleanGenerations = 100_000

// mallocs returns how often f allocates, all in all: an average, as
// testing.AllocsPerRun gives it, would round one page in many runs to zero.
func mallocs(f func()) uint64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs
}

func times(n int, f func()) func() {
	return func() {
		for range n {
			f()
		}
	}
}

// Guarantee G1: a submission allocates nothing. The exceptions it names have tests
// of their own below.
func TestSubmissionsAllocateNothing(t *testing.T) {
	s := shard.New(testConfig())
	c, g := alloc(t, s, shard.ClassCounter), alloc(t, s, shard.ClassGauge)
	h, d := alloc(t, s, shard.ClassHistogram), alloc(t, s, shard.ClassDistribution)
	m := alloc(t, s, shard.ClassSet)
	m.AddMember("there")
	c.AddFloat(1) // the row's page for large and float deltas
	several := []float64{1, 2, 3}
	x := 0.0
	for name, submit := range map[string]func(){
		"Add":               func() { c.Add(1) },
		"Add, large":        func() { c.Add(math.MaxInt32) },
		"AddFloat":          func() { c.AddFloat(0.5) },
		"Set":               func() { x++; g.Set(x) },
		"GaugeAdd":          func() { g.GaugeAdd(1) },
		"Observe":           func() { h.Observe(1) },
		"ObserveN":          func() { h.ObserveN(several) },
		"ObserveRaw":        func() { d.ObserveRaw(1) },
		"ObserveRawN":       func() { d.ObserveRawN(several) },
		"AddMember, there":  func() { m.AddMember("there") },
		"not finite":        func() { h.Observe(math.NaN()) },
		"Timed, in a page":  func() { c.Timed(shard.Timed{N: 1}) },
		"away from its CPU": func() { h.ObserveIn(3, 1) },
	} {
		m.AddMember("there")
		mallocs(times(1, submit)) // the first page of the log, or of a shard: from the same stack depth, which picks it
		assert.Zero(t, mallocs(times(200, submit)), name)
		s.Swap()
		s.Drain(1, new(tally))
	}
}

// A new member costs its copy.
func TestANewMemberIsCopiedAndNoMore(t *testing.T) {
	s := shard.New(testConfig())
	m := alloc(t, s, shard.ClassSet)
	names := make([]string, 1000)
	for i := range names {
		names[i] = "member " + strconv.Itoa(i)
		m.AddMember(names[i])
	}
	s.Drain(1, new(tally)) // the tables are there now
	i := 0
	assert.LessOrEqual(t, mallocs(times(1000, func() { m.AddMember(names[i]); i++ })), uint64(2000))
}

// The first touch of a series by a second processor takes its pages from the pool.
func TestTheFirstTouchByAnotherProcessorAllocatesNothing(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 64
	s := shard.New(cfg)
	c, h := alloc(t, s, shard.ClassCounter), alloc(t, s, shard.ClassHistogram)
	d := alloc(t, s, shard.ClassDistribution)
	c.AddFloat(1)
	for name, touch := range map[string]func(shard uint){
		"counter":      func(i uint) { c.AddIn(i, 1) },
		"histogram":    func(i uint) { h.ObserveIn(i, 1) },
		"distribution": func(i uint) { d.ObserveRawIn(i, 1) },
	} {
		i := uint(0)
		assert.Zero(t, mallocs(times(4, func() { touch(i); i++ })), name)
		s.Swap()
		s.Drain(1, new(tally))
	}
}

// A reservoir grows into pages from the pool.
func TestAGrowingReservoirAllocatesNothing(t *testing.T) {
	s := reservoirStore(1000)
	h := alloc(t, s, shard.ClassHistogram)
	assert.Zero(t, mallocs(func() {
		for i := range 5000 {
			h.Observe(float64(i))
		}
	}))
	assert.Zero(t, s.Lost().Starved)
}

// A drain allocates nothing once the series are what they were the last time.
func TestADrainInTheSteadyStateAllocatesNothing(t *testing.T) {
	s := shard.New(testConfig())
	var refs []shard.Ref
	classes := allClasses[:4] // members are copied
	for range 100 {
		for _, class := range classes {
			refs = append(refs, alloc(t, s, class))
		}
	}
	v := new(tally)
	round := func() {
		for i, r := range refs {
			submitOnce(r, classes[i%len(classes)])
		}
		s.Swap()
		s.Drain(1, v)
		s.DrainTimed(1, v)
	}
	mallocs(times(20, round)) // in the shard that the measurement will be in
	assert.Zero(t, mallocs(times(100, round)))
}
