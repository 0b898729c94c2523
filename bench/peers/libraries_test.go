package peers

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// page is a writer for several goroutines.
type page struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *page) bytes() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.out.Bytes())
}

// way is one way of submitting to a session.
type way struct {
	name   string // of the metric
	text   string // for people
	series int
	submit func(*Session, Over) Submit // nil if the library has none
}

func ways() (all []way) {
	bound := []struct {
		name, text string
		of         func(*Session) func(Over) Submit
	}{
		{counterName, "bound counter", func(s *Session) func(Over) Submit { return s.Counters }},
		{gaugeName, "bound gauge", func(s *Session) func(Over) Submit { return s.Gauges }},
		{histogramName, "bound histogram", func(s *Session) func(Over) Submit { return s.Histograms }},
	}
	for _, b := range bound {
		for _, n := range []int{1, 10} {
			all = append(all, way{b.name, b.text, n, func(s *Session, over Over) Submit {
				if b.of(s) == nil {
					return nil
				}
				return b.of(s)(over)
			}})
		}
	}
	named := []struct {
		name, text string
		of         func(*Session) func(Strings, Over) Submit
	}{
		{counterName, "counter", func(s *Session) func(Strings, Over) Submit { return s.Count }},
		{gaugeName, "gauge", func(s *Session) func(Strings, Over) Submit { return s.Set }},
		{histogramName, "histogram", func(s *Session) func(Strings, Over) Submit { return s.Observe }},
	}
	for _, b := range named {
		for _, from := range []Strings{Literal, Kept, Built} {
			n := 10
			if from == Literal {
				n = 1
			}
			all = append(all, way{b.name, b.text + ", " + from.String(), n, func(s *Session, over Over) Submit {
				if b.of(s) == nil {
					return nil
				}
				return b.of(s)(from, over)
			}})
		}
	}
	return all
}

// A figure is worth something only if the adapter does what the table says: as many
// submissions, to as many series, and a flush that writes them all.
func TestEachAdapterSubmitsWhatItSaysConcurrentSafe(t *testing.T) {
	const each = 1000
	for _, library := range Libraries() {
		t.Run(library.Name, func(t *testing.T) {
			has := 0
			for _, w := range ways() {
				var p page
				session, err := library.New(&p)
				require.NoError(t, err)
				over := Over{Series: NewSeriesSet(w.series)}
				first, second := w.submit(session, over), w.submit(session, Over{Series: over.Series, Start: w.series / 2})
				if first == nil {
					require.NoError(t, session.Close())
					continue
				}
				has++
				var wg sync.WaitGroup
				wg.Go(func() { first(each) })
				wg.Go(func() { second(each) })
				wg.Wait()
				require.NoError(t, session.Flush())
				flushed := len(p.bytes())
				require.NoError(t, session.Close())
				if flushed == 0 { // it writes at its end
					require.Equal(t, "tally", library.Name)
					flushed = len(p.bytes())
				}
				found := readers[library.Name](t, w.name, p.bytes()[:flushed])

				assert.Len(t, found, w.series, "%s: series", w.text)
				want := 2.0 * each
				if w.name == gaugeName {
					want = float64(w.series)
				}
				assert.InDelta(t, want, found.total(), 1e-6*want, "%s: submissions", w.text)
				for series, n := range found {
					assert.InDelta(t, want/float64(w.series), n, 1e-6*want, "%s: each series has as many: %s", w.text, series)
				}
			}
			assert.Positive(t, has)
		})
	}
}

func TestFlushesMayGoOnMeanwhileConcurrentSafe(t *testing.T) {
	for _, library := range Libraries() {
		t.Run(library.Name, func(t *testing.T) {
			if strings.HasPrefix(library.Name, "datadog-go, ") {
				t.Skip("its WithMaxSamplesPerContext races with its own flush")
			}
			session, err := library.New(io.Discard)
			require.NoError(t, err)
			over := Over{Series: NewSeriesSet(3)}
			var wg sync.WaitGroup
			for _, w := range ways() {
				if submit := w.submit(session, over); submit != nil {
					wg.Go(func() { submit(300) })
				}
			}
			for range 3 {
				assert.NoError(t, session.Flush())
			}
			wg.Wait()
			assert.NoError(t, session.Close())
		})
	}
}

func TestWhatIsBuiltIsWhatIsSubmitted(t *testing.T) {
	for _, library := range Libraries() {
		session, err := library.New(io.Discard)
		require.NoError(t, err)
		built := session.Count != nil && session.Count(Built, Over{}) != nil
		if built || session.Observe != nil && session.Observe(Built, Over{}) != nil {
			require.NotNil(t, session.Build, "%s has built strings and nothing to take off", library.Name)
			session.Build(Over{Series: NewSeriesSet(3)})(10)
		}
		require.NoError(t, session.Close())
	}
}

func TestLibrariesAreToldApart(t *testing.T) {
	names := map[string]bool{}
	for i, library := range Libraries() {
		assert.False(t, names[library.Name], library.Name)
		names[library.Name] = true
		assert.Equal(t, i == 0, library.Note == "", "%s: ours needs no note, and each other one does", library.Name)
		assert.Contains(t, readers, library.Name)
	}
}

func TestAWalkComesToEachPlace(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 1000, 4096, 100_000} {
		w := Over{Series: make([]Series, n), Start: 7}.walk()
		been := make([]bool, n)
		for range n {
			been[w.next()] = true
		}
		assert.NotContains(t, been, false, "%d places", n)
	}
}

func TestSeriesHaveTagsAndTheirValues(t *testing.T) {
	s := NewSeries(17)
	assert.Equal(t, "17", s.ID)
	long := newLongSeriesSet(2)
	assert.NotEqual(t, long[0].Tags, long[1].Tags)
	assert.GreaterOrEqual(t, min(len(long[0].Tags[0]), len(long[0].Tags[1]), len(long[0].Tags[2])), 29)
	for i, key := range []string{routeKey, methodKey, statusKey} {
		assert.Equal(t, fmt.Sprintf("%s:%s", key, s.Values[i]), s.Tags[i])
		assert.True(t, strings.HasSuffix(s.Values[i], "17"))
	}
}
