package shard_test

import (
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/shardstats/shardstats/shard"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fullOps is how many submissions the largest conservation test makes. Set
// SHARDSTATS_OPS for a longer or a shorter one.
func fullOps(t *testing.T) int {
	if text := os.Getenv("SHARDSTATS_OPS"); text != "" {
		n, err := strconv.Atoi(text)
		require.NoError(t, err, "SHARDSTATS_OPS must be a number of operations")
		return n
	}
	return 5_000_000
}

// shape is one row of the table of conservation tests.
type shape struct {
	name       string
	submitters int
	procs      int // GOMAXPROCS at the start
	ops        int // at least
	swaps      int // at least
	shards     int
	storm      func(stop *atomic.Bool) // disturbs the run until stop
	perRound   func(i int)             // called between rounds of submissions
}

func TestNothingIsLostOrDoubledConcurrentSafe(t *testing.T) {
	full := fullOps(t)
	for _, c := range []shape{
		{name: "eight submitters, all processors", submitters: 8, procs: runtime.NumCPU(), ops: full, swaps: 10_000, shards: 4},
		{name: "one processor", submitters: 4, procs: 1, ops: full / 20, swaps: 500, shards: 4},
		{name: "many processors share one shard", submitters: 8, procs: 8, ops: full / 20, swaps: 500, shards: 1},
		{name: "more submitters than processors and shards", submitters: 64, procs: 4, ops: full / 20, swaps: 500, shards: 2},
		{name: "GOMAXPROCS goes 1, 8, 2", submitters: 8, procs: 1, ops: full / 10, swaps: 1000, shards: 4, storm: resizeProcessors},
		{name: "garbage collections", submitters: 8, procs: 4, ops: full / 20, swaps: 500, shards: 4, storm: collectGarbage},
		{name: "threads locked", submitters: 8, procs: 8, ops: full / 20, swaps: 500, shards: 4, perRound: lockThread},
		{name: "yielding all the time", submitters: 8, procs: 4, ops: full / 20, swaps: 500, shards: 4, perRound: func(int) { runtime.Gosched() }},
	} {
		t.Run(c.name, func(t *testing.T) { conserve(t, c) })
	}
}

func resizeProcessors(stop *atomic.Bool) {
	for i := 0; !stop.Load(); i++ {
		runtime.GOMAXPROCS([]int{1, 8, 2}[i%3])
		for range 200 {
			runtime.Gosched()
		}
	}
}

func collectGarbage(stop *atomic.Bool) {
	for !stop.Load() {
		runtime.GC()
	}
}

func lockThread(i int) {
	if i%64 != 0 {
		return
	}
	runtime.LockOSThread()
	runtime.Gosched()
	runtime.UnlockOSThread()
}

func conserve(t *testing.T, c shape) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(c.procs))
	cfg := testConfig()
	cfg.Shards = c.shards
	s := shard.New(cfg)
	rounds := c.ops/(c.submitters*roundOps) + 1
	l := newLedger(t, s, c.submitters, rounds)

	var stop atomic.Bool
	var storms, submitters sync.WaitGroup
	if c.storm != nil {
		storms.Go(func() { c.storm(&stop) })
	}
	var swaps atomic.Int64
	for w := range c.submitters {
		submitters.Go(func() {
			for i := range rounds {
				// as far through the rounds as the flusher is through the swaps
				for int64(i+1)*int64(c.swaps) > swaps.Load()*int64(rounds) {
					runtime.Gosched()
				}
				l.submit(w, i)
				if c.perRound != nil {
					c.perRound(i)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { submitters.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		s.Swap()
		s.Drain(1, l)
		swaps.Add(1)
	}
	stop.Store(true)
	storms.Wait()
	drain(s, l)
	l.check(t)
	assert.GreaterOrEqual(t, swaps.Load(), int64(c.swaps), "swaps while submitters ran")
	t.Logf("%d submissions, %d swaps, lost: %+v", c.submitters*rounds*roundOps, swaps.Load(), s.Lost())
}
