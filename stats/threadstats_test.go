package stats_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// settable is a clock that a test sets.
type settable struct{ unix atomic.Int64 }

func (s *settable) Now() time.Time { return time.Unix(s.unix.Load(), 0) }

// threadStats returns a client with the ThreadStats profile, whose backend keeps
// the last value of a series and time as Datadog does, and its clock.
func threadStats(t *testing.T, opts ...stats.Option) (*stats.Client, *memory.Transport, *settable) {
	t.Helper()
	m := memory.New(memory.WithTemporality(func(k transport.Kind) transport.Temporality {
		if k == transport.KindDistribution {
			return transport.Additive
		}
		return transport.Overwrite
	}))
	clock := new(settable)
	clock.unix.Store(1000)
	c, err := stats.New(quiet(append(opts, stats.WithTransport(m), stats.WithProfile(stats.ProfileThreadStats),
		stats.WithManualFlush(), stats.WithClock(clock))...)...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c, m, clock
}

// sentPoint returns the last point that was sent of a name and a time.
func sentPoint(m *memory.Transport, name string, unix int64) (last transport.Point, ok bool) {
	for _, s := range m.Series() {
		for _, p := range s.Points {
			if s.Name == name && p.Unix == unix && (!ok || p.Rev >= last.Rev) {
				last, ok = p, true
			}
		}
	}
	return last, ok
}

// What docs/THREADSTATS.md says of timestamps. The comparison with the payloads
// of the original is in the bench module.
func TestTimestampsOfTheThreadStatsProfile(t *testing.T) {
	t.Run("the epoch is a time, the zero time is none", func(t *testing.T) {
		c, m, _ := threadStats(t)
		c.At(time.Unix(0, 0)).Gauge("g", 1)
		c.At(time.Time{}).Gauge("g", 2)
		require.NoError(t, c.Flush(t.Context()))
		p, ok := sentPoint(m, "g", 0)
		assert.True(t, ok)
		assert.Equal(t, 1.0, p.Value)
		p, ok = sentPoint(m, "g", 990) // the one that ends at 1000, see below
		assert.True(t, ok)
		assert.Equal(t, 2.0, p.Value)
	})
	t.Run("before the epoch, and fractions", func(t *testing.T) {
		c, m, _ := threadStats(t)
		c.At(time.Unix(-3, 0)).Increment("c")
		c.At(time.Unix(99, 9e8)).Increment("c")
		require.NoError(t, c.Flush(t.Context()))
		for _, unix := range []int64{-10, 90} {
			p, ok := sentPoint(m, "c", unix)
			assert.True(t, ok)
			assert.Equal(t, 0.1, p.Value)
		}
	})
	t.Run("of any age", func(t *testing.T) {
		c, m, _ := threadStats(t)
		c.At(time.Unix(1e10, 0)).Increment("c")
		require.NoError(t, c.FlushAt(t.Context(), time.Unix(2000, 0)))
		assert.Empty(t, m.Series(), "it is due when its bucket has ended")
		require.NoError(t, c.Flush(t.Context()))
		_, ok := sentPoint(m, "c", 1e10)
		assert.True(t, ok)
	})
	t.Run("a bucket is due when it has ended", func(t *testing.T) {
		c, m, _ := threadStats(t)
		c.At(time.Unix(100, 0)).Increment("c")
		require.NoError(t, c.FlushAt(t.Context(), time.Unix(109, 99e7)))
		assert.Empty(t, m.Series())
		require.NoError(t, c.FlushAt(t.Context(), time.Unix(110, 0)))
		assert.Len(t, m.Series(), 1)
	})
	t.Run("by hand, what has no timestamp is of the flush that moves it", func(t *testing.T) {
		c, m, clock := threadStats(t)
		clock.unix.Store(1003)
		c.Increment("c")
		clock.unix.Store(1025)
		require.NoError(t, c.Flush(t.Context()))
		_, ok := sentPoint(m, "c", 1020)
		assert.True(t, ok)
	})
	t.Run("without a timestamp wins over with one", func(t *testing.T) {
		c, m, clock := threadStats(t)
		clock.unix.Store(1005)
		c.Gauge("g", 1)
		c.At(time.Unix(1005, 0)).Gauge("g", 2)
		require.NoError(t, c.Flush(t.Context()))
		p, _ := sentPoint(m, "g", 1000)
		assert.Equal(t, 1.0, p.Value)
	})
}

func TestLatePointsOfTheThreadStatsProfile(t *testing.T) {
	c, m, clock := threadStats(t)
	at := c.At(time.Unix(1001, 0))
	at.Count("c", 1)
	at.Distribution("d", 1)
	clock.unix.Store(1011)
	require.NoError(t, c.Flush(t.Context()))

	clock.unix.Store(1015) // within two flush intervals
	at.Count("c", 4)
	require.NoError(t, c.Flush(t.Context()))
	p, _ := sentPoint(m, "c", 1000)
	assert.Equal(t, 0.5, p.Value, "the whole of the bucket")

	clock.unix.Store(2000)
	require.NoError(t, c.Flush(t.Context())) // it is no longer kept
	at.Count("c", 2)
	at.Count("new", 2)
	at.Distribution("d", 2)
	require.NoError(t, c.Flush(t.Context()))
	p, _ = sentPoint(m, "c", 1000)
	assert.Equal(t, 0.5, p.Value, "a part in place of the whole")
	assert.EqualValues(t, 1, c.Ledger().Transports[0].Dropped[transport.ReasonLateUnmerged])
	p, _ = sentPoint(m, "new", 1000)
	assert.Equal(t, 0.2, p.Value, "a series that was not sent for this time")
	assert.Equal(t, 2.0, m.Observations("d"), "Datadog adds the values of distributions up")
}

// TestWhatTheDocsOfThreadStatsName holds docs/THREADSTATS.md to the code: each
// test and example that it names is there.
func TestWhatTheDocsOfThreadStatsName(t *testing.T) {
	doc, err := os.ReadFile("../docs/THREADSTATS.md")
	require.NoError(t, err)
	named := regexp.MustCompile("`((?:Test|Example|Fuzz)[A-Za-z0-9_]*)`").FindAllStringSubmatch(string(doc), -1)
	require.NotEmpty(t, named)
	var tests strings.Builder
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		tests.Write(text)
		return err
	}))
	for _, match := range named {
		assert.True(t, strings.Contains(tests.String(), "\nfunc "+match[1]+"("), "the docs name %s, which is not there", match[1])
	}
}
