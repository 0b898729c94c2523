package prom

import (
	"strings"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/proto"
)

// Form is what a series is on the wire.
type Form uint8

const (
	Counter Form = iota + 1
	Gauge
	Summary
	Histogram
)

// formOf returns the form of a kind, 0 for one that there is not.
func formOf(k transport.Kind) Form {
	switch k {
	case transport.KindCount:
		return Counter
	case transport.KindRate, transport.KindGauge, transport.KindSet:
		return Gauge
	case transport.KindHistogram, transport.KindTiming:
		return Summary
	case transport.KindDistribution:
		return Histogram
	}
	return 0
}

// Scale is what values of a kind are multiplied with: timings come in milliseconds and
// leave in seconds.
func Scale(k transport.Kind, v float64) float64 {
	if k == transport.KindTiming {
		return v / 1000
	}
	return v
}

// Family is all series of one name.
type Family struct {
	Name               string // of its series, and what those of a summary or histogram begin with
	Base               string // the name without _total, which OpenMetrics calls the family by
	Sum, Count, Bucket string
	Kind               transport.Kind
	Form               Form
	Unit               string // "seconds" or ""
	Help               string // "" until a series came with a description

	Announced int64 // for remotewrite: when its metadata was last sent, in seconds since 1970; 0: never

	raws []string // what series are called that are in it
}

// Families knows which kind each name on the wire belongs to: the first that came.
type Families struct {
	limit int
	byRaw [transport.KindDistribution + 1]map[string]*Family // for each kind, by what a series is called
	raws  int                                                // in all of byRaw
	owner map[string]*Family                                 // of every name that a family may use

	// The last that was asked for: series of one name come one after the other.
	lastName   string
	lastFamily *Family
}

// NewFamilies returns one that remembers so many names; beyond that it begins
// anew.
func NewFamilies(limit int) *Families {
	f := &Families{limit: limit}
	f.reset()
	return f
}

func (f *Families) reset() {
	f.forgetRaws()
	f.owner = map[string]*Family{}
	f.lastName, f.lastFamily = "", nil
}

// Of returns the family of a series, nil if a name that it would use is that of
// another kind. The kind is one that has a form.
func (f *Families) Of(s *transport.Series) *Family {
	family := f.lastFamily
	if family == nil || f.lastName != s.Name || family.Kind != s.Kind {
		if family = f.byRaw[s.Kind][s.Name]; family == nil {
			if family = f.meet(s); family == nil {
				return nil
			}
		}
		f.lastName, f.lastFamily = family.raws[len(family.raws)-1], family
		if f.lastName != s.Name { // one of several spellings
			f.lastName, f.lastFamily = "", nil
		}
	}
	if family.Help == "" && s.Description != "" {
		family.Help = strings.Clone(proto.Valid(s.Description))
	}
	return family
}

func (f *Families) meet(s *transport.Series) *Family {
	name := string(AppendName(nil, s.Name, s.Kind))
	family := f.owner[name]
	switch {
	case family == nil:
		if len(f.owner) >= f.limit {
			f.reset()
		}
		family = newFamily(name, s.Kind)
		for _, used := range family.names() {
			if f.owner[used] != nil {
				return nil
			}
		}
		for _, used := range family.names() {
			f.owner[used] = family
		}
	case family.Name != name || family.Kind != s.Kind:
		return nil
	}
	if f.raws >= f.limit {
		f.forgetRaws()
	}
	raw := strings.Clone(s.Name)
	f.byRaw[s.Kind][raw] = family
	f.raws++
	family.raws = append(family.raws, raw)
	return family
}

func (f *Families) forgetRaws() {
	for kind, byRaw := range f.byRaw {
		for _, family := range byRaw {
			family.raws = nil
		}
		f.byRaw[kind] = map[string]*Family{}
	}
	f.raws = 0
}

func newFamily(name string, kind transport.Kind) *Family {
	family := &Family{Name: name, Base: name, Kind: kind, Form: formOf(kind)}
	switch family.Form {
	case Counter:
		family.Base = strings.TrimSuffix(name, totalSuffix)
	case Summary, Histogram:
		family.Sum, family.Count = name+"_sum", name+"_count"
		if family.Form == Histogram {
			family.Bucket = name + "_bucket"
		}
	}
	if kind == transport.KindTiming {
		family.Unit = secondsSuffix[1:]
	}
	return family
}

// names returns what the family needs to itself, in one space: the names of its samples,
// and behind a NUL, which no name has, what OpenMetrics calls it.
func (f *Family) names() []string {
	names := []string{f.Name, "\x00" + f.Base}
	switch f.Form {
	case Summary:
		names = append(names, f.Sum, f.Count)
	case Histogram:
		names = append(names, f.Sum, f.Count, f.Bucket)
	}
	return names
}

// Release gives the names of a family free.
func (f *Families) Release(family *Family) {
	for _, name := range family.names() {
		if f.owner[name] == family {
			delete(f.owner, name)
		}
	}
	for _, raw := range family.raws {
		delete(f.byRaw[family.Kind], raw)
	}
	f.raws -= len(family.raws)
	family.raws = nil
	f.lastName, f.lastFamily = "", nil
}
