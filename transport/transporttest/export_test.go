package transporttest

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// Audit runs every check like Run does and returns what each of them reported,
// by the check's name.
func Audit(newT func() transport.Transport, opts ...Option) map[string][]string {
	return AuditOnly(func(string) bool { return true }, newT, opts...)
}

// AuditOnly is Audit with those checks that chosen names.
func AuditOnly(chosen func(check string) bool, newT func() transport.Transport, opts ...Option) map[string][]string {
	cfg := newConfig(opts)
	found := map[string][]string{}
	for _, c := range checks(cfg) {
		if !chosen(c.name) {
			continue
		}
		var mu sync.Mutex
		errorf := func(format string, args ...any) {
			mu.Lock()
			defer mu.Unlock()
			found[c.name] = append(found[c.name], fmt.Sprintf(format, args...))
		}
		label := newLabel()
		labelled(label, func() { runCheck(c, cfg, newT, errorf) })
		reportLeaks(label, cfg, errorf)
	}
	return found
}

// CheckNames returns the names of all checks, those of an outage included.
func CheckNames() []string {
	var names []string
	nothing := func(transport.Transport) {}
	for _, c := range checks(newConfig([]Option{Outage(nothing, nothing)})) {
		names = append(names, c.name)
	}
	return names
}

// AllChecksBut returns the names of all checks but those given.
func AllChecksBut(names ...string) []string {
	return slices.DeleteFunc(CheckNames(), func(n string) bool { return slices.Contains(names, n) })
}

// AuditHTTP runs RunHTTP's checks and returns what each of them reported. A Send has
// more time there: a careless one on a busy machine needs it to do what is forbidden.
func AuditHTTP(newT func(url string) transport.Transport, healthy http.Handler, only ...string) map[string][]string {
	cfg := newConfig(nil)
	cfg.hostileTime, cfg.within = 5*time.Second, 8*time.Second
	found := map[string][]string{}
	for i := range hostiles {
		h := &hostiles[i]
		if len(only) > 0 && !slices.Contains(only, h.name) {
			continue
		}
		var mu sync.Mutex
		errorf := func(format string, args ...any) {
			mu.Lock()
			defer mu.Unlock()
			found[h.name] = append(found[h.name], fmt.Sprintf(format, args...))
		}
		p := newPeer(h, healthy)
		c := check{h.name, func(e *env) { survivesHostile(e, p) }}
		runCheck(c, cfg, func() transport.Transport { return newT(p.url()) }, errorf)
		p.close()
	}
	return found
}
