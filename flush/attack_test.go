package flush

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Never two have the turn at once, whatever ends their waits and hurries them.
func TestGateTurnsConcurrentSafe(t *testing.T) {
	g := newGate()
	var inside atomic.Int32
	var wg sync.WaitGroup
	for _, points := range []bool{true, false} {
		wg.Go(func() {
			for i := range 3000 {
				ctx, cancel := context.WithCancel(context.Background())
				if i%3 == 0 {
					go cancel()
				}
				if g.enter(ctx, time.Duration(i%5)*50*time.Microsecond, points) == nil {
					c2, end := context.WithTimeout(ctx, 100*time.Microsecond)
					if !points {
						g.mayEnd(end)
					}
					assert.EqualValues(t, 1, inside.Add(1))
					if i%7 == 0 {
						<-c2.Done()
					}
					inside.Add(-1)
					end()
					g.leave()
				}
				cancel()
			}
		})
	}
	stop := make(chan struct{})
	var hw sync.WaitGroup
	hw.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				g.hurry()
			}
		}
	})
	wg.Wait()
	close(stop)
	hw.Wait()
	assert.Empty(t, g.turn)
	assert.False(t, g.waiting)
	assert.Nil(t, g.end)
}
