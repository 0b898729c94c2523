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
	// Busy is how many rounds were left out because the machine had no two processors
	// to give.
	Busy int
}

// twoProcessors is how much longer an add to a word of one's own may take beside
// another goroutine that does the same. Where it takes longer the two ran one after
// the other, and shared nothing.
const twoProcessors = 1.2

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
	ns := make([]float64, len(all))
	for round, good := -settle, 0; good < plan.Rounds; round++ {
		for k := range all {
			i := (round + settle + k) % len(all)
			ns[i] = sideBySide(run[i], plan.Ops)
		}
		switch alone, together := ns[0], ns[1]; {
		case round < 0:
			continue
		case together > twoProcessors*alone && s.Busy < 4*plan.Rounds:
			s.Busy++
			continue
		}
		good++
		for i := range ns {
			s.Costs[i].NS = append(s.Costs[i].NS, ns[i])
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

// oneWord is what each add takes of two goroutines at one word: by turns, but some of
// one in a row before the other gets the line.
func (s *Sharing) oneWord() float64 { return s.of(loadOneWord, 2) }

// Parameters returns those of a bound counter.
//
// Where two goroutines come to a word each 64th time, they take turns at it, and find
// it idle; where processors are near each other, a part of the transfer is hidden
// behind the adds before, and coming each 16th time shows more of it. At one word, each
// adds for the grace, once in two transfers.
func (s *Sharing) Parameters() Parameters {
	transfer := max(64*(s.of(loadRarely, 2)-s.unit()), 16*(s.of(loadNowAndThen, 2)-s.unit()), 0)
	return Parameters{
		OwnNS: s.of(BoundCounter, 1), TransferNS: transfer,
		GraceNS: transfer * min(2*s.unit()/s.oneWord(), 1),
	}
}

// Word returns the parameters of adds to a bare word.
func (s *Sharing) Word() Parameters { return s.Parameters().with(s.unit()) }

// with returns the parameters of what takes so long alone.
func (p Parameters) with(ownNS float64) Parameters {
	p.OwnNS = ownNS
	return p
}

// Kinds returns the parameters of each kind of submission that was measured alone.
func (s *Sharing) Kinds() map[string]Parameters {
	kinds := map[string]Parameters{}
	for _, name := range []string{BoundCounter, OneShotCounter, BoundHistogram} {
		kinds[name] = s.Parameters().with(s.of(name, 1))
	}
	return kinds
}

// Lone is the program of goroutines that have a processor each and keep it.
func Lone(processors int) Program {
	return Program{Processors: processors, Shards: DefaultShards(processors), PerProc: 1, Series: 1, Steps: 20_000, Seed: 5}
}

// Server is the program of a server: goroutines that live long, 64 on each processor,
// take turns each 20 adds, and one switch in 20 moves one to another processor. They
// add to 100 counters.
func Server(processors int) Program {
	p := Restless(processors)
	p.Stolen, p.Series = 0.05, 100
	return p
}

// Restless is the program of goroutines that take turns each 20 adds in a queue of all
// processors, which is where Gosched puts them, and add to one counter: the worst that
// hints can meet.
func Restless(processors int) Program {
	p := Lone(processors)
	p.PerProc, p.Slice, p.Stolen = 64, request, 1
	return p
}
