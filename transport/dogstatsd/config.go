package dogstatsd

import (
	"fmt"
	"strings"
	"time"

	"github.com/shardstats/shardstats/transport/internal/setting"
)

// Defaults of [Config], and limits of the protocol.
const (
	defaultAddress      = "udp://127.0.0.1:8125"
	defaultPort         = "8125"
	defaultTimeout      = time.Second
	defaultResolveEvery = time.Minute

	// What fits into one Ethernet frame after the headers of IPv6 and of tunnels, and
	// what Agents read at once from a Unix socket. The same numbers as datadog-go's.
	defaultUDPBytes  = 1432
	defaultUnixBytes = 8192
	minDatagramBytes = 512
	maxUDPBytes      = 65_507
	maxUnixBytes     = 1 << 20

	maxOriginBytes = 256
)

// Packing says which lines carry several values, as protocol 1.1 has it
// ("name:1:2:3|h"). Sets never do: a member may hold a colon.
type Packing uint8

const (
	// PackSamples packs the values of histograms, timings and distributions: what
	// Agents since 6.25 and 7.25 and statsd_exporter read.
	PackSamples Packing = iota
	// PackAll packs the points of a count or a gauge as well, where one series comes
	// with several. Agents read it, statsd_exporter drops it.
	PackAll
	// PackNone writes one value a line, for receivers older than that.
	PackNone
)

// String returns the packing in one word.
func (p Packing) String() string {
	switch p {
	case PackSamples:
		return "samples"
	case PackAll:
		return "all"
	case PackNone:
		return "none"
	}
	return fmt.Sprintf("packing %d", uint8(p))
}

// Config says where a [Transport] sends to and what its receiver understands. The
// zero value of each field is its default, which both Agents and statsd_exporter
// understand. It holds no secret.
type Config struct {
	// Address of the receiver:
	//
	//	udp://host:port      port 8125 if it has none; udp:// may be left out
	//	unixgram:///path     a Unix datagram socket
	//	unixstream:///path   a Unix stream socket, each datagram after its length in 4 bytes
	//	unix:///path         whichever of the two is there
	//
	// Default: udp://127.0.0.1:8125.
	Address string

	// Packing of several values into a line. Default: PackSamples.
	Packing Packing
	// Timestamps puts the time of the bucket on counts, gauges and rates ("|T…",
	// protocol 1.3, Agents since 7.40). The Agent then does not aggregate those and
	// keeps the last value for each time, so that late points come out right
	// ([Transport.Temporality]). Off by default: a receiver that ignores the time
	// would add a count that is sent again to itself.
	Timestamps bool
	// SignedDeltas is for receivers that take a gauge with a sign for a change, as
	// statsd and statsd_exporter do: a negative gauge then is two lines in one
	// datagram, "0" and the value. It excludes Timestamps. Off by default: Agents take
	// every gauge as it is.
	SignedDeltas bool

	// ContainerID is sent with everything ("|c:…", protocol 1.2, Agents since 6.35 and
	// 7.35): "ci-<container id>" or "in-<inode of the cgroup>". None if empty.
	// statsd_exporter drops lines with it that have no tags.
	ContainerID string
	// DetectContainer fills in ContainerID, if it and EntityID are empty, from
	// /proc/self/cgroup or /proc/self/mountinfo, once, in New. Outside of containers,
	// and on other systems than Linux, it finds nothing, which is no error.
	DetectContainer bool
	// EntityID is the UID of a Kubernetes pod. It is sent with everything, as the tag
	// dd.internal.entity_id. None if empty.
	EntityID string
	// ExternalData tells an Agent whose data it is where the container is not enough
	// ("|e:…", protocol 1.5). None if empty. statsd_exporter drops lines with it.
	ExternalData string
	// Cardinality of the tags that the Agent adds: "none", "low", "orchestrator" or
	// "high" ("|card:…", protocol 1.6, Agents since 7.64). The Agent's own default if
	// empty. statsd_exporter drops lines with it.
	Cardinality string

	// MaxDatagram is the most bytes in one datagram, or one frame of a stream: 512 to
	// 65,507 for UDP, up to 1 MiB for Unix sockets. Default: 1432 for UDP, 8192 for
	// Unix sockets.
	MaxDatagram int
	// Timeout bounds making a connection, each single write, and with unixstream the
	// wait until the receiver has read what was written. Default: 1 s.
	Timeout time.Duration
	// ResolveEvery is how long a name in a udp:// address is taken to mean what it
	// meant: UDP does not show that the receiver moved, so it is looked up again then,
	// and after each error. Default: 1 min.
	ResolveEvery time.Duration

	// Disabled makes a transport that takes everything and sends nothing. What it
	// takes counts as delivered.
	Disabled bool
}

// withDefaults checks everything and returns c filled in and its address in parts.
func (c Config) withDefaults() (Config, address, error) {
	wrong := setting.For("dogstatsd")
	if c.Address == "" {
		c.Address = defaultAddress
	}
	addr, problem := parseAddress(c.Address)
	if problem != "" {
		wrong.Add("Address %q %s", withoutUser(c.Address), problem)
	}
	if c.Packing > PackNone {
		wrong.Add("Packing is %v: want PackSamples, PackAll or PackNone", c.Packing)
	}
	if c.SignedDeltas && c.Timestamps {
		wrong.Add("SignedDeltas and Timestamps are both set: a receiver with timestamps takes no gauge for a change")
	}
	c.checkOrigin(wrong)

	most, usual := maxUnixBytes, defaultUnixBytes
	if addr.network == "udp" {
		most, usual = maxUDPBytes, defaultUDPBytes
	}
	switch {
	case c.MaxDatagram == 0:
		c.MaxDatagram = usual
	case problem == "" && (c.MaxDatagram < minDatagramBytes || c.MaxDatagram > most):
		wrong.Add("MaxDatagram is %d: want %d to %d bytes, or 0 for %d", c.MaxDatagram, minDatagramBytes, most, usual)
	}
	wrong.Positive("Timeout", &c.Timeout, defaultTimeout)
	wrong.Positive("ResolveEvery", &c.ResolveEvery, defaultResolveEvery)
	return c, addr, wrong.Err()
}

func (c Config) checkOrigin(wrong *setting.Complaints) {
	for _, f := range []struct{ name, value string }{
		{"ContainerID", c.ContainerID}, {"EntityID", c.EntityID}, {"ExternalData", c.ExternalData},
	} {
		if problem := originProblem(f.value); problem != "" {
			wrong.Add("%s %q %s", f.name, f.value, problem)
		}
	}
	if strings.Contains(c.EntityID, ",") {
		wrong.Add("EntityID %q has a comma: it is a tag, want the UID of a pod", c.EntityID)
	}
	switch c.Cardinality {
	case "", "none", "low", "orchestrator", "high":
	default:
		wrong.Add("Cardinality is %q: want none, low, orchestrator or high", c.Cardinality)
	}
}

// originProblem says why value cannot be a field of a line. It is the same for all
// lines, so it is refused rather than cleaned.
func originProblem(value string) string {
	if len(value) > maxOriginBytes {
		return fmt.Sprintf("has %d bytes: want at most %d", len(value), maxOriginBytes)
	}
	for i := range len(value) {
		if value[i] <= ' ' || value[i] >= 0x7f || value[i] == '|' {
			return "has a blank, a | or another character that a line cannot carry: want printable ASCII"
		}
	}
	return ""
}
