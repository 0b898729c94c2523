package flush

import (
	"fmt"
	"path"
	"reflect"

	"github.com/shardstats/shardstats/transport"
)

// capabilities is what a transport says about itself, asked once.
type capabilities struct {
	name  string // its own or its package's
	shape viewShape
	// At most one of them: how the transport names series, if it changes names.
	namer      transport.WireNamer
	identifier transport.WireIdentifier

	sketches bool // takes distributions as sketches, or not as summaries at all

	events, checks bool // what it takes of them
}

// capabilitiesOf asks t. A panic in its methods is an error.
func capabilitiesOf(t transport.Transport) (c capabilities, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("flush: transport %T panics in Describe or Temporality: %v", t, p)
		}
	}()
	if d, ok := t.(transport.Describer); ok {
		said := d.Describe()
		c.name, c.events, c.checks = said.Name, said.Events, said.Checks
		c.shape = viewShape{
			summaries:     said.Summaries,
			distributions: said.Summaries || said.Distributions,
			members:       said.Members,
			untimed:       said.Untimed,
		}
		c.sketches = said.Sketches
	}
	c.sketches = c.sketches || !c.shape.distributions
	if r, ok := t.(transport.TemporalityReporter); ok {
		for kind := transport.KindCount; kind <= transport.KindDistribution; kind++ {
			c.shape.temporality[kind] = r.Temporality(kind)
		}
	}
	if c.identifier, _ = t.(transport.WireIdentifier); c.identifier == nil {
		c.namer, _ = t.(transport.WireNamer)
	}
	if c.name == "" {
		c.name = packageOf(t)
	}
	return c, nil
}

// use settles the profile of the transport. Counts per second are no totals: where
// totals are wanted they are sent as what they are for the bucket.
func (c *capabilities) use(p Profile) {
	c.shape.profile = p
	if count := &c.shape.temporality[transport.KindCount]; *count == transport.Cumulative && p.countKind() != transport.KindCount {
		*count = transport.Overwrite
	}
}

// packageOf returns the last part of the path of the package that t's type is
// from, or the type's name if that says nothing.
func packageOf(t transport.Transport) string {
	typ := reflect.TypeOf(t)
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if name := path.Base(typ.PkgPath()); name != "." && name != "main" {
		return name
	}
	return typ.Name()
}

// uniqueName returns the name of a transport in books and messages: the one the
// user gave, or its own, with "#2" for the second of a name.
func uniqueName(taken map[string]bool, given, own string) string {
	name := given
	if name == "" {
		name = own
	}
	for n, base := 2, name; taken[name]; n++ {
		name = fmt.Sprintf("%s#%d", base, n)
	}
	taken[name] = true
	return name
}
