package stats_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/shardstats/shardstats/transport"
)

// receiver is a backend: it does with what arrives what its temporality says,
// and nothing else. Points are kept by kind, name, tags and time.
type receiver struct {
	overwrite bool // Datadog's way: the last value wins, distributions add up

	mu      sync.Mutex
	state   map[string]*held
	broken  []string // what no backend should ever see
	batches int
}

type held struct {
	kind     transport.Kind
	value    float64
	count    float64
	sum      float64
	min, max float64
	weights  float64
	members  map[string]bool
}

func newReceiver(overwrite bool) *receiver {
	return &receiver{overwrite: overwrite, state: map[string]*held{}}
}

func (r *receiver) Describe() transport.Description {
	name := "additive"
	if r.overwrite {
		name = "overwrite"
	}
	return transport.Description{Name: name, Summaries: true, Members: true}
}

func (r *receiver) Temporality(k transport.Kind) transport.Temporality {
	if r.overwrite && k != transport.KindDistribution {
		return transport.Overwrite
	}
	return transport.Additive
}

func (r *receiver) Close(context.Context) error { return nil }

func (r *receiver) Send(_ context.Context, b *transport.Batch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batches++
	for i := range b.Series {
		s := &b.Series[i]
		for _, p := range s.Points {
			r.take(s, &p)
		}
	}
	return nil
}

func (r *receiver) take(s *transport.Series, p *transport.Point) {
	key := fmt.Sprintf("%s %s %s @%d", s.Kind, s.Name, strings.Join(s.Tags, ","), p.Unix)
	h := r.state[key]
	if h == nil || r.Temporality(s.Kind) == transport.Overwrite {
		h = &held{kind: s.Kind, min: math.Inf(1), max: math.Inf(-1), members: map[string]bool{}}
		r.state[key] = h
	}
	switch s.Kind {
	case transport.KindCount:
		h.value += p.Value
	case transport.KindGauge:
		h.value = p.Value
	case transport.KindSet:
		for _, m := range p.Members {
			h.members[m] = true
		}
		if int(p.Value) != len(p.Members) {
			r.broken = append(r.broken, fmt.Sprintf("%s: size %v of %d members", key, p.Value, len(p.Members)))
		}
	default:
		sum := p.Summary
		h.count += sum.Count
		h.sum += sum.Sum
		h.min, h.max = min(h.min, sum.Min), max(h.max, sum.Max)
		for _, x := range sum.Samples {
			h.weights += x.Weight
		}
		// all test values of a name in "ones" are 1
		if strings.HasSuffix(s.Name, "ones") && (sum.Count != sum.Sum || sum.Min != 1 || sum.Max != 1) {
			r.broken = append(r.broken, fmt.Sprintf("%s: count %v, sum %v, min %v, max %v", key, sum.Count, sum.Sum, sum.Min, sum.Max))
		}
	}
}

// total adds up a name of a kind over tags and times.
func (r *receiver) total(kind transport.Kind, name string) held {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := held{min: math.Inf(1), max: math.Inf(-1), members: map[string]bool{}}
	for key, h := range r.state {
		if !strings.HasPrefix(key, kind.String()+" "+name+" ") {
			continue
		}
		all.value += h.value
		all.count += h.count
		all.sum += h.sum
		all.min, all.max = min(all.min, h.min), max(all.max, h.max)
		all.weights += h.weights
		for m := range h.members {
			all.members[m] = true
		}
	}
	return all
}
