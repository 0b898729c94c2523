package statsd_test

import (
	"context"
	"fmt"
	"math"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/statsd"
)

func TestInjectedLinesArriveInOrder(t *testing.T) {
	s := newServer(t)
	sd := open(t, s.Address, func(c *statsd.Config) { c.NoPrefix, c.Prefix = false, "p" })
	require.NoError(t, sd.Inject("counters.a", "1", "c"))
	require.NoError(t, sd.Inject("any/path=x", "+1.5", "g|#tag:v,b"))
	require.NoError(t, sd.Inject("t", "3", "ms|@0.1"))
	require.NoError(t, sd.GaugeDelta("s e", 10))
	require.NoError(t, sd.GaugeDelta("s", -10.25))
	require.NoError(t, sd.GaugeDelta("s", 0))
	require.NoError(t, sd.Close(t.Context()))
	assert.Equal(t, []string{
		"p.counters.a:1|c", "p.any/path=x:+1.5|g|#tag:v,b", "p.t:3|ms|@0.1", "p.gauges.s_e:+10|g", "p.gauges.s:-10.25|g", "p.gauges.s:+0|g",
	}, s.got())
	assert.Empty(t, s.cut, "each line has its line feed")
	assert.Equal(t, statsd.Lines{Accepted: 6, Delivered: 6}, sd.Lines())
}

func TestInjectRefusesWhatIsNotOneLineOfOneSample(t *testing.T) {
	s := newServer(t)
	sd := open(t, s.Address)
	for _, c := range [][3]string{
		{"", "1", "c"}, {"a", "", "c"}, {"a", "1", ""},
		{"a\nb", "1", "c"}, {"a", "1\nb:1|c", "c"}, {"a", "1", "c\nb:1|c"}, {"a", "1", "c|#x\n"},
		{"a:1|c", "1", "c"}, {"a|b", "1", "c"}, {"a", "1|c", "c"}, {"a", "1:2", "c"}, {"a", "1", "c:2|c"}, {"a", "1", "c|@0.1:2|c"},
		{"a b", "1", "c"}, {"a", "1 ", "c"}, {"a", "1", "c\t"}, {"a\x00", "1", "c"}, {"a\x7f", "1", "c"},
		{"\u010a", "1", "c"}, {"a", "\u010a", "s"}, {"a", "1", "c|#\u010a"}, {"a\xff", "1", "c"}, {"a", "1", "|#x"}, {"a", "1", "#x"},
	} {
		err := sd.Inject(c[0], c[1], c[2])
		if assert.Error(t, err, "%q", c) {
			assert.NotContains(t, err.Error(), "\n")
		}
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		require.Error(t, sd.GaugeDelta("g", v))
	}
	require.Error(t, sd.GaugeDelta("", 1))
	require.EqualError(t, sd.Inject(string(slices.Repeat([]byte("a"), 64<<10)), "1", "c"), "statsd: a line of 65541 bytes: want at most 65536")
	assert.Equal(t, statsd.Lines{}, sd.Lines())
	require.NoError(t, sd.Inject("a", "1", "c"), "and goes on")
	require.NoError(t, sd.Close(t.Context()))
	assert.Equal(t, []string{"a:1|c"}, s.got())
	require.ErrorIs(t, sd.Inject("a", "1", "c"), transport.ErrClosed)
	require.ErrorIs(t, sd.GaugeDelta("a", 1), transport.ErrClosed)
}

// While the server is away the lines wait, in order; those beyond the queue are
// refused, the newest, and counted.
func TestTheQueueOfLinesIsBounded(t *testing.T) {
	s := newServer(t)
	s.down()
	log := newLog()
	sd := open(t, s.Address, func(c *statsd.Config) { c.QueueSize, c.Logger = 10, log.logger() })
	var want []string
	for i := range 300 {
		err := sd.Inject("a", fmt.Sprint(i), "c")
		if i < 10 {
			require.NoError(t, err)
			want = append(want, fmt.Sprintf("a:%d|c", i))
		} else {
			require.ErrorIs(t, err, statsd.ErrQueueFull)
		}
	}
	assert.Equal(t, statsd.Lines{Accepted: 10, Waiting: 10, Refused: 290}, sd.Lines())
	assert.Equal(t, 101, log.count("statsd: the queue of lines is full: the newest are dropped"), "99 and then each hundredth")
	s.up()
	eventually(t, "the ten", func() bool { return sd.Lines().Delivered == 10 })
	assert.Equal(t, want, s.got())
	require.NoError(t, sd.Inject("a", "x", "c"), "there is room again")
	require.NoError(t, sd.Close(t.Context()))
	assert.Equal(t, append(want, "a:x|c"), s.got())
	assert.Equal(t, statsd.Lines{Accepted: 11, Delivered: 11, Refused: 290}, sd.Lines())
}

func TestCloseSaysHowManyLinesAreLeft(t *testing.T) {
	s := newServer(t)
	s.down()
	sd := open(t, s.Address)
	for range 3 {
		require.NoError(t, sd.Inject("a", "1", "c"))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	want := "statsd: close: 3 of the lines for " + s.Address + " were not sent: it could not be reached in time"
	require.EqualError(t, sd.Close(ctx), want)
	require.EqualError(t, sd.Close(t.Context()), want, "the same again")
	assert.Equal(t, statsd.Lines{Accepted: 3, Waiting: 3}, sd.Lines())

	bounded := open(t, s.Address, func(c *statsd.Config) { c.Timeout = 20 * time.Millisecond })
	require.NoError(t, bounded.Inject("a", "1", "c"))
	require.Error(t, bounded.Close(context.Background()), "Timeout bounds a Close without a deadline")
}

// Lines that were sent and not confirmed are unknown, and not sent again.
func TestInjectedLinesMayBeUnknown(t *testing.T) {
	log := newLog()
	var once sync.Once
	s := newPeer(t, func(s *server, c *net.TCPConn) {
		died := false
		once.Do(func() {
			_, _ = c.Read(make([]byte, 1))
			reset(c)
			died = true
		})
		if !died {
			s.read(c)
		}
	})
	sd := open(t, s.Address, func(c *statsd.Config) { c.Logger = log.logger() })
	require.NoError(t, sd.Inject("a", "1", "c"))
	require.NoError(t, sd.Inject("a", "2", "c"))
	eventually(t, "the loss", func() bool { return sd.Lines().Unknown == 2 })
	require.NoError(t, sd.Inject("a", "3", "c"))
	require.NoError(t, sd.Close(t.Context()))
	assert.Equal(t, []string{"a:3|c"}, s.got())
	assert.Equal(t, statsd.Lines{Accepted: 3, Delivered: 1, Unknown: 2}, sd.Lines())
	assert.Equal(t, 1, log.count("statsd: lines may be lost: their connection died before they were confirmed"))
}

// Lines of Inject and of Send share the connections and never a line; restarts of
// the server lose none that is not counted.
func TestInjectBesideSendConcurrentSafe(t *testing.T) {
	s := newServer(t)
	sd := open(t, s.Address, func(c *statsd.Config) { c.QueueSize = 1_000_000 })
	const each = 200
	var work sync.WaitGroup
	for g := range 3 {
		work.Go(func() {
			for i := range each {
				assert.NoError(t, sd.Inject(fmt.Sprintf("i.%d.%d", g, i), "1", "c"))
			}
		})
	}
	delivered, unknown := 0, 0
	work.Go(func() {
		for i := range each {
			for {
				err := sd.Send(context.Background(), batch(counter(fmt.Sprintf("s.%d", i), 1)))
				if err == nil {
					delivered++
					break
				}
				if transport.AsSendError(err).Outcome == transport.Unknown {
					unknown++
					break
				}
			}
		}
	})
	work.Go(func() {
		for range 5 {
			before := s.accepted()
			eventually(t, "some load", func() bool { return s.accepted() > before+3 || len(s.got()) >= 4*each })
			s.down()
			s.up()
		}
	})
	work.Wait()
	require.NoError(t, sd.Close(t.Context()))
	got := s.got()
	parseAll(t, got)
	assert.Len(t, slices.Compact(slices.Sorted(slices.Values(got))), len(got), "none came twice")
	injected := slices.DeleteFunc(slices.Clone(got), func(l string) bool { return l[0] != 'i' })
	sent := len(got) - len(injected)
	assert.Equal(t, each, delivered+unknown)
	assert.GreaterOrEqual(t, sent, delivered)
	l := sd.Lines()
	assert.EqualValues(t, 3*each, l.Accepted)
	assert.Equal(t, l.Accepted, l.Delivered+l.Unknown)
	assert.GreaterOrEqual(t, uint64(len(injected)), l.Delivered)
	for g := range 3 { // in order
		last := -1
		for _, line := range injected {
			var of, i int
			_, err := fmt.Sscanf(line, "i.%d.%d:1|c", &of, &i)
			require.NoError(t, err)
			if of == g {
				assert.Greater(t, i, last)
				last = i
			}
		}
	}
}
