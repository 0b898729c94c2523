package stats_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/memory"
)

// points returns what arrived as "name@second=value rev" in the order of arrival.
func points(m *memory.Transport) []string {
	var out []string
	for _, s := range m.Series() {
		for _, p := range s.Points {
			text := fmt.Sprintf("%s%v@%d=%v", s.Name, s.Tags, p.Unix, p.Value)
			if p.Rev > 0 {
				text += fmt.Sprintf(" rev %d", p.Rev)
			}
			out = append(out, text)
		}
	}
	return out
}

func TestTheSeedsExample(t *testing.T) {
	day := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(clock string) time.Time {
		c, err := time.Parse("15:04:05", clock)
		require.NoError(t, err)
		return day.Add(time.Duration(c.Hour())*time.Hour + time.Duration(c.Minute())*time.Minute + time.Duration(c.Second())*time.Second)
	}
	clock := &fixedClock{now: at("10:00:10")}
	m := memory.New()
	c, err := stats.New(stats.WithTransport(m), stats.WithManualFlush(), stats.WithClock(clock),
		stats.WithRollupInterval(5*time.Second), stats.WithFlushInterval(10*time.Second))
	require.NoError(t, err)
	for _, p := range []struct {
		at string
		n  int64
	}{{"09:30:15", 1}, {"10:00:00", 2}, {"10:00:04", 1}, {"10:00:05", 1}, {"10:00:09", 1}} {
		c.At(at(p.at)).Count("c", p.n)
	}
	require.NoError(t, c.FlushAt(t.Context(), at("10:00:10")))
	assert.Equal(t, []string{
		fmt.Sprintf("c[]@%d=1", at("09:30:15").Unix()),
		fmt.Sprintf("c[]@%d=3", at("10:00:00").Unix()),
		fmt.Sprintf("c[]@%d=2", at("10:00:05").Unix()),
	}, points(m))
	require.NoError(t, c.Close())
}
