package scaling

import (
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	host "github.com/shardstats/shardstats/bench/machine" // machine is the simulated one
	"github.com/shardstats/shardstats/stats"
)

// herd is the counters of one client, and the way to touch them from every shard.
type herd struct {
	counters []*stats.Counter
	shards   int
}

func newHerd(client *stats.Client, series, shards int) *herd {
	h := &herd{counters: make([]*stats.Counter, series), shards: shards}
	for i := range h.counters {
		h.counters[i] = client.NewCounter("shop.checkout.requests", "route:/users/"+strconv.Itoa(i), "method:GET", "status:200")
	}
	return h
}

// touched returns how many counters touch reaches with a fraction of them.
func (h *herd) touched(fraction float64) int { return int(fraction * float64(len(h.counters))) }

// touch adds to a fraction of the counters, spread evenly over all, from every
// shard. It returns the share of the adds that were made in the shard they were
// meant for: the scheduler may move a goroutine in the middle of its turn.
func (h *herd) touch(fraction float64) (met float64) {
	n := h.touched(fraction)
	if n == 0 {
		return 1
	}
	before := runtime.GOMAXPROCS(h.shards) // a shard for each processor
	defer runtime.GOMAXPROCS(before)
	taken := make([]atomic.Bool, h.shards)
	var right, waiting atomic.Int64
	var wg sync.WaitGroup
	for range h.shards {
		wg.Go(func() {
			// As long as nobody gives way, each goroutine sits on a processor of
			// its own, for there are as many of them; then each takes its own.
			waiting.Add(1)
			for waiting.Load() < int64(h.shards) {
				yield()
			}
			mine := processor()
			for range 100 {
				if !taken[mine].Swap(true) {
					right.Add(int64(h.addFrom(mine, n)))
					return
				}
				runtime.Gosched() // somebody was here already: go elsewhere
				mine = processor()
			}
		})
	}
	wg.Wait()
	return float64(right.Load()) / float64(n*h.shards)
}

// checkEvery is after how many counters addFrom looks where it is.
const checkEvery = 64

// addFrom adds to n of the counters and returns how many adds were made on
// processor mine.
//
// A multiple of 64 makes a counter's cell ask for the processor after the add
// (shard/cpu.go), so the next add is made in the shard of the processor at hand.
func (h *herd) addFrom(mine, n int) (right int) {
	h.counters[0].Add(64)
	for i := range n {
		h.counters[i*len(h.counters)/n].Add(64 * int64(1+i*7%1000))
		if i%checkEvery == 0 && processor() == mine {
			right += min(checkEvery, n-i)
		}
	}
	return right
}

// fill gives every shard cells for every counter: what a long life does.
//
// A shard gets the cells of 64 counters when it first touches one of them, and finds
// them prepared by the flusher, 64 times at most before the flusher has its turn. So
// this gives way often, and goes over the counters until the heap says that the cells
// are there.
func (h *herd) fill() error {
	const passes, cellBytes = 200, 8
	want := int64(len(h.counters)) * int64(h.shards-1) * cellBytes // one shard has its own from the start
	want -= want/20 + 1<<20                                        // what else comes and goes meanwhile
	before := host.LiveHeap()
	got := int64(0)
	for range passes {
		h.pass()
		if got = host.LiveHeap() - before; got >= want {
			return nil
		}
	}
	return fmt.Errorf("scaling: %d counters in %d shards: %d bytes of cells after %d passes, want %d: give it more time, or fewer shards", len(h.counters), h.shards, got, passes, want)
}

// pass touches some counters of each row from each processor: each processor has its
// own place in the list, where whoever comes to run on it goes on.
func (h *herd) pass() {
	const step, rest = 16, 4 // counters, and adds between two rests
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(h.shards))
	places := make([]atomic.Int64, h.shards)
	var open atomic.Int64 // places not yet at the end
	open.Store(int64(h.shards))
	var wg sync.WaitGroup
	for range h.shards {
		wg.Go(func() {
			for idle := 0; open.Load() > 0 && idle < 1000; {
				idle++
				for range rest {
					at := places[processor()].Add(step) - step
					if at >= int64(len(h.counters)) {
						break
					}
					idle = 0
					h.counters[at].Add(64)
					if at+step >= int64(len(h.counters)) {
						open.Add(-1)
					}
				}
				runtime.Gosched() // the flusher may wait for this processor,
				yield()           // or its thread for this thread
			}
		})
	}
	wg.Wait()
}
