package stats

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"
)

// localHostWait bounds how long LocalHost waits for the resolver.
const localHostWait = time.Second

// LocalHost returns the name of this machine, for [WithHost]: its fully qualified
// name if the resolver knows one, as `hostname -f` prints it, else the one that
// the system has. It may ask the resolver, for up to a second; a caller calls it
// once, before New. It asks no cloud service.
//
// In a container the system's name is that of the container. Where that says
// nothing, set DD_HOSTNAME and use [FromEnv].
//
// The error says why no name can be used: a host name follows RFC 1123 (letters,
// digits and inner hyphens between dots, 63 bytes each, 255 in all), and
// localhost or an address does not tell machines apart.
func LocalHost() (string, error) {
	return localHost(os.Hostname, net.DefaultResolver.LookupCNAME)
}

// localHost is LocalHost with the system and the resolver given.
func localHost(system func() (string, error), canonical func(context.Context, string) (string, error)) (string, error) {
	name, err := system()
	if err != nil {
		return "", fmt.Errorf("stats: the system has no host name: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), localHostWait)
	defer cancel()
	if name != "" {
		full, err := canonical(ctx, name)
		full = strings.TrimSuffix(full, ".")
		if err == nil && strings.Contains(full, ".") && hostNameFault(full) == "" {
			return full, nil
		}
	}
	if fault := hostNameFault(name); fault != "" {
		return "", fmt.Errorf("stats: the host name %q %s: give a name with WithHost, or none", name, fault)
	}
	return name, nil
}

const (
	maxHostBytes  = 255
	maxLabelBytes = 63
)

// hostNameFault says what is wrong with a host name, "" if nothing is.
func hostNameFault(name string) string {
	if len(name) > maxHostBytes {
		return fmt.Sprintf("is longer than %d bytes", maxHostBytes)
	}
	switch strings.ToLower(name) {
	case "":
		return "is empty"
	case "localhost", "localhost.localdomain", "localhost6", "localhost6.localdomain6", "ip6-localhost", "ip6-loopback":
		return "is every machine's"
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return "is an address"
	}
	for label := range strings.SplitSeq(name, ".") {
		if !validLabel(label) {
			return "does not follow RFC 1123"
		}
	}
	return ""
}

// validLabel reports whether s may stand between the dots of a host name.
func validLabel(s string) bool {
	if s == "" || len(s) > maxLabelBytes || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for _, b := range []byte(s) {
		if !('a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '-') {
			return false
		}
	}
	return true
}
