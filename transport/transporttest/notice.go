package transporttest

import (
	"fmt"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// takesNotices sends events and service checks, each in a batch of its own as the
// flusher does, to a transport that says it takes them.
func takesNotices(e *env) {
	t := e.open()
	d := describe(t)
	var want []string
	for _, b := range notices(d) {
		e.deliver(t, b)
		want = append(want, titles(b)...)
	}
	e.deliver(t, ordinary("after events", d))
	if e.cfg.notices == nil {
		return
	}
	if got := e.cfg.notices(t); fmt.Sprint(got) != fmt.Sprint(want) {
		e.errorf("of events and checks %q arrived, want %q", got, want)
	}
}

// notices returns batches of one event or check each that a transport described
// by d takes.
func notices(d transport.Description) []*transport.Batch {
	var all []*transport.Batch
	add := func(change func(*transport.Batch)) {
		b := newBatch()
		b.ID.Seq = uint64(len(all) + 1)
		change(b)
		all = append(all, b)
	}
	when := time.Unix(start, 0)
	for i, w := range append([]string{"plain", "two\nlines"}, strangeWords...) {
		title := fmt.Sprint("event ", i)
		if d.Events {
			add(func(b *transport.Batch) {
				b.Events = []transport.Event{{
					Title: title, Text: w, Time: when, AlertType: transport.AlertError, Priority: transport.PriorityLow,
					AggregationKey: "key", SourceTypeName: "source", Tags: []string{"env:test", "b"}, Host: "web1",
				}}
			})
			add(func(b *transport.Batch) { b.Events = []transport.Event{{Title: title + " alone"}} })
		}
		if d.Checks {
			add(func(b *transport.Batch) {
				b.Checks = []transport.ServiceCheck{{
					Name: fmt.Sprint("check.", i), Status: transport.CheckStatus(i % 4), Message: w, Time: when,
					Tags: []string{"env:test", "b"}, Host: "web1",
				}}
			})
		}
	}
	return all
}

// titles returns the titles of the events and the names of the checks of b.
func titles(b *transport.Batch) []string {
	var out []string
	for i := range b.Events {
		out = append(out, b.Events[i].Title)
	}
	for i := range b.Checks {
		out = append(out, b.Checks[i].Name)
	}
	return out
}
