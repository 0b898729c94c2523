package shard_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/shardstats/shardstats/shard"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Processors that submit the same members make one set of them, and the next
// interval starts with none.
func TestASetIsTheUnionOfWhatAllSubmitConcurrentSafe(t *testing.T) {
	s := shard.New(testConfig())
	r := alloc(t, s, shard.ClassSet)
	for _, size := range []int{1, 20, 3000, 7, 100} {
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := range size {
					r.AddMember(strconv.Itoa((i + w*size/8) % size))
				}
			})
		}
		wg.Wait()
		v := newTotals()
		drain(s, v)
		require.Len(t, v.members[r.ID()], size)
		for member, times := range v.members[r.ID()] {
			require.Equal(t, 1, times, "member %q, with no drain under way", member)
		}
	}
	assert.Zero(t, s.Lost().SetFull)
}

// A member submitted in each round is in a drain of each round, though drains
// empty the slots it is looked for in.
func TestAMemberIsSeenAgainAfterEachDrainConcurrentSafe(t *testing.T) {
	s := shard.New(testConfig())
	r := alloc(t, s, shard.ClassSet)
	const submitters, rounds, members = 4, 300, 50
	for range rounds {
		var wg sync.WaitGroup
		var running atomic.Int32
		running.Store(submitters)
		for range submitters {
			wg.Go(func() {
				defer running.Add(-1)
				for i := range members {
					r.AddMember(strconv.Itoa(i))
				}
			})
		}
		v := newTotals()
		for running.Load() > 0 {
			s.Drain(1, v)
		}
		wg.Wait()
		s.Drain(1, v)
		require.Len(t, v.members[r.ID()], members)
	}
	v := newTotals()
	s.Drain(1, v)
	assert.Empty(t, v.visits, "something stayed behind")
	assert.Zero(t, s.Lost().SetFull)
}

func TestTheBoundOfASetHoldsWhateverIsInIt(t *testing.T) {
	for _, bound := range []int{1, 2, 32, 33, 1000} {
		cfg := testConfig()
		cfg.SetMembers = bound
		s := shard.New(cfg)
		r := alloc(t, s, shard.ClassSet)
		for range 3 {
			full := s.Lost().SetFull
			for i := range 2 * bound {
				r.AddMember(fmt.Sprint("member ", i))
				r.AddMember(fmt.Sprint("member ", i/3)) // one that is in, or was refused
			}
			v := newTotals()
			drain(s, v)
			assert.Len(t, v.members[r.ID()], bound)
			assert.GreaterOrEqual(t, s.Lost().SetFull-full, uint64(bound))
		}
	}
}

// The store keeps a copy: the caller's bytes may change right after the call.
func TestAMemberIsCopied(t *testing.T) {
	s := shard.New(testConfig())
	r, c := alloc(t, s, shard.ClassSet), alloc(t, s, shard.ClassSet)
	buffer := []byte("first")
	text := unsafe.String(&buffer[0], len(buffer))
	r.AddMember(text)
	c.Timed(shard.Timed{Member: text})
	copy(buffer, "other")
	v := newTotals()
	drain(s, v)
	assert.Equal(t, map[string]int{"first": 1}, v.members[r.ID()])
	require.Len(t, v.timed, 1)
	assert.Equal(t, "first", v.timed[0].Member)
}

func TestMembersMayBeEmptyOrLong(t *testing.T) {
	s := shard.New(testConfig())
	r := alloc(t, s, shard.ClassSet)
	long := strings.Repeat("x", 1<<20)
	r.AddMember("")
	r.AddMember(long)
	r.AddMember(long[1:])
	v := newTotals()
	drain(s, v)
	assert.Equal(t, map[string]int{"": 1, long: 1, long[1:]: 1}, v.members[r.ID()])
}
