package memory

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/shardstats/shardstats/transport"
)

// sink is a transport that knows what must arrive. Send and endOf are called by
// turns.
type sink struct {
	plan    SoakPlan
	steady  []int64 // what arrived in this interval, by number
	churn   []int64 // likewise, of the new series of the interval
	from    int     // number of the first of them
	points  int64
	arrived int64
	wrong   error // the first thing that was wrong
}

func newSink(plan SoakPlan) *sink {
	return &sink{plan: plan, steady: make([]int64, plan.Steady), churn: make([]int64, plan.Churn)}
}

// Describe implements [transport.Describer].
func (s *sink) Describe() transport.Description {
	return transport.Description{Name: "soak", Summaries: true}
}

// Send adds up what arrives.
func (s *sink) Send(_ context.Context, b *transport.Batch) error {
	for i := range b.Series {
		series := &b.Series[i]
		for j := range series.Points {
			s.points++
			if err := s.take(series, &series.Points[j]); err != nil && s.wrong == nil {
				s.wrong = err
			}
		}
	}
	return nil
}

// Close implements [transport.Transport].
func (s *sink) Close(context.Context) error { return nil }

func (s *sink) take(series *transport.Series, p *transport.Point) error {
	value := int64(p.Value)
	if series.Kind == transport.KindHistogram {
		value = int64(p.Summary.Count)
	}
	into, tag, from := s.churn, churnTag, s.from
	if series.Name == steadyName {
		into, tag, from = s.steady, steadyTag, 0
	}
	for _, t := range series.Tags {
		number, ok := strings.CutPrefix(t, tag)
		if !ok {
			continue
		}
		n, err := strconv.Atoi(number)
		if err != nil || n < from || n >= from+len(into) {
			return fmt.Errorf("%s{%s} arrived, which nobody submitted to", series.Name, strings.Join(series.Tags, ","))
		}
		if into[n-from] != 0 {
			return fmt.Errorf("%s{%s} arrived twice: %d and %d", series.Name, strings.Join(series.Tags, ","), into[n-from], value)
		}
		into[n-from] = value
		s.arrived += value
		return nil
	}
	return fmt.Errorf("%s{%s} arrived, which is nobody's", series.Name, strings.Join(series.Tags, ","))
}

// endOf checks that all of an interval has arrived, and makes room for the next.
func (s *sink) endOf(turn int) error {
	if s.wrong != nil {
		return s.wrong
	}
	for i, got := range s.steady {
		if got != 2 {
			return fmt.Errorf("%d of steady series %d arrived, 2 were submitted", got, i)
		}
	}
	for i, got := range s.churn {
		want := weight(i)
		if i%histogramEvery == 0 {
			want = histogramObservations
		}
		if got != want {
			return fmt.Errorf("%d of new series %d arrived, %d were submitted", got, s.from+i, want)
		}
	}
	clear(s.steady)
	clear(s.churn)
	s.from = (turn + 1) * s.plan.Churn
	return nil
}
