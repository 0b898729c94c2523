package dogstatsd_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/dogstatsd"
)

var errDown = errors.New("down")

// rest returns what the flusher would send again after se.
func rest(b *transport.Batch, se *transport.SendError) *transport.Batch {
	out := &transport.Batch{ID: b.ID}
	out.ID.Part++
	number := 0
	for _, s := range b.Series {
		points := s.Points
		s.Points = nil
		for _, p := range points {
			rejected := slices.ContainsFunc(se.Rejected, func(r transport.Rejection) bool { return r.Index == number })
			if number >= se.Delivered && !rejected {
				s.Points = append(s.Points, p)
			}
			number++
		}
		if len(s.Points) > 0 {
			out.Series = append(out.Series, s)
		}
	}
	return out
}

func TestWhatWasWrittenIsDelivered(t *testing.T) {
	var all []transport.Series
	for i := range 300 {
		all = append(all, series(fmt.Sprintf("c%03d", i), transport.KindCount, 1))
	}
	all[7].Points[0].Value = math.Inf(1)
	d := open(t, "udp://127.0.0.1:1")
	var got []string
	inMemory(d, func(datagram []byte) error {
		if len(got) == 1 {
			return errDown
		}
		got = append(got, string(datagram))
		return nil
	})
	b := batch(all...)
	se := transport.AsSendError(d.Send(t.Context(), b))
	require.NotNil(t, se)
	require.ErrorIs(t, se, errDown)
	assert.Equal(t, transport.Retry, se.Outcome)
	lines := split(got)
	assert.Equal(t, len(lines)+1, se.Delivered, "with the one that was rejected")
	assert.Equal(t, []transport.Rejection{{Index: 7, Reason: "bad_value"}}, se.Rejected)
	assert.Equal(t, fmt.Sprintf("c%03d", se.Delivered), rest(b, se).Series[0].Name)
}

// A receiver that takes some datagrams and refuses others, in any order: over all
// attempts every value and every member arrives once.
func TestEveryPartArrivesOnceOverRetries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &transport.Batch{ID: transport.BatchID{Process: 1, Seq: rapid.Uint64().Draw(t, "seq")}}
		want := map[string]int{}
		for i := range rapid.IntRange(1, 5).Draw(t, "series") {
			s := series(fmt.Sprint("s", i), rapid.SampledFrom([]transport.Kind{
				transport.KindCount, transport.KindSet, transport.KindHistogram, transport.KindDistribution,
			}).Draw(t, "kind"), 0)
			s.Points = nil
			for j := range rapid.IntRange(1, 3).Draw(t, "points") {
				p := transport.Point{Unix: int64(j * 10), Value: float64(j)}
				n := rapid.IntRange(0, 400).Draw(t, "parts")
				switch s.Kind {
				case transport.KindCount:
					want[fmt.Sprintf("%s %v", s.Name, p.Value)]++
				case transport.KindSet:
					for k := range n {
						p.Members = append(p.Members, fmt.Sprintf("member %d of %d", k, j))
						want[s.Name+" "+p.Members[k]]++
					}
					p.Value = float64(n)
				default:
					p.Summary = &transport.Summary{Count: float64(n)}
					for k := range n {
						v := float64(k) + float64(j)/8
						p.Summary.Samples = append(p.Summary.Samples, transport.Sample{Value: v, Weight: 1})
						want[fmt.Sprintf("%s %v", s.Name, v)]++
					}
				}
				s.Points = append(s.Points, p)
			}
			b.Series = append(b.Series, s)
		}

		d, err := dogstatsd.New(dogstatsd.Config{MaxDatagram: 512, Packing: dogstatsd.Packing(rapid.IntRange(0, 2).Draw(t, "packing"))})
		require.NoError(t, err)
		defer d.Close(t.Context())
		failures := 0
		var got []string
		inMemory(d, func(datagram []byte) error {
			if failures < 30 && rapid.IntRange(0, 3).Draw(t, "fate") == 0 {
				failures++
				return errDown
			}
			got = append(got, string(datagram))
			return nil
		})
		other := batch(series("other", transport.KindSet, 0), series("x", transport.KindCount, 1))
		other.ID.Process = 2
		for {
			err := d.Send(t.Context(), b)
			if err == nil {
				break
			}
			se := transport.AsSendError(err)
			require.Equal(t, transport.Retry, se.Outcome)
			b = rest(b, se)
			if rapid.IntRange(0, 4).Draw(t, "another batch between") == 0 {
				for d.Send(t.Context(), other) != nil {
				}
			}
		}
		arrived := map[string]int{}
		for _, text := range split(got) {
			m, err := parseMetric(text)
			require.NoError(t, err)
			if m.name == "x" {
				continue
			}
			if m.kind == "s" {
				arrived[m.name+" "+m.member]++
			}
			for _, v := range m.values {
				arrived[fmt.Sprintf("%s %v", m.name, v)]++
			}
		}
		require.Equal(t, want, arrived)
	})
}

// A new part of the same bucket is another batch, and starts from its beginning.
func TestAnotherBatchIsNotResumed(t *testing.T) {
	d := open(t, "udp://127.0.0.1:1")
	var got []string
	down := false
	inMemory(d, func(datagram []byte) error {
		if down {
			return errDown
		}
		down = len(got) == 0
		got = append(got, string(datagram))
		return nil
	})
	s := series("s", transport.KindSet, 0)
	for i := range 500 {
		s.Points[0].Members = append(s.Points[0].Members, fmt.Sprint("member ", i))
	}
	se := transport.AsSendError(d.Send(t.Context(), batch(s)))
	require.NotNil(t, se)
	assert.Zero(t, se.Delivered)
	part := len(split(got))
	down = false

	other := batch(s)
	other.ID.Seq++
	require.NoError(t, d.Send(t.Context(), other))
	assert.Len(t, split(got), part+500)
	require.NoError(t, d.Send(t.Context(), batch(s)))
	assert.Len(t, split(got), 2*500, "the rest of the first")
	require.NoError(t, d.Send(t.Context(), batch(s)))
	assert.Len(t, split(got), 3*500, "resumed once")
}

// Events and checks are numbered after the points.
func TestWhatWasWrittenOfEventsIsDelivered(t *testing.T) {
	b := one("c")
	for range 40 {
		b.Events = append(b.Events, transport.Event{Title: "T", Text: "some text, so that not all fit into one datagram"})
		b.Checks = append(b.Checks, transport.ServiceCheck{Name: "n", Message: "a message, so that not all fit into one datagram"})
	}
	for written := range 5 {
		d := open(t, "udp://127.0.0.1:1")
		var got []string
		inMemory(d, func(datagram []byte) error {
			if len(got) == written {
				return errDown
			}
			got = append(got, string(datagram))
			return nil
		})
		err := d.Send(t.Context(), b)
		if err == nil {
			assert.Len(t, split(got), 81)
			continue
		}
		se := failure(t, err)
		assert.Equal(t, transport.Retry, se.Outcome)
		assert.Len(t, split(got), se.Delivered)
	}
}
