package scaling

import "math/bits"

// Parameters are what the model needs to know of a machine, all measured on it.
type Parameters struct {
	// OwnNS is what a submission takes whose lines are at hand.
	OwnNS float64
	// TransferNS is what it takes longer if its line is at another processor that does
	// not use it just then.
	TransferNS float64
	// GraceNS is how long a processor can go on with a line that another one has asked
	// for. At a word that all use it decides how many adds are made at a time.
	GraceNS float64
}

// lines returns the parameters in steps of the simulation.
func (p Parameters) lines() Lines {
	return Lines{Transfer: p.TransferNS / p.OwnNS, Grace: p.GraceNS / p.OwnNS}
}

// ServeNS is the time that one word needs for each add, with everybody adding to it:
// all processors together get on at most so fast.
func (p Parameters) ServeNS() float64 {
	if p.GraceNS < p.OwnNS { // one add at a time
		return p.OwnNS + p.TransferNS
	}
	return p.OwnNS * p.TransferNS / p.GraceNS
}

// Prediction is what a submission is expected to take on each of n processors that do
// nothing else.
type Prediction struct {
	Processors int
	Shared     Shared
	NS         float64
}

// PerSecond is how many submissions all processors make together.
func (p *Prediction) PerSecond() float64 { return float64(p.Processors) * 1e9 / p.NS }

// DefaultShards is what WithShards has as its default: the next power of two, up to 256.
func DefaultShards(processors int) int {
	return min(1<<bits.Len(uint(max(processors, 1)-1)), 256)
}

// Predict returns what submissions cost in a program, by simulation.
func Predict(par Parameters, p Program) Prediction {
	s := Simulate(p, par.lines())
	return Prediction{Processors: p.Processors, Shared: s, NS: par.OwnNS * s.Steps}
}

// PredictOneWord returns the same for one word that all add to. Each waits until the
// others have been served; alone nobody waits.
func PredictOneWord(par Parameters, processors int) Prediction {
	if processors < 2 {
		return Prediction{Processors: processors, NS: par.OwnNS}
	}
	return Prediction{Processors: processors, NS: float64(processors) * par.ServeNS()}
}
