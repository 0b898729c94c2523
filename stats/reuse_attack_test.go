package stats_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

// small is a receiver whose wire knows small letters only.
type small struct{ *receiver }

func (small) WireName(name string) string { return strings.ToLower(name) }
func (small) WireTag(tag string) string   { return strings.ToLower(tag) }

func (s small) Send(ctx context.Context, b *transport.Batch) error {
	for i := range b.Series {
		b.Series[i].Name = strings.ToLower(b.Series[i].Name)
	}
	return s.receiver.Send(ctx, b)
}

// Names that are one on the wire expire and come back in turns, and their ids go to and
// fro between them and others: each bucket arrives whole at a backend that keeps the
// last value, and once at one that adds up.
func TestIDsThatGoToAndFroConfuseNoBackend(t *testing.T) {
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 1))
		clock := &fixedClock{now: noon}
		all := []*receiver{newReceiver(false), newReceiver(true), newReceiver(false), newReceiver(true)}
		c, err := stats.New(quiet(stats.WithTransport(all[0]), stats.WithTransport(all[1]),
			stats.WithTransport(small{all[2]}), stats.WithTransport(small{all[3]}),
			stats.WithManualFlush(), stats.WithClock(clock), stats.WithIdleExpiry(10*time.Second),
			stats.WithLateWindow(20*time.Second), stats.WithMaxAge(time.Minute, time.Minute))...)
		require.NoError(t, err)
		exact, folded := map[string]float64{}, map[string]float64{}
		var handles [4]*stats.Counter
		for round := range 120 {
			for range rng.IntN(8) {
				name := string("aAbBcCdD"[rng.IntN(8)])
				at := clock.Now().Add(-1)
				switch rng.IntN(4) {
				case 0:
					at = at.Add(-time.Duration(rng.IntN(15)) * time.Second)
					c.At(at).Count(name, 1)
				case 1:
					c.NewCounter("unused." + name) // takes an id and is not submitted
					i := rng.IntN(len(handles))
					handles[i] = c.NewCounter(name)
					handles[i].Inc()
				default:
					c.Count(name, 1)
				}
				key := fmt.Sprintf("count %%s  @%d", at.Unix()-at.Unix()%10)
				exact[fmt.Sprintf(key, name)]++
				folded[fmt.Sprintf(key, strings.ToLower(name))]++
			}
			if rng.IntN(3) == 0 {
				handles[rng.IntN(len(handles))] = nil
			}
			require.NoError(t, c.Flush(t.Context())) // before the clock goes on, so that each is in its bucket
			clock.set(clock.Now().Add(time.Duration(rng.IntN(12)) * time.Second))
			if round%3 == 0 {
				runtime.GC() // lets ids go
			}
		}
		require.NoError(t, c.Close())
		for i, want := range []map[string]float64{exact, exact, folded, folded} {
			for key, h := range all[i].state {
				assert.Equal(t, want[key], h.value, "seed %d, receiver %d: %s", seed, i, key)
			}
			assert.Len(t, all[i].state, len(want))
		}
		assert.Empty(t, c.Ledger().Refused)
	}
}
