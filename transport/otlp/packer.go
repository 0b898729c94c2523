package otlp

import (
	"io"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/proto"
)

// packer fills one request at a time and never past its limit.
//
// A request has one ResourceMetrics for each host, while points come in an order in
// which hosts may alternate. So metrics are encoded one behind the other into one
// buffer, with a list for each host of where its own are, and brought together when
// the request is written.
type packer struct {
	encoder  *encoder
	limit    int    // of a request, in bytes
	scope    []byte // the field of each ScopeMetrics
	base     []byte // the Resource of series without a host
	hostBase []byte // the Resource of others, all but their host

	metrics  []byte // encoded
	runs     []run
	groups   []group
	byHost   map[string]int // group
	points   int            // in the request
	size     int            // of the request
	rejected []transport.Rejection
}

// run is a stretch of packer.metrics that belongs to one group.
type run struct{ from, to, next int } // next run of the group, or -1

// group is one ResourceMetrics.
type group struct {
	host        string // or noHost
	first, last int    // runs
	metrics     int    // bytes
}

// noHost stands for no host among hosts: it is not UTF-8, so no host is the same.
const noHost = "\xff"

func hostOf(s *transport.Series) string {
	if !s.HostSet {
		return noHost
	}
	return proto.Valid(s.Host)
}

// cursor is a place in a batch.
type cursor struct {
	series int
	point  int // of the series
	number int // of the point, through the batch
}

// start begins a new request in the memory of the last one.
func (p *packer) start() {
	p.metrics, p.runs, p.groups = p.metrics[:0], p.runs[:0], p.groups[:0]
	p.points, p.size = 0, 0
	clear(p.byHost)
}

// release forgets the strings of a batch that is to be given back.
func (p *packer) release() {
	clear(p.groups)
	p.start()
	p.encoder.forget()
}

// fill packs points of b from c on until the request is full, and returns where it
// stopped. Points that cannot be sent are rejected.
func (p *packer) fill(b *transport.Batch, c cursor) cursor {
	p.start()
	for c.series < len(b.Series) {
		s := &b.Series[c.series]
		if c.point == len(s.Points) {
			c = cursor{series: c.series + 1, number: c.number}
			continue
		}
		why := p.encoder.unfit(s, &s.Points[c.point])
		if why == "" {
			n := p.add(s, s.Points[c.point:])
			if n == 0 && p.points > 0 {
				break // for the next request
			}
			c.point, c.number, p.points = c.point+n, c.number+n, p.points+n
			if n > 0 {
				continue
			}
			why = string(transport.ReasonTooLarge)
		}
		p.rejected = append(p.rejected, transport.Rejection{Index: c.number, Reason: why})
		c.point, c.number = c.point+1, c.number+1
	}
	return c
}

// add adds one metric with points from the beginning of points, and returns how many;
// none if not even the first fits.
func (p *packer) add(s *transport.Series, points []transport.Point) int {
	host := hostOf(s)
	i, used := p.find(host), p.size
	if i == len(p.groups) {
		used += p.overhead(host)
	}
	from := len(p.metrics)
	metrics, n := p.encoder.appendMetric(p.metrics, s, points, p.limit-used)
	if n == 0 {
		return 0
	}
	p.metrics = metrics
	p.size = used + len(metrics) - from
	if i == len(p.groups) {
		p.groups = append(p.groups, group{host: host, first: -1})
		p.byHost[host] = i
	}
	g := &p.groups[i]
	g.metrics += len(metrics) - from
	switch last := len(p.runs) - 1; {
	case g.first < 0:
		g.first = last + 1
	case g.last == last: // nothing came between
		p.runs[last].to = len(metrics)
		return n
	default:
		p.runs[g.last].next = last + 1
	}
	g.last = len(p.runs)
	p.runs = append(p.runs, run{from, len(metrics), -1})
	return n
}

// find returns the number of the group of a host, len(p.groups) if there is none.
func (p *packer) find(host string) int {
	if last := len(p.groups) - 1; last >= 0 && p.groups[last].host == host { // nearly always
		return last
	}
	if i, ok := p.byHost[host]; ok {
		return i
	}
	return len(p.groups)
}

// overhead bounds what a group takes besides its metrics.
func (p *packer) overhead(host string) int {
	const lengths = 2 * (1 + 5) // of ResourceMetrics and ScopeMetrics
	return lengths + proto.FieldSize(p.resourceSize(host)) + len(p.scope)
}

func (p *packer) resourceSize(host string) int {
	if host == noHost {
		return len(p.base)
	}
	value := proto.FieldSize(len(host))
	return len(p.hostBase) + proto.FieldSize(proto.FieldSize(len(hostKey))+proto.FieldSize(value))
}

// writeTo writes the request, which is at most p.limit bytes. Errors are those of w.
func (p *packer) writeTo(w io.Writer) error {
	var head []byte
	for i := range p.groups {
		g := &p.groups[i]
		scopeMetrics := len(p.scope) + g.metrics
		resource := p.resourceSize(g.host)
		head = proto.AppendTag(head[:0], requestResourceMetrics, protowire.BytesType)
		head = proto.AppendLen(head, proto.FieldSize(resource)+proto.FieldSize(scopeMetrics))
		head = proto.AppendLen(proto.AppendTag(head, resourceMetricsResource, protowire.BytesType), resource)
		if g.host == noHost {
			head = append(head, p.base...)
		} else {
			head = append(head, p.hostBase...)
			head = appendAttributes(head, resourceAttributes, []attribute{{hostKey, g.host}})
		}
		head = proto.AppendLen(proto.AppendTag(head, resourceMetricsScopes, protowire.BytesType), scopeMetrics)
		head = append(head, p.scope...)
		if _, err := w.Write(head); err != nil {
			return err
		}
		for r := g.first; r >= 0; r = p.runs[r].next {
			if _, err := w.Write(p.metrics[p.runs[r].from:p.runs[r].to]); err != nil {
				return err
			}
		}
	}
	return nil
}
