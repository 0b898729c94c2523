package peers

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNobodyLeavesBeforeAllHaveMetConcurrentSafe(t *testing.T) {
	for _, n := range []int{1, 2, 3} { // three may be more than there are processors
		for range 20 {
			m := &meeting{of: n}
			var came atomic.Int32
			var wg sync.WaitGroup
			for i := range n {
				wg.Go(func() {
					came.Add(1)
					m.attend(i)
					if m.verdict.Load()%2 == 1 { // they have met
						assert.EqualValues(t, n, came.Load())
					}
				})
			}
			wg.Wait()
		}
	}
}

func TestAMeetingToWhichNobodyComesIsOver(t *testing.T) {
	m := &meeting{of: 2}
	if runtime.GOMAXPROCS(0) < m.of {
		t.Skip("one processor: nobody waits")
	}
	m.attend(0) // returns
	assert.Zero(t, m.verdict.Load()%2)
	assert.True(t, m.over.Load())
}
