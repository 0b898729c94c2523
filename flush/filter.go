package flush

import "log/slog"

// filter asks a user's function which metrics a transport gets, once for each
// series.
type filter struct {
	only    func(name string) bool
	log     *slog.Logger
	choices []choice // by id
}

type choice struct {
	known bool
	key   uint64 // whom it is about; ids are reused
	keep  bool
}

func newFilter(only func(string) bool, log *slog.Logger) *filter {
	return &filter{only: only, log: log}
}

func (f *filter) keeps(series *Series) bool {
	f.choices = grow(f.choices, int(series.ID))
	c := &f.choices[series.ID]
	if !c.known || c.key != series.Key {
		*c = choice{true, series.Key, f.ask(series.Name())}
	}
	return c.keep
}

// ask calls the user's function, which must not hurt us. Where it panics the
// metric is kept.
func (f *filter) ask(name string) (keep bool) {
	keep = true
	shielded(f.log, "flush: the filter of a transport panicked; the metric is sent", name, func() { keep = f.only(name) })
	return keep
}

// grow returns s with a place for index i.
func grow[T any](s []T, i int) []T {
	if i < len(s) {
		return s
	}
	return append(make([]T, 0, i+1+i/8), s...)[:i+1+i/8]
}

// shielded calls a function of the user that is about a name. A panic is logged
// and goes no further; one of the log's handler goes nowhere.
func shielded(log *slog.Logger, complaint, name string, call func()) {
	defer func() {
		if p := recover(); p != nil {
			defer func() { _ = recover() }()
			log.Error(complaint, "name", name, "panic", p)
		}
	}()
	call()
}
