package encode

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/shardstats/shardstats/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A figure is worth something only if each encoder handed over all series: what ours
// and the peers' come to must be alike in size, and must grow with the series.
func TestEncodersHandOverAllSeries(t *testing.T) {
	for _, c := range Cases() {
		t.Run(c.Wire+"/"+c.Kind.String(), func(t *testing.T) {
			series := Series(c.Kind, c.Series, c.Samples)
			for _, s := range c.Subjects {
				full, tenth := size(t, s, series), size(t, s, series[:len(series)/10])
				if compressed(c.Wire) {
					assert.Greater(t, full, 2*tenth, s.Name)
					continue
				}
				assert.InEpsilon(t, 10, full/tenth, 0.35, "%s: %v bytes of all series, %v of a tenth", s.Name, full, tenth)
				assert.Greater(t, full/float64(c.Series), 5.0, s.Name)
			}
		})
	}
}

func compressed(wire string) bool {
	return strings.HasSuffix(wire, "zlib") || strings.HasSuffix(wire, "gzip") || strings.HasSuffix(wire, "zstd")
}

// size returns what encoding series comes to, which must not differ from time to
// time by more than a datagram.
func size(t *testing.T, s Subject, series []transport.Series) float64 {
	t.Helper()
	e, err := s.New(series)
	require.NoError(t, err, s.Name)
	defer func() { assert.NoError(t, e.Close(), s.Name) }()
	for range 2 {
		require.NoError(t, e.Encode(), s.Name)
	}
	n, err := e.Bytes()
	require.NoError(t, err, s.Name)
	again, err := e.Bytes()
	require.NoError(t, err, s.Name)
	assert.InDelta(t, n, again, 1500, s.Name)
	return float64(n)
}

func TestSeriesAreDistinctAndWhole(t *testing.T) {
	for _, kind := range []transport.Kind{transport.KindCount, transport.KindHistogram, transport.KindDistribution} {
		seen := map[string]bool{}
		for _, s := range Series(kind, 1000, 100) {
			seen[s.Name+s.Tags[1]] = true
			p := s.Points[0]
			if kind == transport.KindCount {
				assert.Positive(t, p.Value)
				continue
			}
			assert.Len(t, p.Summary.Samples, 100)
			assert.Equal(t, 100.0, p.Summary.Count)
			assert.True(t, slices.IsSortedFunc(p.Summary.Samples, func(a, b transport.Sample) int {
				return int(1000*a.Value) - int(1000*b.Value)
			}))
		}
		assert.Len(t, seen, 1000, kind)
	}
}

func fake(name string, allocs int, fail error) Subject {
	return Subject{Name: name, New: func(series []transport.Series) (*Encoder, error) {
		in := new(intake)
		return encoder(in, func() error {
			for range series {
				for range allocs {
					kept = append(kept[:0:0], 1)
				}
			}
			in.take(make([]byte, 7*len(series)))
			return fail
		}, nothing), nil
	}}
}

var kept []byte

func TestMeasureTellsSeriesFromRequests(t *testing.T) {
	c := counters("test", 1e9, fake("ours", 0, nil), fake("peer", 3, nil))
	r, err := Measure(c, Plan{Rounds: 4})
	require.NoError(t, err)
	require.Len(t, r.Costs, 2)
	assert.Zero(t, r.Costs[0].Allocs, "one for the batch is not one for the series")
	assert.InDelta(t, 3, r.Costs[1].Allocs, 0.01)
	assert.Equal(t, 7.0, r.Costs[0].Bytes)
	assert.Len(t, r.Costs[1].NS, 4)
	assert.True(t, r.Met())

	r.Case.GoalNS = 1e-9
	assert.False(t, r.Met())
	r.Case.GoalNS, r.Costs[0].Allocs = 1e9, 1
	assert.False(t, r.Met(), "an allocation misses the goal")
	r.Case.GoalNS = 0
	assert.True(t, r.Met(), "there is none")

	boom := errors.New("boom")
	_, err = Measure(counters("test", 0, fake("ours", 0, nil), fake("peer", 0, boom)), Plan{Rounds: 1})
	assert.ErrorIs(t, err, boom)
	assert.ErrorContains(t, err, "peer of test")
}

func BenchmarkEncode(b *testing.B) {
	for _, c := range Cases() {
		for _, s := range c.Subjects {
			b.Run("wire="+c.Wire+"/kind="+c.Kind.String()+"/by="+s.Name, func(b *testing.B) {
				e, err := s.New(Series(c.Kind, c.Series, c.Samples))
				require.NoError(b, err)
				defer e.Close()
				b.ReportAllocs()
				for b.Loop() {
					require.NoError(b, e.Encode())
				}
				b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(c.Series), "ns/series")
			})
		}
	}
}
