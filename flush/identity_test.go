package flush_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// labels is a transport whose wire has one label for all tags, and wants totals.
type labels struct {
	*memory.Transport
	panics bool
}

func (l labels) AppendWireIdentity(dst []byte, s *transport.Series) []byte {
	if l.panics {
		panic("no")
	}
	dst = append(dst, s.Name...)
	return append(append(dst, 0), strings.Join(s.Tags, ",")...)
}

func TestSeriesWithOneIdentityOnTheWire(t *testing.T) {
	m, odd := labels{Transport: memory.New(totals())}, labels{memory.New(totals()), true}
	r := manual(t, nil, m, odd)
	split, joined := r.cat.add(transport.KindCount, "c", "a", "b"), r.cat.add(transport.KindCount, "c", "a,b")
	gauges := r.cat.add(transport.KindGauge, "c", "a,b")
	r.clock.set(begin.Add(5 * time.Second))
	r.src.count(split, 1)
	r.src.count(joined, 2)
	r.src.gauge(gauges, 9)
	r.flushAll()
	r.clock.set(begin.Add(15 * time.Second))
	r.src.count(joined, 4)
	r.flushAll()
	assert.Equal(t, []string{"c[a b]@0=3", "c[a,b]@0=9", "c[a,b]@10=7"}, arrived(m.Transport),
		"counts are one, and go on as one; a gauge is another kind")
	assert.Equal(t, []string{"c[a b]@0=1", "c[a,b]@0=2", "c[a,b]@0=9", "c[a,b]@10=6"}, arrived(odd.Transport),
		"a transport that cannot say leaves them apart")
	assert.Contains(t, r.log.String(), "AppendWireIdentity")
}
