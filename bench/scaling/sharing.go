package scaling

import "github.com/shardstats/shardstats/bench/sample"

// SharingPlan says how much is measured.
type SharingPlan struct {
	Rounds int
	Ops    int // of each goroutine in a round
}

// StandardSharing takes about half a minute.
var StandardSharing = SharingPlan{Rounds: 60, Ops: 200_000}

// LoadCost is what one load was found to cost.
type LoadCost struct {
	Name       string
	Goroutines int
	NS         []float64 // of one add of each goroutine, by round
	// PredictedNS is what the model says, made from other loads; 0 if it is made from
	// this one.
	PredictedNS float64
}

// Sharing is what one run found about processors that share lines, and do not.
type Sharing struct {
	Plan  SharingPlan
	Costs []LoadCost
}

// MeasureSharing runs the loads by turns.
func MeasureSharing(plan SharingPlan) (s *Sharing, err error) {
	f, err := newFixture()
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := f.close(); err == nil {
			err = e
		}
	}()
	s = &Sharing{Plan: plan}
	all := loads()
	var run [][]func(int)
	for _, l := range all {
		run = append(run, l.of(f))
		s.Costs = append(s.Costs, LoadCost{Name: l.name, Goroutines: l.goroutines})
	}
	const settle = 2 // rounds in which shards get their cells and reservoirs fill
	for round := range settle + plan.Rounds {
		for k := range all {
			i := (round + k) % len(all)
			ns := sideBySide(run[i], plan.Ops)
			if round >= settle {
				s.Costs[i].NS = append(s.Costs[i].NS, ns)
			}
		}
	}
	for i, l := range all {
		if l.predict != nil {
			s.Costs[i].PredictedNS = l.predict(s)
		}
	}
	return s, nil
}

// of returns what an add of a load takes: the median over the rounds.
func (s *Sharing) of(name string, goroutines int) float64 {
	for i := range s.Costs {
		if c := &s.Costs[i]; c.Name == name && c.Goroutines == goroutines {
			return sample.Median(c.NS)
		}
	}
	panic("scaling: no load " + name) // unreachable: names are constants of this package
}

// unit is U.
func (s *Sharing) unit() float64 { return s.of(loadOwn, 1) }

// transfer is what an add takes longer whose line is at another processor. Where two
// goroutines come to a word each 16th time, they take turns at it.
func (s *Sharing) transfer() float64 { return 16 * max(s.of(loadSixteenth, 2)-s.unit(), 0) }

// oneWord is what each add takes of two goroutines at one word: by turns, but some of
// one in a row before the other gets the line.
func (s *Sharing) oneWord() float64 { return s.of(loadOneWord, 2) }

// Parameters returns those of a bound counter.
func (s *Sharing) Parameters() Parameters {
	return Parameters{OwnNS: s.of(loadBound, 1), TransferNS: s.transfer(), ServeNS: s.oneWord() / 2}
}

// Kinds returns the parameters of each kind of submission that was measured alone.
func (s *Sharing) Kinds() map[string]Parameters {
	kinds := map[string]Parameters{}
	for _, name := range []string{loadBound, loadOneShot, loadHistogram} {
		p := s.Parameters()
		p.OwnNS = s.of(name, 1)
		kinds[name] = p
	}
	return kinds
}

// Lone is the program of goroutines that have a processor each and keep it.
func Lone(processors int) Program {
	return Program{Processors: processors, Shards: DefaultShards(processors), PerProc: 1, Series: 1, Steps: 40_000, Seed: 5}
}

// Server is the program of a server: goroutines that live long, 64 on each processor,
// take turns each 20 adds, and one switch in 20 moves one to another processor. They
// add to 100 counters.
func Server(processors int) Program {
	p := crowdProgram(processors)
	p.Stolen, p.Series = 0.05, 100
	return p
}

// Restless is the program of goroutines that take turns each 20 adds in a queue of all
// processors, and add to one counter: the worst that hints can meet.
func Restless(processors int) Program { return crowdProgram(processors) }
