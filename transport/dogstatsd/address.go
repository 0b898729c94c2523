package dogstatsd

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// address is where to send to.
type address struct {
	network string // "udp", "unixgram", "unix" for a stream; "" to try the last two
	target  string // host:port, or a path
	name    bool   // target has a name that has to be looked up
	text    string // for errors
}

// What an address looks like.
const (
	exampleUDP  = "udp://127.0.0.1:8125"
	exampleUnix = "unix:///var/run/datadog/dsd.socket"
	wantAddress = "want one like " + exampleUDP
)

// maxPathBytes is what fits into a Unix socket address on Linux; elsewhere a little
// less does, which shows when it is dialled.
const maxPathBytes = 107

// parseAddress returns the parts of text, or what is wrong with it.
func parseAddress(text string) (address, string) {
	for i := range len(text) {
		if text[i] < ' ' || text[i] == 0x7f {
			return address{}, "has a control character: " + wantAddress
		}
	}
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		scheme, rest = "udp", text
	}
	a := address{target: rest, text: scheme + "://" + rest}
	switch scheme {
	case "udp":
		return a.udp()
	case "unix":
	case "unixgram":
		a.network = "unixgram"
	case "unixstream":
		a.network = "unix"
	default:
		return address{}, "has a scheme that is not known: want udp, unix, unixgram or unixstream, as in " + exampleUDP
	}
	switch {
	case rest == "":
		return address{}, "has no path: want one like " + exampleUnix
	case len(rest) > maxPathBytes:
		return address{}, "has a path longer than " + strconv.Itoa(maxPathBytes) + " bytes, which no socket can have: want one like " + exampleUnix
	}
	return a, ""
}

// withoutUser hides a user and password, which no address has and a URL of something
// else may: errors are logged.
func withoutUser(text string) string {
	start := 0
	if i := strings.Index(text, "://"); i >= 0 {
		start = i + len("://")
	}
	if at := strings.LastIndexByte(text, '@'); at > start { // unixgram://@name is an address
		return text[:start] + "***" + text[at:]
	}
	return text
}

func (a address) udp() (address, string) {
	a.network = "udp"
	rest := strings.TrimSuffix(a.target, "/")
	switch {
	case strings.HasPrefix(rest, "/"):
		return address{}, "is a path: for a socket want one like unix://" + rest
	case strings.ContainsAny(rest, "/?#@ "):
		return address{}, "has more than host and port: " + wantAddress
	}
	host, port, err := net.SplitHostPort(rest)
	if err != nil {
		host, port = strings.TrimSuffix(strings.TrimPrefix(rest, "["), "]"), defaultPort
		if _, err := netip.ParseAddr(host); err != nil && strings.ContainsAny(host, ":[]") {
			return address{}, "is no host and port: " + wantAddress + " or udp://[::1]:8125"
		}
	}
	if host == "" {
		return address{}, "has no host: " + wantAddress
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return address{}, "has no port between 1 and 65535: " + wantAddress
	}
	_, err = netip.ParseAddr(host)
	a.name = err != nil
	a.target = net.JoinHostPort(host, port)
	a.text = "udp://" + a.target
	return a, ""
}
