package flush

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/rollup"
	"github.com/shardstats/shardstats/transport"
)

// packedRig is a batch with a unit of each form, and what it is unpacked to.
func packedRig(t *testing.T, profile Profile) (*parcel, []transport.Series) {
	t.Helper()
	common := &Common{Tags: []string{"az:1", "service:s"}, Host: "h", HostSet: true, Device: "d"}
	own, lens, order := Pack("n.own", []string{"z:1", "b:2"})
	plain := &Series{Common: common, Own: own, Lens: lens, Order: order, Kind: transport.KindCount}
	metric := &Metric{Unit: "byte", Description: "what it is"}
	text := func(kind transport.Kind, name string) *Series {
		return NewSeries(3, kind, 1, common, Text{Name: name, Tags: []string{"a", "c"}, Ordered: []string{"c", "a"}, Metric: metric})
	}
	h := &handout{packed: packed{profile: profile, interval: 10 * time.Second}}
	h.batch.ID = transport.BatchID{Process: 7, Seq: 9}
	var want []transport.Series
	series := func(name string, kind transport.Kind, p transport.Point, text bool) {
		s := transport.Series{
			Name: name, Tags: []string{"az:1", "b:2", "service:s", "z:1"}, Host: "h", HostSet: true, Device: "d",
			Kind: kind, Interval: 10 * time.Second, Points: []transport.Point{p},
		}
		if text {
			s.Tags, s.Unit, s.Description = []string{"a", "c"}, "byte", "what it is"
			if profile == ProfileThreadStats {
				s.Tags = []string{"c", "a"}
			}
		}
		want = append(want, s)
	}
	end := func(unix int64, rev uint32) {
		h.close(unitKey{series: 1, unix: unix, rev: rev})
	}

	h.addFlat(plain, transport.KindRate, 1.5)
	end(10, 2)
	series("n.own", transport.KindRate, transport.Point{Unix: 10, Rev: 2, Value: 1.5}, false)

	h.addFlat(text(transport.KindGauge, "n.text"), transport.KindGauge, 2)
	end(20, 0)
	series("n.text", transport.KindGauge, transport.Point{Unix: 20, Value: 2}, true)

	samples := []rollup.Sample{{Value: 1, Weight: 2}, {Value: 3, Weight: 4}}
	sum := transport.Summary{Count: 6, Sum: 14, Min: 1, Max: 3, Samples: []transport.Sample{{Value: 1, Weight: 2}, {Value: 3, Weight: 4}}}
	h.addSummary(text(transport.KindTiming, "n.summary"), transport.Summary{Count: 6, Sum: 14, Min: 1, Max: 3}, samples)
	end(20, 0)
	series("n.summary", transport.KindTiming, transport.Point{Unix: 20, Summary: &sum}, true)

	content := rollup.NewBucket(rollup.Limits{Members: 9}, nil)
	content.AddMember(0, 3, "y")
	content.AddMember(0, 3, "x")
	h.addMembers(text(transport.KindSet, "n.set"), content)
	end(20, 1)
	series("n.set", transport.KindSet, transport.Point{Unix: 20, Rev: 1, Value: 2, Members: []string{"x", "y"}}, true)

	of := &seriesFigures{
		list:  []figure{{kind: transport.KindGauge}, {kind: transport.KindCount}},
		names: []string{"n.hist.max", "n.hist.count"},
	}
	h.addFigures(text(transport.KindHistogram, "n.hist"), of, formFigures, 8, 9)
	end(20, 0)
	series("n.hist.max", transport.KindGauge, transport.Point{Unix: 20, Value: 8}, true)
	series("n.hist.count", transport.KindCount, transport.Point{Unix: 20, Value: 9}, true)
	want[len(want)-1].Unit = "" // a number of observations

	h.addFigures(text(transport.KindHistogram, "n.hist"), of, formCount, 10)
	end(21, 0)
	series("n.hist.count", transport.KindCount, transport.Point{Unix: 21, Value: 10}, true)
	want[len(want)-1].Unit = ""

	_, p := newLoad(h, 1, time.Time{})
	return p, want
}

func TestABatchIsUnpackedAsItWasPacked(t *testing.T) {
	for name, profile := range map[string]Profile{"default": ProfileDefault, "threadstats": ProfileThreadStats} {
		t.Run(name, func(t *testing.T) {
			p, want := packedRig(t, profile)
			var x excerpt
			for range 3 { // the memory is used again
				x.take(p)
				require.Equal(t, want, x.batch.Series)
				assert.Equal(t, len(want), x.n)
				assert.Equal(t, transport.BatchID{Process: 7, Seq: 9}, x.batch.ID)
				x.done()
			}
		})
	}
}

// Whatever is settled and sent already is left out, and each point keeps its number.
func TestAnyPartOfABatchCanBeUnpacked(t *testing.T) {
	_, want := packedRig(t, ProfileDefault)
	var x excerpt
	for out := range 1 << len(want) {
		p, _ := packedRig(t, ProfileDefault)
		p.track()
		var left []transport.Series
		var numbers []int
		for i := range want {
			if p.absent[i] = out>>i&1 == 1; !p.absent[i] {
				left = append(left, want[i])
				numbers = append(numbers, i)
			}
		}
		for u := range p.h.units {
			if p.through(u) {
				p.load.units[u] |= unitSettled
				p.left--
			}
		}
		x.take(p)
		require.Len(t, x.batch.Series, len(left))
		for i := range left {
			require.Equal(t, left[i], x.batch.Series[i])
			require.Equal(t, numbers[i], x.origin(i))
		}
		x.done()
	}
}

// A batch that is used again has nothing of what it was.
func TestAPackedBatchIsEmptyAfterReset(t *testing.T) {
	p, want := packedRig(t, ProfileDefault)
	h := p.h
	h.units, h.ends, h.bytes = h.units[:0], h.ends[:0], 0
	h.packed.reset()
	for _, l := range h.labels[:cap(h.labels)] {
		assert.Zero(t, l)
	}
	for _, m := range h.arena.members[:cap(h.arena.members)] {
		assert.Nil(t, m)
	}
	plain := NewSeries(0, transport.KindCount, 1, &Common{}, Text{Name: "again"})
	h.addFlat(plain, transport.KindCount, 1)
	h.close(unitKey{unix: 5})
	_, p = newLoad(h, 2, time.Time{})
	var x excerpt
	x.take(p)
	require.Len(t, x.batch.Series, 1)
	assert.Equal(t, "again", x.batch.Series[0].Name)
	assert.NotEqual(t, want[0].Name, x.batch.Series[0].Name)
}
