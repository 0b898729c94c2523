package wiretest

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/transporttest"
)

// Ports are servers, each for one transport, whose port closes in an outage: other than
// one that cuts connections, which a test has of a [Server].
type Ports struct {
	mu    sync.Mutex
	doors map[transport.Transport]*door
}

type door struct {
	handler http.Handler
	server  *httptest.Server
}

// Open starts a server and returns the transport that newT makes for its URL.
func (p *Ports) Open(t *testing.T, h http.Handler, newT func(url string) transport.Transport) transport.Transport {
	d := &door{handler: h, server: httptest.NewServer(h)}
	tr := newT(d.server.URL)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.doors == nil {
		p.doors = map[transport.Transport]*door{}
	}
	p.doors[tr] = d
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		d.server.Close()
	})
	return tr
}

// Handler returns what serves a transport.
func (p *Ports) Handler(t transport.Transport) http.Handler {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.doors[t].handler
}

// Outage closes the port of a transport's server and opens the same again.
func (p *Ports) Outage(t *testing.T) transporttest.Option {
	return transporttest.Outage(
		func(tr transport.Transport) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.doors[tr].server.CloseClientConnections()
			p.doors[tr].server.Close()
		},
		func(tr transport.Transport) {
			p.mu.Lock()
			defer p.mu.Unlock()
			d := p.doors[tr]
			l, err := net.Listen("tcp", d.server.Listener.Addr().String())
			if !assert.NoError(t, err) {
				return
			}
			d.server = httptest.NewUnstartedServer(d.handler)
			_ = d.server.Listener.Close()
			d.server.Listener = l
			d.server.Start()
		})
}
