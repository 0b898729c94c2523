package transporttest

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// start is the bucket the fixtures begin with. Peers may refuse old points, so
// it is a recent one.
var start = time.Now().Truncate(10*time.Second).Unix() - 60

// ordinary returns a batch with every kind that a transport described by d gets.
// Each name begins with prefix.
func ordinary(prefix string, d transport.Description) *transport.Batch {
	b := newBatch()
	add := func(name string, kind transport.Kind, change func(*transport.Series)) {
		s := transport.Series{
			Name: prefix + "." + name, Kind: kind, Interval: 10 * time.Second,
			Tags:   []string{"env:test", "route:users"},
			Points: []transport.Point{{Unix: start, Value: 1.5}},
		}
		if change != nil {
			change(&s)
		}
		b.Series = append(b.Series, s)
	}
	add("count", transport.KindCount, func(s *transport.Series) {
		s.Points = []transport.Point{{Unix: start, Value: 3}, {Unix: start + 10, Value: 4}, {Unix: start + 20, Value: 5, Rev: 1}}
	})
	add("rate", transport.KindRate, nil)
	add("gauge", transport.KindGauge, func(s *transport.Series) { s.Tags = nil })
	add("hosted", transport.KindGauge, func(s *transport.Series) { s.Host, s.HostSet = "web1", true })
	add("nohost", transport.KindGauge, func(s *transport.Series) { s.HostSet = true })
	add("device", transport.KindGauge, func(s *transport.Series) { s.Device, s.Unit = "sda", "byte" })
	add("set", transport.KindSet, func(s *transport.Series) {
		s.Points[0].Value = 2
		if d.Members {
			s.Points[0].Members = []string{"ann", "bob"}
		}
	})
	for _, k := range summaryKinds(d) {
		add(k.String(), k, func(s *transport.Series) {
			s.Points = []transport.Point{
				{Unix: start, Summary: summary(1, 2, 4)},
				{Unix: start + 10, Summary: summary(8)},
			}
		})
	}
	add("last", transport.KindCount, nil)
	return b
}

// extreme returns one point for each value that is easily spoilt on a wire.
func extreme(d transport.Description) *transport.Batch {
	values := []float64{
		0, 1, -1, 0.1, 1.0 / 3, -2.5e-7, 1e15, 1e21, -123456789012,
		1<<53 - 1, math.MaxInt64, 1e-308, math.SmallestNonzeroFloat64,
		-math.SmallestNonzeroFloat64, math.MaxFloat64, -math.MaxFloat64,
	}
	b := newBatch()
	for _, k := range append([]transport.Kind{transport.KindCount, transport.KindGauge}, summaryKinds(d)...) {
		s := transport.Series{Name: "extreme." + k.String(), Kind: k, Interval: 10 * time.Second}
		for i, v := range values {
			p := transport.Point{Unix: start + int64(i)*10, Value: v}
			if k >= transport.KindHistogram {
				p.Value, p.Summary = 0, summary(v)
			}
			s.Points = append(s.Points, p)
		}
		b.Series = append(b.Series, s)
	}
	return b
}

// strangeWords are valid UTF-8 without control characters, as the contract
// promises, and anything but harmless.
var strangeWords = []string{
	`quo"te`, `back\slash`, `pipe|c`, `colon:1`, `hash#tag`, `at@0.1`, `com,ma`, `eq=ual`,
	`{"metric":"forged"}`, `","type":"rate`, `a:1|c`, `<b>`, `100%s%n`, `semi;colon`, `sl/ash`, `-._-`,
	` lead`, `trail `, `two  blanks`, `über`, `日本語`, `😀`, "line\u2028sep", "para\u2029sep", "bom\ufeff", "rtl\u202e",
	`UPPER`, `9lives`, `_`, `:`, `|`, `"`, `\`, `#`,
	strings.Repeat("n", 200), strings.Repeat("é", 100), strings.Repeat("long.", 400),
}

// strange returns a series for each strange word as its name, as a tag, as a
// tag's key, as a tag's value and as its host.
func strange() *transport.Batch {
	b := newBatch()
	add := func(s transport.Series) {
		s.Kind, s.Interval = transport.KindCount, 10*time.Second
		s.Points = []transport.Point{{Unix: start, Value: float64(len(b.Series) + 1)}}
		b.Series = append(b.Series, s)
	}
	for _, w := range strangeWords {
		add(transport.Series{Name: w})
		add(transport.Series{Name: "strange.tag", Tags: []string{w}})
		add(transport.Series{Name: "strange.key", Tags: []string{w + ":v"}})
		add(transport.Series{Name: "strange.value", Tags: []string{"env:test", "k:" + w}})
		add(transport.Series{Name: "strange.host", Host: w, HostSet: true})
	}
	return b
}

func newBatch() *transport.Batch {
	return &transport.Batch{ID: transport.BatchID{Process: 0x5ead, Seq: 1}}
}

func summaryKinds(d transport.Description) []transport.Kind {
	switch {
	case d.Summaries:
		return []transport.Kind{transport.KindHistogram, transport.KindTiming, transport.KindDistribution}
	case d.Distributions:
		return []transport.Kind{transport.KindDistribution}
	}
	return nil
}

// summary returns the summary of sorted values, each kept.
func summary(values ...float64) *transport.Summary {
	s := &transport.Summary{Count: float64(len(values)), Min: values[0], Max: values[len(values)-1]}
	for _, v := range values {
		s.Sum += v
		s.Samples = append(s.Samples, transport.Sample{Value: v, Weight: 1})
	}
	return s
}

// clone copies b. Every slice of the copy has room behind its end, filled with
// a mark, so that an append to it shows.
func clone(b *transport.Batch) *transport.Batch {
	c := &transport.Batch{
		ID: b.ID, Series: roomy(b.Series, transport.Series{Name: mark}),
		Events: roomy(b.Events, transport.Event{Title: mark}), Checks: roomy(b.Checks, transport.ServiceCheck{Name: mark}),
	}
	for i := range c.Events {
		c.Events[i].Tags = roomy(c.Events[i].Tags, mark)
	}
	for i := range c.Checks {
		c.Checks[i].Tags = roomy(c.Checks[i].Tags, mark)
	}
	for i := range c.Series {
		s := &c.Series[i]
		s.Tags = roomy(s.Tags, mark)
		s.Points = roomy(s.Points, transport.Point{Unix: -1})
		for j := range s.Points {
			p := &s.Points[j]
			p.Members = roomy(p.Members, mark)
			if p.Summary != nil {
				sum := *p.Summary
				sum.Samples = roomy(sum.Samples, transport.Sample{Weight: -1})
				p.Summary = &sum
			}
		}
	}
	return c
}

const mark = "behind the end: not yours"

func roomy[T any](s []T, guard T) []T {
	if s == nil {
		return nil
	}
	return append(slices.Clone(s), guard, guard)[: len(s) : len(s)+2]
}

// unchanged reports whether b is as clone made it from original.
func unchanged(b, original *transport.Batch) bool {
	return reflect.DeepEqual(withRoom(b), withRoom(clone(original)))
}

// withRoom returns b with every slice at its full capacity.
func withRoom(b *transport.Batch) *transport.Batch {
	c := &transport.Batch{
		ID: b.ID, Series: slices.Clone(full(b.Series)), Events: slices.Clone(full(b.Events)), Checks: slices.Clone(full(b.Checks)),
	}
	for i := range c.Events {
		c.Events[i].Tags = full(c.Events[i].Tags)
	}
	for i := range c.Checks {
		c.Checks[i].Tags = full(c.Checks[i].Tags)
	}
	for i := range c.Series {
		s := &c.Series[i]
		s.Tags = full(s.Tags)
		s.Points = slices.Clone(full(s.Points))
		for j := range s.Points {
			p := &s.Points[j]
			p.Members = full(p.Members)
			if p.Summary != nil {
				sum := *p.Summary
				sum.Samples = full(sum.Samples)
				p.Summary = &sum
			}
		}
	}
	return c
}

// full returns s up to the marks of roomy. A slice that has none any more, or
// other ones, differs from what clone makes.
func full[T any](s []T) []T { return s[:min(cap(s), len(s)+2)] }

// scribble overwrites all of b, as its owner may when Send has returned.
func scribble(b *transport.Batch) {
	for i := range b.Series {
		s := &b.Series[i]
		for j := range s.Tags {
			s.Tags[j] = "scribbled"
		}
		for j := range s.Points {
			p := &s.Points[j]
			for k := range p.Members {
				p.Members[k] = "scribbled"
			}
			if p.Summary != nil {
				for k := range p.Summary.Samples {
					p.Summary.Samples[k] = transport.Sample{Value: -7, Weight: 7}
				}
				p.Summary.Count, p.Summary.Sum, p.Summary.Min, p.Summary.Max = 7, -49, -7, -7
			}
			*p = transport.Point{Unix: -7, Value: -7, Summary: p.Summary, Rev: 7}
		}
		*s = transport.Series{Name: "scribbled", Tags: s.Tags, Host: "scribbled", Points: s.Points}
	}
	for i := range b.Events {
		e := &b.Events[i]
		for j := range e.Tags {
			e.Tags[j] = "scribbled"
		}
		*e = transport.Event{Title: "scribbled", Text: "scribbled", Tags: e.Tags}
	}
	for i := range b.Checks {
		c := &b.Checks[i]
		for j := range c.Tags {
			c.Tags[j] = "scribbled"
		}
		*c = transport.ServiceCheck{Name: "scribbled", Tags: c.Tags}
	}
	b.ID = transport.BatchID{}
}

// pick returns a batch of the points of b whose numbers are in keep, ascending.
func pick(b *transport.Batch, keep []int) *transport.Batch {
	out := &transport.Batch{ID: b.ID}
	out.ID.Part++
	n := 0
	for i := range b.Series {
		s := b.Series[i]
		s.Points = nil
		for _, p := range b.Series[i].Points {
			if _, found := slices.BinarySearch(keep, n); found {
				s.Points = append(s.Points, p)
			}
			n++
		}
		if len(s.Points) > 0 {
			out.Series = append(out.Series, s)
		}
	}
	return out
}
