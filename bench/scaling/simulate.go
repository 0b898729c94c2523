package scaling

import "math/rand/v2"

// Program is what the simulation runs: goroutines on processors, adding to counters.
// It goes on in steps of the time that an add takes whose lines are at hand.
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
	// Every, if not 0, makes only each add of that number one to a counter; the others
	// are to words of the processor's own.
	Every int
	Steps int // that are counted
	Seed  uint64
}

// What the simulation knows of shard/cpu.go.
const (
	hintSlots = 1024
	hintEvery = 64
	hintsLine = 64 / 4 // hints in a cache line
)

// Lines says what a cache line costs a processor that another one has, in steps.
type Lines struct {
	// Transfer is from asking for it to having it, if nobody else has asked.
	Transfer float64
	// Grace is how long who has it may go on after somebody has asked.
	Grace float64
}

// Shared is what a simulation found.
type Shared struct {
	// How often, per add, a processor needed a line that another one had: that of the
	// counter's cell, and that of the hint.
	Cells, Hints float64
	// Steps is what an add of each processor took.
	Steps float64
}

// machine is the state of a simulation.
type machine struct {
	Program
	lines   Lines
	rng     *rand.Rand
	place   []int     // of each goroutine in hints
	queues  [][]int   // goroutines by processor; the first runs
	busy    []float64 // until when each processor waits
	adds    []int     // of each processor
	hints   [hintSlots]int
	version [hintSlots / hintsLine]int // of a line of hints: how often it was written
	known   [][]int                    // versions that each processor has seen
	sums    []int                      // by shard and series
	cells   []cellLine                 // by shard
	found   Shared
}

// cellLine is a line of cells. Who asks for it gets it after all that have asked before.
type cellLine struct {
	last  int             // who asked last, plus 1: has it, or is going to
	since float64         // when that one has it
	keeps map[int]float64 // until when the others have it, if they do
}

// Simulate runs a program until its hints have settled, as if lines cost nothing, and
// then counts over its steps. The same program gives the same result.
func Simulate(p Program, lines Lines) Shared {
	m := &machine{Program: p, rng: rand.New(rand.NewPCG(p.Seed, 1))}
	m.sums = make([]int, p.Shards*p.Series)
	m.cells = make([]cellLine, p.Shards*m.linesOfShard())
	m.queues, m.known = make([][]int, p.Processors), make([][]int, p.Processors)
	m.busy, m.adds = make([]float64, p.Processors), make([]int, p.Processors)
	for proc := range p.Processors {
		m.known[proc] = make([]int, len(m.version))
		for range max(p.PerProc, 1) {
			m.queues[proc] = append(m.queues[proc], len(m.place))
			m.place = append(m.place, m.rng.IntN(hintSlots))
		}
	}
	settle := 4 * hintEvery * (p.Series + p.PerProc) // each cell and each goroutine comes to 64 adds
	m.run(0, settle)
	m.lines, m.found = lines, Shared{}
	clear(m.adds)
	m.run(settle, settle+p.Steps)
	total := 0
	for _, n := range m.adds {
		total += n
	}
	if total == 0 {
		return Shared{}
	}
	m.found.Cells /= float64(total)
	m.found.Hints /= float64(total)
	m.found.Steps = float64(p.Steps*p.Processors) / float64(total)
	return m.found
}

func (m *machine) run(from, to int) {
	for step := from; step < to; step++ {
		first := m.rng.IntN(m.Processors)
		for i := range m.Processors {
			proc := (first + i) % m.Processors
			if m.busy[proc] > float64(step) {
				continue
			}
			m.adds[proc]++
			m.add(proc, float64(step))
			if m.Slice > 0 && m.adds[proc]%m.Slice == 0 {
				m.next(proc)
			}
		}
	}
}

// linesOfShard is how many lines the cells of a shard fill.
func (m *machine) linesOfShard() int { return (m.Series + lineCells - 1) / lineCells }

// add makes one add on a processor, which is busy then until it has what it needs.
func (m *machine) add(proc int, now float64) {
	if m.Every > 0 && m.adds[proc]%m.Every != 0 {
		return
	}
	slot := m.place[m.queues[proc][0]]
	line := slot / hintsLine
	if m.known[proc][line] != m.version[line] {
		m.known[proc][line] = m.version[line]
		m.found.Hints++
		now += m.lines.Transfer
	}
	shard, series := m.hints[slot]&(m.Shards-1), m.rng.IntN(m.Series)
	cell := &m.cells[shard*m.linesOfShard()+series/lineCells]
	m.busy[proc] = m.get(cell, proc+1, now)
	sum := &m.sums[shard*m.Series+series]
	if *sum++; *sum%hintEvery == 0 && m.hints[slot] != proc {
		m.hints[slot] = proc
		m.version[line]++
		m.known[proc][line] = m.version[line]
	}
}

// get returns when a processor has a line that it needs now.
func (m *machine) get(line *cellLine, who int, now float64) float64 {
	if line.last == 0 {
		line.last, line.keeps = who, map[int]float64{}
	}
	if line.last == who || line.keeps[who] > now {
		return now
	}
	m.found.Cells++
	asked := max(now, line.since)
	line.keeps[line.last] = asked + m.lines.Grace
	line.last, line.since = who, asked+m.lines.Transfer
	return line.since
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
