package flush

import (
	"fmt"
	"path"
	"reflect"

	"github.com/shardstats/shardstats/transport"
)

// delivery is a batch on its way from a view to its senders.
type delivery struct {
	h     *handout
	view  *view
	noted []unitKey // the revisions in it
}

// deliver puts what waits in the outbox into the queues of the senders, which
// never blocks. Under f.mu.
func (f *Flusher) deliver() {
	for i, d := range f.outbox {
		d.h.refs.Store(1) // ours, so that the first sender to be done does not recycle it
		for _, s := range d.view.senders {
			s.enqueue(d.h)
		}
		for _, k := range d.noted { // older ones still queued are not sent any more
			d.view.revisions.note(k.series, k.unix, k.rev)
		}
		d.h.release()
		f.outbox[i] = delivery{}
	}
	f.outbox = f.outbox[:0]
}

// uniqueName returns the name of a transport in books and messages: the one the
// user gave, or its own, or its package's, with "#2" for the second of a name.
func uniqueName(taken map[string]int, tc TransportConfig) string {
	name := tc.Name
	if name == "" {
		name = describe(tc.Transport).Name
	}
	if name == "" {
		t := reflect.TypeOf(tc.Transport)
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if name = path.Base(t.PkgPath()); name == "." || name == "main" {
			name = t.Name()
		}
	}
	taken[name]++
	if n := taken[name]; n > 1 {
		return fmt.Sprintf("%s#%d", name, n)
	}
	return name
}

func describe(t transport.Transport) transport.Description {
	if d, ok := t.(transport.Describer); ok {
		return d.Describe()
	}
	return transport.Description{}
}
