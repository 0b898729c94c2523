package shard

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// These tests do not ask the code which words a submission writes: they copy all
// memory that a store leads to, submit, and see what has changed. So a word that is
// added to a page, a row or the store is seen without being named here.

// submission is a kind of which each shard has cells of its own.
type submission struct {
	name  string
	class Class
	// first submits from a shard that may have no cells yet, which a goroutine with a
	// wrong hint gets for the processor it really is on.
	first func(r Ref, shard, n int)
	// usual is what a goroutine does whose hint is right.
	usual func(r Ref, n int)
	// grow is how often the first series are submitted to beforehand.
	grow int
}

var submissions = []submission{
	{"counters", ClassCounter, func(r Ref, shard, n int) { r.AddIn(uint(shard), 1) }, func(r Ref, n int) { r.Add(int64(n%7 + 1)) }, 2},
	{"histograms", ClassHistogram, func(r Ref, shard, n int) { r.ObserveIn(uint(shard), float64(n)) }, func(r Ref, n int) { r.Observe(float64(n)) }, 40},
	{"distributions", ClassDistribution, func(r Ref, shard, n int) { r.ObserveRawIn(uint(shard), float64(n)) }, nil, 40},
	{"timestamped counts", ClassCounter, func(r Ref, shard, n int) { OnShard(shard); timed(r, n) }, timed, 0},
	{"draws for sampling", ClassCounter, func(r Ref, shard, _ int) { OnShard(shard); r.row.store.Chance(0.5) }, func(r Ref, _ int) { r.row.store.Chance(0.5) }, 0},
}

func timed(r Ref, n int) { r.Timed(Timed{UnixSec: int64(n), N: 1, Value: 1}) }

// begin submits once to each series from each shard, and to the first few more often,
// so that their banks grow: past the first page of samples, and two past the second.
// Pages come from the pools, which are filled up again and again.
func (k *submission) begin(s *Store, refs []Ref) {
	many := func(refs []Ref, times int) {
		for _, r := range refs {
			for n := range times {
				for shard := range s.cfg.Shards {
					k.first(r, shard, n)
					RefillPools(s)
				}
			}
		}
	}
	many(refs[:2+16/s.cfg.Shards], k.grow)
	many(refs[:2], 4*k.grow)
	if k.grow > 0 {
		many(refs, 1)
	} else {
		many(refs[:1], 1) // of a log that all series share a page would be full
	}
}

// submit submits to each series from one shard, which is few enough that no bank and
// no log needs another page.
func (k *submission) submit(refs []Ref, shard int) {
	for i, r := range refs {
		OnShard(shard)
		if k.usual == nil {
			k.first(r, shard, i)
		} else {
			k.usual(r, i)
		}
	}
}

func TestNoSubmissionWritesALineOfAnotherShard(t *testing.T) {
	for _, shards := range []int{1, 2, 8, 64} {
		for _, k := range submissions {
			t.Run(fmt.Sprintf("%s in %d shards", k.name, shards), func(t *testing.T) {
				s := New(Config{
					Shards: shards, ReservoirSize: 200, DistributionValues: 4096,
					SetMembers: 100, TimedBytes: 16 << 20, Seed: 1, Wake: func() {},
				})
				var refs []Ref
				for range k.class.slots() * 3 / 2 { // two rows, the second one with free slots
					r, ok := s.Alloc(k.class)
					require.True(t, ok)
					refs = append(refs, r)
				}
				k.begin(s, refs)

				owner := map[uintptr]int{}
				before := copyOf(s) // without hints: OnShard writes them all
				for shard := range shards {
					k.submit(refs, shard)
					lines := written(before, lineBytes)
					require.NotEmpty(t, lines, "shard %d", shard)
					for line, what := range lines {
						if other, taken := owner[line]; taken {
							t.Fatalf("shards %d and %d both write the %d bytes at %#x, of a %s", other, shard, lineBytes, line*lineBytes, what)
						}
						owner[line] = shard
					}
				}
				runtime.KeepAlive(s)
			})
		}
	}
}

// With no page prepared, a submitter uses that of another shard rather than wait: the
// one case in which two share a line, and a proof that these tests would see it.
func TestWithAnEmptyPoolTwoShardsShareALine(t *testing.T) {
	s := New(Config{Shards: 2, ReservoirSize: 100, DistributionValues: 100, SetMembers: 100, TimedBytes: 1 << 20, Seed: 1, Wake: func() {}})
	OnShard(0)
	r, ok := s.Alloc(ClassCounter)
	require.True(t, ok)
	for s.pools.counters.take(0) != nil {
	}
	linesOf := func(shard int) map[uintptr]string {
		before := copyOf(s)
		r.AddIn(uint(shard), 1)
		return written(before, lineBytes)
	}
	assert.Equal(t, linesOf(0), linesOf(1), "the pool is empty")
	RefillPools(s)
	r.AddIn(1, 1) // takes the page
	own := linesOf(1)
	assert.Len(t, own, 1)
	assert.NotEqual(t, linesOf(0), own)
}

// Hints lie close together, since goroutines read them with each submission. They are
// written only when a goroutine is found on another processor than before.
func TestAHintThatIsRightIsNotWritten(t *testing.T) {
	s := New(Config{Shards: 8, ReservoirSize: 100, DistributionValues: 100, SetMembers: 100, TimedBytes: 1 << 20, Seed: 1, Wake: func() {}})
	counter, _ := s.Alloc(ClassCounter)
	histogram, _ := s.Alloc(ClassHistogram)
	before := runtime.GOMAXPROCS(1) // one processor, one answer
	defer runtime.GOMAXPROCS(before)
	if first := processor(); processor() != first {
		t.Fatal("two answers")
	}
	submit := func() {
		for range 4 * hintEvery {
			counter.Add(1)
			histogram.Observe(1)
		}
	}
	submit() // finds the hints as other tests have left them
	copied := copyOf(&hints)
	submit()
	assert.Empty(t, written(copied, lineBytes))
	OnShard(int(processor()) + 1)
	copied = copyOf(&hints)
	submit()
	assert.Len(t, written(copied, lineBytes), 1, "a hint that is wrong is put right")
}

// One place for all shards, by design: the last write needs one place to be last in.
// It is a line of 64 bytes that no other gauge is in.
func TestAGaugeHasALineOfItsOwn(t *testing.T) {
	s := New(Config{Shards: 4, ReservoirSize: 100, DistributionValues: 100, SetMembers: 100, TimedBytes: 1 << 20, Seed: 1, Wake: func() {}})
	owner := map[uintptr]int{}
	for i := range 40 {
		r, ok := s.Alloc(ClassGauge)
		require.True(t, ok)
		r.Set(1)
		before := copyOf(s)
		r.Set(2)
		lines := written(before, 64)
		assert.Len(t, lines, 1)
		for line := range lines {
			_, taken := owner[line]
			assert.False(t, taken, "gauges %d and %d", owner[line], i)
			owner[line] = i
		}
	}
	runtime.KeepAlive(s)
}

func TestAMemberThatIsThereWritesNothing(t *testing.T) {
	s := New(Config{Shards: 4, ReservoirSize: 100, DistributionValues: 100, SetMembers: 100, TimedBytes: 1 << 20, Seed: 1, Wake: func() {}})
	set, _ := s.Alloc(ClassSet)
	set.AddMember("a member")
	before := copyOf(s)
	set.AddMember("a member")
	assert.Empty(t, written(before, lineBytes))
}

// How many lines of 64 bytes one submission writes in the long run: docs/SCALING.md.
func TestASubmissionWritesOneLine(t *testing.T) {
	s := New(Config{Shards: 2, ReservoirSize: 32, DistributionValues: 4096, SetMembers: 100, TimedBytes: 1 << 20, Seed: 1, Wake: func() {}})
	for _, k := range submissions[:2] {
		r, ok := s.Alloc(k.class)
		require.True(t, ok)
		for n := range 1000 { // a full reservoir keeps few of many
			k.first(r, 1, n)
			RefillPools(s)
		}
		most, total := 0, 0
		for n := range 63 {
			OnShard(1)
			before := copyOf(s)
			k.usual(r, n)
			lines := written(before, 64)
			most, total = max(most, len(lines)), total+len(lines)
		}
		assert.GreaterOrEqual(t, total, 63, k.name)
		assert.LessOrEqual(t, total, 63+10, "%s: most of them write one", k.name)
		assert.LessOrEqual(t, most, 3, "%s: bank, page of samples, value", k.name)
	}
}
