package statsd

import (
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/shardstats/shardstats/transport/internal/setting"
)

// Defaults of [Config], and limits.
const (
	defaultPort          = "8125"
	defaultQueueSize     = 1000
	defaultReconnectMin  = 250 * time.Millisecond
	defaultReconnectMax  = 30 * time.Second
	defaultCheckInterval = 10 * time.Second
	defaultTimeout       = 10 * time.Second

	maxDatagramBytes = 1432      // of UDP: what fits an Ethernet frame, less room for a tunnel
	maxLineBytes     = 64 << 10  // over TCP: what is longer is rejected
	chunkBytes       = 256 << 10 // written before the peer is asked to confirm
	maxAnswerBytes   = 64 << 10  // read of a peer that answers, which none should
)

// Confirm says when lines that were written over TCP count as delivered. A write
// that succeeded has put them into a buffer of this machine and no more.
type Confirm uint8

const (
	// ConfirmClose ends the connection after the lines of a Send and waits until
	// the peer has ended it, too, as a server does that has read everything; then it
	// does the same with a second connection, made before, and an empty line, as only a
	// process can that lived on. What a peer had not read, or read and not dealt with,
	// when it died is reported as unknown, and so are the lines to a peer that answered,
	// as no statsd does. It takes two connections and four round trips for each Send, or
	// for each 256 KiB of one; a peer that does not take the second gets no lines. It is
	// the word of whoever takes the connections: a proxy speaks for itself, and where
	// several processes take them, one may speak for another.
	ConfirmClose Confirm = iota
	// ConfirmAck keeps the connection and waits until the peer's machine has
	// acknowledged the lines: those that its process had not read when it died are
	// lost, and counted as delivered. For a server that does not end its side of a
	// connection. It needs Linux.
	ConfirmAck
	// ConfirmNone keeps the connection and waits for nothing: lines that a
	// connection loses are counted as delivered.
	ConfirmNone
)

var confirmNames = [...]string{"close", "ack", "none"}

// String returns the name in one word.
func (c Confirm) String() string {
	if int(c) >= len(confirmNames) {
		return fmt.Sprintf("confirm %d", uint8(c))
	}
	return confirmNames[c]
}

// Tags says what becomes of the tags, the host and the device of a series. The
// statsd protocol has no place for them.
type Tags uint8

const (
	// TagsInPath appends them to the path: "requests" with the tags "env:live" and
	// "slow", and the host "web1", is "requests.env.live.slow.host.web1".
	TagsInPath Tags = iota
	// TagsDropped leaves them out. Series that differ in nothing else become one.
	TagsDropped
	// TagsDatadog sends them behind the value, as "|#env:live,slow,host:web1".
	// Telegraf, statsd_exporter and others read that; the original statsd 0.9 makes
	// Graphite tags of it.
	TagsDatadog
)

var tagsNames = [...]string{"path", "dropped", "datadog"}

// String returns the name in one word.
func (t Tags) String() string {
	if int(t) >= len(tagsNames) {
		return fmt.Sprintf("tags %d", uint8(t))
	}
	return tagsNames[t]
}

// Config says where a [Transport] sends to, and under which paths. Address is
// needed, and one of Prefix, Service with Environment, and NoPrefix; the zero value
// of every other field is its default.
type Config struct {
	// Address is the server, as "host:port". Without a port, 8125 is meant. A name is
	// looked up again at each connection.
	Address string
	// Network is "tcp" or "udp". Default: tcp.
	Network string

	// Prefix is put before every path, with a dot: "applications.mail.live". It keeps
	// the metrics of one application apart from those of others on the same server.
	// ASCII letters, digits, and "_", "-", "."; one dot at the end is dropped.
	Prefix string
	// Service and Environment make the prefix applications.<Service>.<Environment>,
	// if Prefix is empty. The same characters.
	Service, Environment string
	// NoPrefix says that no prefix is wanted. Without it, having none is an error, so
	// that nobody litters the top of a shared server by mistake.
	NoPrefix bool
	// Plain leaves out the words "counters.", "gauges.", "timers." and "sets." that
	// sprockets-statsd puts between prefix and name. Default: they are there.
	Plain bool
	// Tags says what becomes of tags, host and device. Default: TagsInPath.
	Tags Tags

	// Confirm says when lines count as delivered over TCP. Default: ConfirmClose.
	// UDP confirms nothing.
	Confirm Confirm
	// QueueSize bounds the lines of Inject and GaugeDelta that wait to be sent; the
	// ones beyond it are refused. Default: 1000.
	QueueSize int
	// ReconnectMin and ReconnectMax bound the pause before the next connection after
	// one failed: random, around a middle that starts at ReconnectMin and doubles. A
	// Send that finds no connection asks for one at once, but not sooner than
	// ReconnectMin after the last. Defaults: 250 ms and 30 s.
	ReconnectMin, ReconnectMax time.Duration
	// CheckInterval is how soon silence of an idle TCP connection is looked into: the
	// peer's machine is asked after it, and three more times. That the peer ended the
	// connection is noticed at once. Over UDP it is how long an address that was
	// looked up is used. Default: 10 s.
	CheckInterval time.Duration
	// Timeout bounds each of: making a connection, writing, and the wait for the
	// peer's confirmation. Default: 10 s.
	Timeout time.Duration

	// Logger gets a line when the connection is lost or made and when injected lines
	// are lost: the first hundred in a row and then each hundredth. Default: none.
	Logger *slog.Logger
	// Disabled makes a transport that connects to nothing and discards everything, as
	// [Nop] does. Nothing else is checked then.
	Disabled bool
}

// withDefaults checks everything and returns c filled in: Address with its port,
// Prefix as it stands before a path, with its dot.
func (c Config) withDefaults() (Config, error) {
	wrong := setting.For("statsd")

	address, problem := fullAddress(c.Address)
	if problem != "" {
		wrong.Add("Address %s", problem)
	}
	c.Address = address
	switch c.Network {
	case "":
		c.Network = "tcp"
	case "tcp", "udp":
	default:
		wrong.Add("Network is %q: want tcp or udp", c.Network)
	}
	c.completePrefix(wrong)
	if c.Tags > TagsDatadog {
		wrong.Add("Tags is %v: want TagsInPath, TagsDropped or TagsDatadog", c.Tags)
	}
	switch {
	case c.Confirm > ConfirmNone:
		wrong.Add("Confirm is %v: want ConfirmClose, ConfirmAck or ConfirmNone", c.Confirm)
	case c.Confirm == ConfirmAck && !canAck:
		wrong.Add("Confirm is ConfirmAck, which needs Linux: want ConfirmClose or ConfirmNone")
	}
	if c.QueueSize < 0 {
		wrong.Add("QueueSize is %d: want more than 0, or 0 for %d", c.QueueSize, defaultQueueSize)
	} else if c.QueueSize == 0 {
		c.QueueSize = defaultQueueSize
	}
	least, most := c.ReconnectMin, c.ReconnectMax
	wrong.Positive("ReconnectMin", &c.ReconnectMin, defaultReconnectMin)
	wrong.Positive("ReconnectMax", &c.ReconnectMax, max(defaultReconnectMax, c.ReconnectMin))
	if least > 0 && most > 0 && most < least {
		wrong.Add("ReconnectMax is %v, less than ReconnectMin, %v", most, least)
	}
	c.ReconnectMin = min(c.ReconnectMin, c.ReconnectMax)
	wrong.Positive("CheckInterval", &c.CheckInterval, defaultCheckInterval)
	wrong.Positive("Timeout", &c.Timeout, defaultTimeout)
	return c, wrong.Err()
}

// completePrefix makes Prefix what stands before a path.
func (c *Config) completePrefix(wrong *setting.Complaints) {
	check := func(name, value string) {
		if problem := prefixProblem(value); value != "" && problem != "" {
			wrong.Add("%s is %q, which %s", name, value, problem)
		}
	}
	prefix := strings.TrimSuffix(c.Prefix, ".")
	check("Prefix", prefix)
	check("Service", c.Service)
	check("Environment", c.Environment)
	switch {
	case c.NoPrefix && c.Prefix != "":
		wrong.Add("Prefix is %q and NoPrefix is set: set one", c.Prefix)
	case c.NoPrefix || prefix != "":
	case c.Service != "" && c.Environment != "":
		prefix = "applications." + c.Service + "." + c.Environment
	default:
		wrong.Add("Prefix is empty: set it, or Service and Environment, or NoPrefix if none is wanted")
	}
	if prefix != "" {
		prefix += "."
	}
	c.Prefix = prefix
}

// prefixProblem says what is wrong with a part of a prefix. It is not mended as a
// metric's name is: a program's own prefix should be what its author reads.
func prefixProblem(s string) string {
	if len(s) > 200 {
		return fmt.Sprintf("has %d bytes: want at most 200", len(s))
	}
	for i := range len(s) {
		if !pathByte(s[i]) {
			return "has other characters than ASCII letters, digits, \"_\", \"-\" and \".\""
		}
	}
	if strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".") || strings.Contains(s, "..") {
		return "has a dot too many"
	}
	return ""
}

// fullAddress returns address with a port.
func fullAddress(address string) (full, problem string) {
	if address == "" {
		return "", "is empty: want the server, as \"localhost:8125\""
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil { // without a port, or an IPv6 address without brackets
		host, port = strings.TrimSuffix(strings.TrimPrefix(address, "["), "]"), defaultPort
		if strings.Contains(host, ":") && net.ParseIP(host) == nil {
			return address, fmt.Sprintf("is %q: want host:port", address)
		}
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return address, fmt.Sprintf("is %q, whose port is no number from 1 to 65535", address)
	}
	if host == "" || strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '/' }) {
		return address, fmt.Sprintf("is %q, which has no valid host", address)
	}
	return net.JoinHostPort(host, port), ""
}
