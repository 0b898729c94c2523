package transporttest

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shardstats/shardstats/transport"
)

// describesItself checks what the flusher asks once and builds upon.
func describesItself(e *env) {
	t := e.open()
	before, temporality := e.facts(t)
	if strings.ContainsFunc(before.Name, func(r rune) bool { return unicode.IsControl(r) || r == '/' || r == '\\' }) {
		e.errorf("Describe returned the name %q: it stands in logs, want no control characters and no slashes", before.Name)
	}
	for i, v := range temporality {
		if v > transport.Cumulative {
			e.errorf("Temporality(%v) returned %v: want Additive, Overwrite or Cumulative", kinds[i], v)
		}
	}
	e.deliver(t, ordinary("described", before))
	after, later := e.facts(t)
	if after != before {
		e.errorf("Describe returned %+v, and after a Send %+v", before, after)
	}
	for i, v := range later {
		if v != temporality[i] {
			e.errorf("Temporality(%v) returned %v, and after a Send %v", kinds[i], temporality[i], v)
		}
	}
}

// facts asks t what it says about itself.
func (e *env) facts(t transport.Transport) (d transport.Description, temporality []transport.Temporality) {
	_ = e.guard("Describe or Temporality", func() error {
		d, temporality = describe(t), temporalities(t)
		return nil
	})
	return d, temporality
}

func temporalities(t transport.Transport) []transport.Temporality {
	out := make([]transport.Temporality, len(kinds))
	if r, ok := t.(transport.TemporalityReporter); ok {
		for i, k := range kinds {
			out[i] = r.Temporality(k)
		}
	}
	return out
}

// spellsNames checks a WireNamer while a Send runs: the flusher asks for
// spellings while the sender sends.
func spellsNames(e *env) {
	t := e.open()
	namer, ok := t.(transport.WireNamer)
	if !ok {
		return
	}
	b := ordinary("spelled", describe(t))
	ctx, cancel := e.context()
	defer cancel()
	err := e.guard("WireName or WireTag beside Send", func() error {
		return beside(
			func() error { return t.Send(ctx, clone(b)) },
			func() error { e.spellings("WireName", namer.WireName); return nil },
			func() error { e.spellings("WireTag", namer.WireTag); return nil },
		)
	})
	if err != nil {
		e.errorf("Send failed beside WireName: %v", err)
	}
}

// tellsSeriesApart checks a WireIdentifier while a Send runs.
func tellsSeriesApart(e *env) {
	t := e.open()
	identifier, ok := t.(transport.WireIdentifier)
	if !ok {
		return
	}
	b, all := ordinary("identified", describe(t)), strange().Series
	ctx, cancel := e.context()
	defer cancel()
	err := e.guard("AppendWireIdentity beside Send", func() error {
		return beside(
			func() error { return t.Send(ctx, clone(b)) },
			func() error { e.identities(identifier, all); return nil },
			func() error { e.identities(identifier, all); return nil },
		)
	})
	if err != nil {
		e.errorf("Send failed beside AppendWireIdentity: %v", err)
	}
}

func (e *env) identities(t transport.WireIdentifier, all []transport.Series) {
	const before = "before"
	first := make([]string, len(all))
	for i := range all {
		got := string(t.AppendWireIdentity([]byte(before), &all[i]))
		id, ok := strings.CutPrefix(got, before)
		if !ok || id == "" {
			e.errorf("AppendWireIdentity of %q made %q of %q: want something appended", all[i].Name, got, before)
		}
		first[i] = id
	}
	for i := len(all) - 1; i >= 0; i-- {
		if got := string(t.AppendWireIdentity(nil, &all[i])); got != first[i] {
			e.errorf("AppendWireIdentity of %q is %q, and was %q before: want a pure function", all[i].Name, got, first[i])
		}
	}
}

// distinct returns b without the series that are another one on the wire of t: the
// flusher would have made one of them.
func distinct(t transport.Transport, b *transport.Batch) *transport.Batch {
	identifier, ok := t.(transport.WireIdentifier)
	if !ok {
		return b
	}
	out, seen := &transport.Batch{ID: b.ID}, map[string]bool{}
	for i := range b.Series {
		s := &b.Series[i]
		id := string(identifier.AppendWireIdentity([]byte(s.Kind.String()), s))
		if !seen[id] {
			seen[id] = true
			out.Series = append(out.Series, *s)
		}
	}
	return out
}

func (e *env) spellings(what string, f func(string) string) {
	words := append([]string{"plain", "env:test", "a.b-c_d"}, strangeWords...)
	first := make([]string, len(words))
	for i, w := range words {
		got := f(w)
		first[i] = got
		switch again := f(got); {
		case got == "":
			e.errorf("%s(%q) is empty", what, w)
		case !utf8.ValidString(got):
			e.errorf("%s(%q) is %q: not UTF-8", what, w, got)
		case again != got:
			e.errorf("%s(%q) is %q, and of that %q: want a spelling that stays", what, w, got, again)
		}
	}
	for i := len(words) - 1; i >= 0; i-- {
		if got := f(words[i]); got != first[i] {
			e.errorf("%s(%q) is %q, and was %q before: want a pure function", what, words[i], got, first[i])
		}
	}
}

// kinds are those of which a transport may be asked its temporality.
var kinds = []transport.Kind{
	transport.KindCount, transport.KindRate, transport.KindGauge, transport.KindSet,
	transport.KindHistogram, transport.KindTiming, transport.KindDistribution,
}
