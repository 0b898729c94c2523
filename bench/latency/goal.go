package latency

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Ours is the name of this library.
const Ours = "shardstats"

// Goal is a figure that has one: a ratio of two percentiles 99.99.
type Goal struct {
	What           string
	Most           float64
	Low, Mid, High float64 // of all rounds together, in its 95 % interval
	Floor          float64 // what the machine alone does to such an operation, as a share of ours
}

// Met reports whether the goal was reached.
func (g *Goal) Met() bool { return g.Mid <= g.Most }

// Possible reports whether the figure is about the library: where the floor is nearly
// as long as the tail, the machine had others to serve, and the tail is theirs.
func (g *Goal) Possible() bool { return g.Floor < 0.5 }

// tail is the percentile that the goals are about.
const tail = 0.9999

// Goals returns what was asked for and measured.
func (r *Result) Goals() (goals []Goal) {
	for _, s := range r.Plan.settings() {
		if s.State != BackToBack {
			continue
		}
		mine := r.find(Cell{Ours, s.Way, s.Goroutines, BackToBack})
		quiet := r.find(Cell{Ours, s.Way, s.Goroutines, Quiet})
		if mine == nil || quiet == nil {
			continue
		}
		how := fmt.Sprintf("a counter %s, %s", s.Way, goroutines(s.Goroutines))
		goals = append(goals, goal(fmt.Sprintf("p99.99 of %s, while %d series are flushed without pause, to that without flushing", how, r.Plan.Series), 1.5, mine, quiet))
		if best := r.best(s); best != nil {
			goals = append(goals, goal(fmt.Sprintf("the same while flushing, to the best peer's, %s", best.Library), 0.2, mine, best))
		}
	}
	return goals
}

func goal(what string, most float64, a, b *Found) Goal {
	g := Goal{What: what, Most: most}
	g.Low, g.Mid, g.High = ratio(a, b)
	g.Floor = tails(&a.All.Floor, &a.All.Submit)
	return g
}

// resamples is how often ratio draws rounds.
const resamples = 400

// ratio compares the tails of two cells over all rounds: one round has too few times
// beyond such a percentile. The interval is the bootstrap's: where the ratio lies in
// 95 % of sets of rounds drawn from those that were measured. A draw takes rounds
// of the same number, which were measured side by side, from both.
func ratio(a, b *Found) (low, mid, high float64) {
	n := min(len(a.Rounds), len(b.Rounds))
	random := rand.New(rand.NewPCG(1, 2)) // fixed: a report is the same each time it is made
	all := make([]float64, resamples)
	for i := range all {
		var x, y Histogram
		for range n {
			at := random.IntN(n)
			x.Merge(&a.Rounds[at].Submit)
			y.Merge(&b.Rounds[at].Submit)
		}
		all[i] = tails(&x, &y)
	}
	slices.Sort(all)
	mid = tails(&a.All.Submit, &b.All.Submit)
	return min(mid, all[resamples/40]), mid, max(mid, all[resamples-1-resamples/40])
}

func tails(a, b *Histogram) float64 {
	return float64(a.Quantile(tail)) / float64(max(1, b.Quantile(tail)))
}

// best returns the peer with the lowest tail in a setting; nil if there is none.
func (r *Result) best(s Cell) (best *Found) {
	for _, f := range r.Found {
		s.Library = f.Library
		if f.Library != Ours && f.Cell == s && (best == nil || f.All.Submit.Quantile(tail) < best.All.Submit.Quantile(tail)) {
			best = f
		}
	}
	return best
}

func goroutines(n int) string {
	if n == 1 {
		return "1 goroutine"
	}
	return fmt.Sprintf("%d goroutines", n)
}
