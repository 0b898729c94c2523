package flush

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport"
)

// reply is what the transport of the state machine does with one request.
type reply struct {
	takes     time.Duration
	ok, panic bool
	outcome   transport.Outcome
	delivered int // of the batch, in 1/4
	rejected  []int
	after     time.Duration
}

var anyReply = rapid.Custom(func(t *rapid.T) reply {
	r := reply{
		takes:   time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, 40}).Draw(t, "takes")) * time.Second,
		ok:      rapid.Bool().Draw(t, "ok"),
		panic:   rapid.IntRange(0, 15).Draw(t, "panic") == 0,
		outcome: transport.Outcome(rapid.IntRange(-1, 6).Draw(t, "outcome")),
	}
	if rapid.Bool().Draw(t, "partial") {
		r.delivered = rapid.IntRange(-1, 5).Draw(t, "delivered")
		r.rejected = rapid.SliceOfN(rapid.IntRange(-1, 12), 0, 3).Draw(t, "rejected")
	}
	if rapid.Bool().Draw(t, "asks") {
		r.after = time.Duration(rapid.IntRange(-1, 400).Draw(t, "after")) * time.Second
	}
	return r
})

// model is what may be known from outside of the sender: what the transport was
// given, what it acknowledged, and which units there are.
type model struct {
	*made
	replies  []reply
	acked    map[string]bool // point → delivered
	refused  map[string]bool // point → rejected
	newest   map[string]uint32
	problems []string
	stale    []string // sent although a newer revision was handed out
}

func (m *model) problem(format string, args ...any) {
	m.problems = append(m.problems, fmt.Sprintf(format, args...))
}

func points(u unit) []string {
	if u.points <= 1 {
		return []string{fmt.Sprintf("%s@%d.%d", u.name, u.unix, u.rev)}
	}
	var out []string
	for i := range u.points {
		out = append(out, fmt.Sprintf("%s.%d@%d.%d", u.name, i, u.unix, u.rev))
	}
	return out
}

// Send is called by one goroutine at a time, and the test looks at the model
// only while that one sleeps.
func (m *model) send(_ context.Context, call int, b *transport.Batch) error {
	got := names(b)
	if len(got) == 0 {
		m.problem("an empty batch was sent")
	}
	for _, p := range got {
		if m.acked[p] || m.refused[p] {
			m.problem("%s was sent again after its answer", p)
		}
	}
	for i := range b.Series {
		for _, p := range b.Series[i].Points {
			if rev, ok := m.newest[b.Series[i].Name]; ok && p.Rev < rev {
				m.stale = append(m.stale, fmt.Sprintf("%s was sent in revision %d, the newest is %d", b.Series[i].Name, p.Rev, rev))
			}
		}
	}
	if call >= len(m.replies) { // the backend is well in the end
		for _, p := range got {
			m.acked[p] = true
		}
		return nil
	}
	r := m.replies[call]
	time.Sleep(r.takes)
	if r.panic {
		panic("transport")
	}
	if r.ok {
		for _, p := range got {
			m.acked[p] = true
		}
		return nil
	}
	e := &transport.SendError{Outcome: r.outcome, Delivered: len(got) * r.delivered / 4, After: r.after, Err: errBackend}
	for i := range min(max(e.Delivered, 0), len(got)) {
		m.acked[got[i]] = true
	}
	for _, i := range r.rejected {
		e.Rejected = append(e.Rejected, transport.Rejection{Index: i})
		if i >= 0 && i < len(got) {
			delete(m.acked, got[i])
			m.refused[got[i]] = true
		}
	}
	return e
}

// plan is one drawn case: it is drawn whole, because rapid cannot be asked from
// within a bubble.
type plan struct {
	cfg     TransportConfig
	manual  bool
	replies []reply
	steps   []step
	units   []unit
	newest  map[string]uint32 // of the overwriting units so far
}

// step is one thing the flusher does: it hands units over, or drops some, or
// lets time pass.
type step struct {
	units []unit
	drop  int
	sleep time.Duration
}

func drawPlan(t *rapid.T) *plan {
	p := &plan{
		cfg: TransportConfig{
			Name:         "fake",
			QueueBatches: rapid.IntRange(1, 8).Draw(t, "bound"),
			DropNewest:   rapid.Bool().Draw(t, "drop newest"),
			RetryUnknown: rapid.Bool().Draw(t, "retry unknown"),
		},
		manual:  rapid.Bool().Draw(t, "manual"),
		replies: rapid.SliceOfN(anyReply, 0, 25).Draw(t, "replies"),
		newest:  map[string]uint32{},
	}
	for range rapid.IntRange(1, 12).Draw(t, "steps") {
		var s step
		switch rapid.IntRange(0, 4).Draw(t, "step") {
		case 0, 1, 2:
			s.units = p.drawUnits(t)
		case 3:
			s.sleep = time.Duration(rapid.IntRange(1, 3000).Draw(t, "sleep")) * time.Second
		case 4:
			s.drop = 2
		}
		p.steps = append(p.steps, s)
	}
	return p
}

// drawUnits makes the units of one batch: new ones that add up, expanded ones,
// and revisions of a few that overwrite.
func (p *plan) drawUnits(t *rapid.T) []unit {
	var units []unit
	used := map[string]bool{}
	for range rapid.IntRange(1, 9).Draw(t, "units") {
		u := adding(fmt.Sprintf("u%d", len(p.units)+len(units)))
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			u.points = rapid.IntRange(2, 5).Draw(t, "points")
		case 1:
			u.overwrite = true
		case 2:
			name := rapid.SampledFrom([]string{"x", "y"}).Draw(t, "name")
			if used[name] { // one unit of a (series, bucket) in a batch
				break
			}
			used[name] = true
			u = overwriting(name)
			if rev, ok := p.newest[name]; ok {
				u.rev = rev + 1
			}
			p.newest[name] = u.rev
		}
		units = append(units, u)
	}
	p.units = append(p.units, units...)
	return units
}

// Random answers to random batches: every unit is settled exactly once, where
// the transport's own answers say, and the books balance at every step.
func TestEveryUnitIsSettledOnceWhateverTheTransportDoes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPlan(rt)
		var problems []string
		synctest.Test(t, func(*testing.T) { problems = p.run() })
		if len(problems) > 0 {
			rt.Fatal(strings.Join(problems, "\n"))
		}
	})
}

// Errorf makes a model a testing target of assert.
func (m *model) Errorf(format string, args ...any) { m.problem(format, args...) }

// run plays a plan and returns what was wrong.
func (p *plan) run() []string {
	m := &model{made: newMade(), replies: p.replies, acked: map[string]bool{}, refused: map[string]bool{}, newest: map[string]uint32{}}
	h := &heard{}
	env := h.env()
	env.maxAge, env.manual = time.Hour, p.manual
	cfg := p.cfg
	cfg.Transport = answer(m.send)
	s := newSender(cfg, env)
	s.start()
	inTotal := 0
	for _, st := range p.steps {
		for _, u := range st.units {
			if u.name == "x" || u.name == "y" {
				m.newest[u.name] = u.rev
			}
		}
		if len(st.units) > 0 {
			m.hand(s, st.units...)
		}
		s.drop(st.drop, transport.ReasonCollision)
		inTotal += len(st.units) + st.drop
		time.Sleep(st.sleep)
		synctest.Wait()
		balanced(m, s)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 48*time.Hour)
	defer cancel()
	assert.NoError(m, s.wait(ctx))
	balanced(m, s)
	assert.NoError(m, s.stop(ctx))

	b := balanced(m, s)
	assert.Zero(m, b.Pending)
	assert.EqualValues(m, inTotal, b.RolledUp)
	if b.Dropped[transport.ReasonQueueFull] == 0 { // or the newer one itself may be lost
		m.problems = append(m.problems, m.stale...)
	}
	delivered, rejected := m.answered(p.units)
	assert.EqualValues(m, delivered, b.Delivered, "delivered is what the transport acknowledged whole")
	assert.GreaterOrEqual(m, b.Dropped[transport.ReasonRejected], rejected)
	m.free(m)
	assert.Zero(m, s.queue.batches)
	assert.Zero(m, s.queue.bytes)
	return m.problems
}

// answered counts the units that the transport's answers decide.
func (m *model) answered(units []unit) (delivered, rejected uint64) {
	for _, u := range units {
		acked, refused := 0, 0
		for _, p := range points(u) {
			if m.refused[p] {
				refused++
			} else if m.acked[p] {
				acked++
			}
		}
		if refused > 0 {
			rejected++
		} else if acked == max(u.points, 1) {
			delivered++
		}
	}
	return delivered, rejected
}
