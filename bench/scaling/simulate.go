package scaling

import "math/rand/v2"

// Program is what the simulation runs: goroutines on processors, adding to counters.
// It goes on in steps; in each, every processor makes one add.
//
// A goroutine finds its shard as shard/cpu.go does: the place of its stack leads to a
// hint, which may be old or another goroutine's, and which is put right when the cell
// that was added to becomes a multiple of 64.
type Program struct {
	Processors int
	Shards     int // a power of two
	PerProc    int // goroutines that live on each processor
	Slice      int // adds of a goroutine before the processor takes another; 0: it never does
	// Stolen is the share of the switches at which the processor takes a goroutine
	// that was on another one.
	Stolen float64
	Series int // each add is to one of them, at random
	Steps  int
	Seed   uint64
}

// What the simulation knows of shard/cpu.go.
const (
	hintSlots = 1024
	hintEvery = 64
	hintsLine = 64 / 4 // hints in a cache line
)

// Shared is what a simulation found: how often, per add, a processor needed a cache
// line that another one had written last.
type Shared struct {
	Cells float64 // the line of the counter's cell
	Hints float64 // the line of the hint
}

// machine is the state of a simulation.
type machine struct {
	Program
	rng     *rand.Rand
	place   []int   // of each goroutine in hints
	queues  [][]int // goroutines by processor; the first runs
	hints   [hintSlots]int
	version [hintSlots / hintsLine]int // of a line of hints: how often it was written
	known   [][]int                    // versions that each processor has seen
	sums    []int                      // by shard and series
	writer  []int                      // who wrote a line of cells last, plus 1
}

// Simulate runs a program, its first half to settle, and its second half to count.
// The same program gives the same result.
func Simulate(p Program) Shared {
	m := &machine{Program: p, rng: rand.New(rand.NewPCG(p.Seed, 1))}
	m.sums = make([]int, p.Shards*p.Series)
	m.writer = make([]int, p.Shards*m.linesOfShard())
	m.queues, m.known = make([][]int, p.Processors), make([][]int, p.Processors)
	for proc := range p.Processors {
		m.known[proc] = make([]int, len(m.version))
		for range max(p.PerProc, 1) {
			m.queues[proc] = append(m.queues[proc], len(m.place))
			m.place = append(m.place, m.rng.IntN(hintSlots))
		}
	}
	var cells, hints, adds int
	for step := range p.Steps {
		first := m.rng.IntN(p.Processors)
		for i := range p.Processors {
			proc := (first + i) % p.Processors
			cell, hint := m.add(proc)
			if step >= p.Steps/2 {
				adds++
				cells += cell
				hints += hint
			}
			if p.Slice > 0 && step%p.Slice == proc%p.Slice {
				m.next(proc)
			}
		}
	}
	if adds == 0 {
		return Shared{}
	}
	return Shared{Cells: float64(cells) / float64(adds), Hints: float64(hints) / float64(adds)}
}

// linesOfShard is how many lines the cells of a shard fill.
func (m *machine) linesOfShard() int { return (m.Series + lineCells - 1) / lineCells }

// add makes one add on a processor, and returns 1 for each line that it had to get
// from another one.
func (m *machine) add(proc int) (cell, hint int) {
	slot := m.place[m.queues[proc][0]]
	line := slot / hintsLine
	if m.known[proc][line] != m.version[line] {
		m.known[proc][line] = m.version[line]
		hint = 1
	}
	shard, series := m.hints[slot]&(m.Shards-1), m.rng.IntN(m.Series)
	at := shard*m.linesOfShard() + series/lineCells
	if last := m.writer[at]; last != 0 && last != proc+1 {
		cell = 1
	}
	m.writer[at] = proc + 1
	sum := &m.sums[shard*m.Series+series]
	if *sum++; *sum%hintEvery == 0 && m.hints[slot] != proc {
		m.hints[slot] = proc
		m.version[line]++
		m.known[proc][line] = m.version[line]
	}
	return cell, hint
}

// next makes another goroutine run on a processor: the next of its own, or one that
// waits on another processor, in exchange for the one that ran.
func (m *machine) next(proc int) {
	own := m.queues[proc]
	if from := m.rng.IntN(m.Processors); from != proc && m.rng.Float64() < m.Stolen {
		other := m.queues[from]
		own[0], other[len(other)-1] = other[len(other)-1], own[0]
		if len(other) > 1 {
			return
		}
	}
	ran := own[0]
	copy(own, own[1:])
	own[len(own)-1] = ran
}
