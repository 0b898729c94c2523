package dogstatsd

import (
	"errors"
	"strconv"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/line"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

// encoder writes points as lines into a packer. It belongs to one sender and keeps
// its buffers.
type encoder struct {
	out line.Packer

	packing      Packing
	timestamps   bool
	signedDeltas bool
	entity       string // the tag that says whose data it is, "" for none
	origin       string // fields after the tags: "|c:…|e:…"
	cardinality  string // the last field: "|card:…"

	weigher line.Weigher
	scratch []byte

	// Of the series at hand.
	name   []byte // with its colon
	suffix []byte // tags and origin
}

func newEncoder(cfg Config, write func([]byte) error) *encoder {
	e := &encoder{packing: cfg.Packing, timestamps: cfg.Timestamps, signedDeltas: cfg.SignedDeltas}
	if cfg.EntityID != "" {
		e.entity = "dd.internal.entity_id:" + cfg.EntityID
	}
	if cfg.ContainerID != "" {
		e.origin = "|c:" + cfg.ContainerID
	}
	if cfg.ExternalData != "" {
		e.origin += "|e:" + cfg.ExternalData
	}
	if cfg.Cardinality != "" {
		e.cardinality = "|card:" + cfg.Cardinality
	}
	e.out.Feed = true // as datadog-go has it, and some receivers need it
	e.out.Init(cfg.MaxDatagram, write)
	return e
}

// typeOf returns the letters of a kind on the wire, "" if it has none.
func typeOf(k transport.Kind) string {
	switch k {
	case transport.KindCount:
		return "|c"
	case transport.KindRate, transport.KindGauge:
		return "|g"
	case transport.KindSet:
		return "|s"
	case transport.KindHistogram:
		return "|h"
	case transport.KindTiming:
		return "|ms"
	case transport.KindDistribution:
		return "|d"
	}
	return ""
}

// errUnfit is about one point: its text is the reason, its neighbours are sent.
type errUnfit string

func (e errUnfit) Error() string { return string(e) }

const (
	errTooLarge    = errUnfit(transport.ReasonTooLarge)
	errNotFinite   = errUnfit(transport.ReasonBadValue)
	errTooOld      = errUnfit(transport.ReasonTooOld)
	errUnsupported = errUnfit(transport.ReasonUnsupported)
)

// begin makes name and suffix those of s.
func (e *encoder) begin(s *transport.Series) {
	e.name = append(appendName(e.name[:0], s.Name), ':')
	e.suffix = e.appendTags(e.suffix[:0], s.Tags, s.Device, s.Host, s.HostSet)
	e.suffix = append(e.suffix, e.origin...)
}

// appendTags appends the field of tags: those given, in their order, then those of
// the wire's own.
func (e *encoder) appendTags(dst []byte, tags []string, device, host string, hostSet bool) []byte {
	start := len(dst)
	next := func(key string) {
		if len(dst) == start {
			dst = append(dst, "|#"...)
		} else {
			dst = append(dst, ',')
		}
		dst = append(dst, key...)
	}
	for _, tag := range tags {
		next("")
		dst = tagText.Append(dst, tag, maxTagRunes)
	}
	if e.entity != "" {
		next(e.entity)
	}
	if device != "" {
		next("")
		dst = appendDevice(dst, device)
	}
	if hostSet {
		next("")
		dst = appendHost(dst, host)
	}
	return dst
}

// progress counts the parts of the point at hand: values or members. Parts before
// from were sent by an earlier attempt; done are those that are in lines.
type progress struct{ from, done int }

// point appends the lines of p, a point of the series at hand. It returns an
// errUnfit if p cannot be sent, before anything of it was, or the error of a write.
func (e *encoder) point(s *transport.Series, p *transport.Point, parts *progress) error {
	switch s.Kind {
	case transport.KindCount, transport.KindGauge, transport.KindRate:
		return e.flat(s, p)
	case transport.KindSet:
		return e.set(p, parts)
	case transport.KindHistogram, transport.KindTiming, transport.KindDistribution:
		return e.samples(s, p, parts)
	}
	return errUnsupported
}

// flat appends the line of a count, a gauge or a rate.
func (e *encoder) flat(s *transport.Series, p *transport.Point) error {
	if !summary.Finite(p.Value) {
		return errNotFinite
	}
	if e.timestamps && p.Unix < 1 {
		return errTooOld // an Agent takes no such time
	}
	buf := e.out.Line()
	if e.signedDeltas && p.Value < 0 && s.Kind != transport.KindCount {
		// From an absolute 0 the change is the value. One datagram, so that nothing
		// comes between the two.
		buf = append(e.appendFlat(buf, s.Kind, 0, p.Unix), '\n')
	}
	return e.add(e.appendFlat(buf, s.Kind, p.Value, p.Unix))
}

func (e *encoder) appendFlat(dst []byte, k transport.Kind, value float64, unix int64) []byte {
	dst = append(dst, e.name...)
	dst = line.AppendFloat(dst, value)
	dst = append(dst, typeOf(k)...)
	dst = append(dst, e.suffix...)
	if e.timestamps {
		dst = append(dst, "|T"...)
		dst = strconv.AppendInt(dst, unix, 10)
	}
	return append(dst, e.cardinality...)
}

// packed appends one line for all points of s, and says whether it did: they may have
// to go one by one.
func (e *encoder) packed(s *transport.Series) (bool, error) {
	if e.packing != PackAll || e.timestamps || len(s.Points) < 2 ||
		s.Kind != transport.KindCount && s.Kind != transport.KindGauge && s.Kind != transport.KindRate {
		return false, nil
	}
	start := len(e.out.Line())
	buf := append(e.out.Line(), e.name...)
	for i := range s.Points {
		v := s.Points[i].Value
		if !summary.Finite(v) || e.signedDeltas && v < 0 {
			return false, nil
		}
		if i > 0 {
			buf = append(buf, ':')
		}
		buf = line.AppendFloat(buf, v)
	}
	buf = append(buf, typeOf(s.Kind)...)
	buf = append(buf, e.suffix...)
	buf = append(buf, e.cardinality...)
	if len(buf)-start > e.out.Longest() {
		return false, nil
	}
	return true, e.out.Add(buf)
}

// set appends a line for each member.
func (e *encoder) set(p *transport.Point, parts *progress) error {
	if p.Members == nil && p.Value != 0 {
		return errUnsupported // the size alone says nothing to a receiver that counts
	}
	fixed := len(e.name) + len("|s") + len(e.suffix) + len(e.cardinality)
	for _, m := range p.Members {
		e.scratch = appendMember(e.scratch[:0], m)
		if fixed+len(e.scratch) > e.out.Longest() {
			return errTooLarge
		}
	}
	for _, m := range p.Members[min(parts.from, len(p.Members)):] {
		buf := append(e.out.Line(), e.name...)
		buf = appendMember(buf, m)
		buf = append(buf, "|s"...)
		buf = append(buf, e.suffix...)
		if err := e.add(append(buf, e.cardinality...)); err != nil {
			return err
		}
		parts.done++
	}
	return nil
}

func (e *encoder) add(buf []byte) error {
	err := e.out.Add(buf)
	if errors.Is(err, line.ErrTooLong) {
		return errTooLarge
	}
	return err
}
