package tune

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"
	"unsafe"

	"github.com/shardstats/shardstats/stats"
)

// A submitter is what one goroutine does with one client.
type submitter interface {
	// submit makes the next n submissions.
	submit(n int)
	// bytes returns what it holds that is not the client's.
	bytes() int
}

// A load is a workload made ready: everything that does not belong to a client.
type load interface {
	// open returns the submitter of one goroutine.
	open(c *stats.Client, goroutine int) submitter
	// touch submits something to every series.
	touch(c *stats.Client)
	// series returns how many series there are.
	series() int
	// samples reports whether any of them keeps samples.
	samples() bool
	// present says what time it is, to those that stamp submissions.
	present(now time.Time)
	// piles reports whether some submissions wait in memory for the next flush, which
	// has room for so many.
	piles() bool
}

// series is one series of a mix, with the strings that the application holds.
type series struct {
	kind kind
	name string
	tags []string
	// What built tags are put together from.
	keys   []string
	number int
}

// step is one submission of a schedule.
type step struct {
	series int32
	value  float64
}

// stepsPerTurn is the length of a schedule: long enough that no branch predictor
// knows it by heart, short enough to stay in the cache.
const stepsPerTurn = 4096

// mixLoad is a load made from a mix.
type mixLoad struct {
	w   *Workload
	all []series
	// of has the series of each kind.
	of [len(kindNames)][]int32
}

func newMixLoad(w *Workload) *mixLoad {
	l := &mixLoad{w: w}
	kinds := w.Mix.kinds()
	left, share := w.Series, w.Mix.total()
	for i, k := range kinds {
		// Each kind has its share of the series, at least one, and leaves one to each
		// of those after it.
		n := int(math.Round(float64(left) * float64(*w.Mix.shares()[k]) / float64(share)))
		n = min(max(1, n), left-(len(kinds)-1-i))
		if i == len(kinds)-1 {
			n = left
		}
		for number := range n {
			l.of[k] = append(l.of[k], int32(len(l.all)))
			l.all = append(l.all, newSeries(k, number, w.Tags))
		}
		left, share = left-n, share-*w.Mix.shares()[k]
	}
	return l
}

func newSeries(k kind, number, tags int) series {
	s := series{kind: k, name: "tuned." + kindNames[k], number: number}
	for t := range tags {
		s.keys = append(s.keys, fmt.Sprintf("tag%d:", t))
	}
	for t := range tags {
		s.tags = append(s.tags, s.tag(t))
	}
	if tags == 0 {
		s.name += "." + strconv.Itoa(number) // what else tells the series apart
	}
	return s
}

// tag returns a tag: the first one tells the series apart, the others have few values.
func (s *series) tag(t int) string {
	if t == 0 {
		return s.keys[t] + strconv.Itoa(s.number)
	}
	return s.keys[t] + strconv.Itoa(s.number%(10*t))
}

func (l *mixLoad) series() int { return len(l.all) }

func (l *mixLoad) samples() bool { return l.w.Mix.Histogram+l.w.Mix.Timing > 0 }

func (*mixLoad) present(time.Time) {}

func (*mixLoad) piles() bool { return false }

func (l *mixLoad) touch(c *stats.Client) {
	for i := range l.all {
		l.all[i].submit(c, l.all[i].tags, float64(i))
	}
}

// schedule draws the submissions of one goroutine. The same goroutine gets the same
// ones from every client. A gauge has one writer, as in most services: two that
// write one gauge disturb each other, however many shards there are.
func (l *mixLoad) schedule(goroutine int) []step {
	random := rand.New(rand.NewPCG(uint64(goroutine), 0x7e57))
	steps := make([]step, stepsPerTurn)
	for i := range steps {
		of := l.of[l.draw(random.IntN(l.w.Mix.total()))]
		at := random.IntN(len(of))
		if all := l.w.Goroutines; l.all[of[0]].kind == gauge && len(of) >= all {
			at = at/all*all + goroutine
			if at >= len(of) {
				at = goroutine
			}
		}
		steps[i] = step{of[at], math.Round(100 * math.Exp(random.NormFloat64()))}
	}
	return steps
}

// draw returns the kind that a number below the total of the shares falls on.
func (l *mixLoad) draw(n int) kind {
	for k, share := range l.w.Mix.shares() {
		if n -= *share; n < 0 {
			return kind(k)
		}
	}
	panic("tune: a number beyond the shares")
}

func (l *mixLoad) open(c *stats.Client, goroutine int) submitter {
	steps := l.schedule(goroutine)
	switch l.w.Strings {
	case Bound:
		return newBound(c, l.all, steps)
	case Built:
		return &builder{turn: turn{steps: steps}, c: c, all: l.all}
	}
	return &keeper{turn: turn{steps: steps}, c: c, all: l.all}
}

// turn is where a goroutine is in its schedule.
type turn struct {
	steps []step
	at    int
}

func (t *turn) bytes() int { return int(unsafe.Sizeof(step{})) * len(t.steps) }

func (t *turn) next() step {
	t.at = (t.at + 1) % stepsPerTurn
	return t.steps[t.at]
}

// submit makes one submission by name. A distribution and a set get whole numbers
// that come again, as users and sizes do.
func (s *series) submit(c *stats.Client, tags []string, v float64) {
	switch s.kind {
	case counter:
		c.Count(s.name, 1, tags...)
	case gauge:
		c.Gauge(s.name, v, tags...)
	case histogram:
		c.Histogram(s.name, v, tags...)
	case timing:
		c.Timing(s.name, time.Duration(v)*time.Millisecond, tags...)
	case distribution:
		c.Distribution(s.name, v, tags...)
	case set:
		c.Set(s.name, members[int(v)%len(members)], tags...)
	}
}

// members are those of all sets.
var members = func() (m [256]string) {
	for i := range m {
		m[i] = "member-" + strconv.Itoa(i)
	}
	return m
}()

// keeper submits with strings that it holds.
type keeper struct {
	turn
	c   *stats.Client
	all []series
}

func (k *keeper) submit(n int) {
	for range n {
		step := k.next()
		s := &k.all[step.series]
		s.submit(k.c, s.tags, step.value)
	}
}

// builder puts the tags together for each submission.
type builder struct {
	turn
	c   *stats.Client
	all []series
}

func (b *builder) submit(n int) {
	var tags [maxTags]string
	for range n {
		step := b.next()
		s := &b.all[step.series]
		for t := range s.keys {
			tags[t] = s.tag(t)
		}
		s.submit(b.c, tags[:len(s.keys)], step.value)
	}
}
