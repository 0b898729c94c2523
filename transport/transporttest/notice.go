package transporttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// Notice is an event or a service check as it arrived. A reader for
// [ReceivedNotices] fills in what its wire carries; [NoticesArrive] clears the
// rest in what is expected.
type Notice struct {
	Check bool     // a service check, else an event
	Title string   // of an event; the name of a check
	Text  string   // of an event; the message of a check
	Tags  []string // as on the wire; their order matters
	Host  string
	Unix  int64 // 0 if it has no time
}

// String returns the notice on one line.
func (n Notice) String() string {
	what := "event"
	if n.Check {
		what = "check"
	}
	return fmt.Sprintf("%s %q %q tags %q host %q at %d", what, n.Title, n.Text, n.Tags, n.Host, n.Unix)
}

// Notices returns the events and checks of b in order, for transports that keep a
// [transport.Batch].
func Notices(b *transport.Batch) []Notice {
	unix := func(t time.Time) int64 {
		if t.IsZero() {
			return 0
		}
		return t.Unix()
	}
	var out []Notice
	for _, e := range b.Events {
		out = append(out, Notice{Title: e.Title, Text: e.Text, Tags: slices.Clone(e.Tags), Host: e.Host, Unix: unix(e.Time)})
	}
	for _, c := range b.Checks {
		out = append(out, Notice{
			Check: true, Title: c.Name, Text: c.Message, Tags: slices.Clone(c.Tags), Host: c.Host, Unix: unix(c.Time),
		})
	}
	return out
}

// takesNotices sends events and service checks, each in a batch of its own as the
// flusher does, to a transport that says it takes them.
func takesNotices(e *env) {
	t := e.open()
	d := describe(t)
	var want []Notice
	for _, b := range strangeNotices(d) {
		e.deliver(t, b)
		want = append(want, e.expectedNotices(t, b)...)
	}
	e.deliver(t, ordinary("after events", d))
	if e.cfg.notices == nil {
		return
	}
	got := e.receivedNotices(t, len(want))
	for i := range min(len(got), len(want)) {
		if got[i].String() != want[i].String() {
			e.stop("of events and checks, number %d arrived as %v, want %v", i, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		e.errorf("%d events and checks arrived, %d were sent", len(got), len(want))
	}
}

// obeysContextWithNotices is obeysContext for events and checks.
func obeysContextWithNotices(e *env) {
	t := e.open()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for i, b := range plainNotices("cancelled", describe(t)) {
		arrives := e.expectedNotices(t, b)
		if err := e.send(ctx, t, b); err != nil {
			se, ok := errors.AsType[*transport.SendError](err)
			switch {
			case !ok:
				e.errorf("Send of an event or a check with a cancelled context returned %v, which counts as Permanent: wrap it in a SendError with Retry", err)
			case se.Outcome != transport.Retry && se.Outcome != transport.Unknown:
				e.errorf("Send of an event or a check with a cancelled context ended as %v: want Retry or Unknown", se.Outcome)
			}
			arrives = nil
		}
		later := plainNotices(fmt.Sprint("later ", i), describe(t))[i]
		e.deliver(t, later)
		e.noticesAreThere(t, append(arrives, e.expectedNotices(t, later)...))
	}
}

// refusesNoticesWhenClosed is refusesWhenClosed for events and checks.
func refusesNoticesWhenClosed(e *env) {
	t := e.open()
	all := plainNotices("closed", describe(t))
	e.close(t)
	ctx, cancel := e.context()
	defer cancel()
	for _, b := range all {
		if e.send(ctx, t, b) == nil {
			e.errorf("Send of an event or a check after Close returned nil: want an error, so that it is not counted as delivered")
		}
	}
}

// survivesOutageWithNotices is survivesOutage for events and checks.
func survivesOutageWithNotices(e *env) {
	t := e.open()
	d := describe(t)
	e.cfg.down(t)
	for _, b := range plainNotices("lost", d) {
		ctx, cancel := e.context()
		err := e.send(ctx, t, b)
		cancel()
		switch se := transport.AsSendError(err); {
		case se == nil:
			e.stop("Send of an event or a check returned nil while its peer was gone")
		case se.Outcome != transport.Retry && se.Outcome != transport.Unknown:
			e.stop("Send of an event or a check ended as %v while its peer was gone, want Retry or Unknown: %v", se.Outcome, err)
		}
	}
	e.cfg.up(t)
	var want []Notice
	for _, b := range plainNotices("after", d) {
		e.retry(t, b)
		want = append(want, e.expectedNotices(t, b)...)
	}
	e.noticesAreThere(t, want)
}

// expectedNotices returns how the events and checks of b look when they arrive.
func (e *env) expectedNotices(t transport.Transport, b *transport.Batch) []Notice {
	all := Notices(b)
	namer, _ := t.(transport.WireNamer)
	for i := range all {
		n := &all[i]
		if namer != nil {
			for j, tag := range n.Tags {
				n.Tags[j] = namer.WireTag(tag)
			}
		}
		if e.cfg.noticesArrive != nil {
			*n = e.cfg.noticesArrive(*n)
		}
	}
	return all
}

// noticesAreThere checks that want arrived. Others may have: a Send that failed
// as Unknown.
func (e *env) noticesAreThere(t transport.Transport, want []Notice) {
	if e.cfg.notices == nil {
		return
	}
	missing := want
	// These are waited for, not their number: others may have arrived before them.
	await(e.cfg, len(want), func() []Notice {
		got := map[string]bool{}
		for _, n := range e.cfg.notices(t) {
			got[n.String()] = true
		}
		there := func(n Notice) bool { return got[n.String()] }
		missing = slices.DeleteFunc(slices.Clone(want), there)
		return want[:len(want)-len(missing)]
	})
	for _, n := range missing {
		e.errorf("Send returned nil: did not arrive: %v", n)
	}
}

// receivedNotices returns what reached the peer of t, once it is n events and
// checks or the limit has passed.
func (e *env) receivedNotices(t transport.Transport, n int) []Notice {
	return await(e.cfg, n, func() []Notice { return e.cfg.notices(t) })
}

// plainNotices returns an event and a check, each in a batch of its own, as far as
// a transport described by d takes them.
func plainNotices(prefix string, d transport.Description) []*transport.Batch {
	var all []*transport.Batch
	if d.Events {
		b := newBatch()
		b.Events = []transport.Event{{
			Title: prefix + " event", Text: "text", Time: time.Unix(start, 0), Tags: []string{"env:test"}, Host: "web1",
		}}
		all = append(all, b)
	}
	if d.Checks {
		b := newBatch()
		b.Checks = []transport.ServiceCheck{{
			Name: "check." + prefix, Status: transport.CheckCritical, Message: "message", Time: time.Unix(start, 0),
			Tags: []string{"env:test"}, Host: "web1",
		}}
		all = append(all, b)
	}
	return all
}

// strangeNotices returns batches of one event or check each, with strange texts
// everywhere but in the names of checks.
func strangeNotices(d transport.Description) []*transport.Batch {
	all := plainNotices("plain", d)
	add := func(change func(*transport.Batch)) {
		b := newBatch()
		b.ID.Seq = uint64(len(all) + 1)
		change(b)
		all = append(all, b)
	}
	when := time.Unix(start, 0)
	for i, w := range strangeWords {
		text := w + "\n" + w // a text may have several lines
		if d.Events {
			add(func(b *transport.Batch) {
				b.Events = []transport.Event{{
					Title: w, Text: text, Time: when, AlertType: transport.AlertError, Priority: transport.PriorityLow,
					AggregationKey: w, SourceTypeName: w, Tags: []string{"env:test", w}, Host: w,
				}}
			})
			add(func(b *transport.Batch) { b.Events = []transport.Event{{Title: fmt.Sprint("alone ", i)}} })
		}
		if d.Checks {
			add(func(b *transport.Batch) {
				b.Checks = []transport.ServiceCheck{{
					Name: fmt.Sprint("check.", i), Status: transport.CheckStatus(i % 4), Message: text, Time: when,
					Tags: []string{"env:test", w}, Host: w,
				}}
			})
		}
	}
	return all
}
