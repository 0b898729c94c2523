package scaling

import "math/bits"

// Parameters are what the model needs to know of a machine, all measured on it.
type Parameters struct {
	// OwnNS is what a submission takes whose lines are at hand.
	OwnNS float64
	// TransferNS is what it takes longer if its line is at another processor.
	TransferNS float64
	// ServeNS is the time that one word needs for each add, with everybody adding to
	// it: two processors get on together at most so fast, and more no faster.
	ServeNS float64
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

// Predict returns what submissions cost in a program: their own work, and a transfer for
// each line that another processor has. It is an upper estimate of the time for the
// lines of hints, which are read ahead of need, and does not know queues at one line:
// past a share of one in ten they make it longer.
func Predict(par Parameters, p Program) Prediction {
	s := Simulate(p)
	return Prediction{
		Processors: p.Processors, Shared: s,
		NS: par.OwnNS + (s.Cells+s.Hints)*par.TransferNS,
	}
}

// PredictOneWord returns the same for one word that all add to. Each waits until the
// others have been served; alone nobody waits.
func PredictOneWord(par Parameters, processors int) Prediction {
	p := Prediction{Processors: processors, NS: par.OwnNS}
	if processors > 1 {
		p.Shared.Cells = 1 - 1/float64(processors)
		p.NS = max(par.OwnNS, float64(processors)*par.ServeNS)
	}
	return p
}
