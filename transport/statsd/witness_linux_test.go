package statsd_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
)

// resolveTo has every name that is looked up mean these IPv4 addresses, in this order,
// until the test ends.
func resolveTo(t *testing.T, ips ...net.IP) {
	t.Helper()
	dns, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		query := make([]byte, 512)
		for {
			n, from, err := dns.ReadFromUDP(query)
			if err != nil {
				return
			}
			_, _ = dns.WriteToUDP(answer(query[:n], ips), from)
		}
	}()
	// A query that nobody waits for any more may be under way, or begin, when the test
	// ends: it is cut off. A Dialer would read net.DefaultResolver beside that.
	var mu sync.Mutex
	var queries []net.Conn
	over := false
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		if over {
			return nil, net.ErrClosed
		}
		c, err := net.DialUDP("udp4", nil, dns.LocalAddr().(*net.UDPAddr))
		if err != nil {
			return nil, err
		}
		queries = append(queries, c)
		return c, nil
	}}
	t.Cleanup(func() {
		net.DefaultResolver = before
		mu.Lock()
		defer mu.Unlock()
		over = true
		for _, c := range queries {
			_ = c.Close()
		}
		_ = dns.Close()
		<-done
	})
}

// answer returns the answer to a DNS query of one question (RFC 1035, section 4).
func answer(query []byte, ips []net.IP) []byte {
	const header, typeA, class = 12, 1, 1
	end := header
	for query[end] != 0 { // labels
		end += 1 + int(query[end])
	}
	question := query[header : end+5]
	if binary.BigEndian.Uint16(query[end+1:]) != typeA {
		ips = nil
	}
	a := append([]byte(nil), query[:2]...)         // the number
	a = append(a, 0x81, 0x80, 0, 1)                // it is an answer, to one question
	a = append(a, 0, byte(len(ips)))               // answers
	a = append(append(a, 0, 0, 0, 0), question...) // nothing else
	for _, ip := range ips {
		a = append(a, 0xc0, header, 0, typeA, 0, class, 0, 0, 0, 0, 0, net.IPv4len) // to the question's name
		a = append(a, ip.To4()...)
	}
	return a
}

// A name has two hosts. The process on the first reads the lines and dies, and the other
// one, which knows nothing of them, must not speak for it.
func TestAnotherHostOfTheNameDoesNotConfirm(t *testing.T) {
	one, other := net.IPv4(127, 0, 0, 1), net.IPv4(127, 0, 0, 2)
	first, err := net.ListenTCP("tcp", &net.TCPAddr{IP: one})
	require.NoError(t, err)
	port := first.Addr().(*net.TCPAddr).Port
	second, err := net.ListenTCP("tcp", &net.TCPAddr{IP: other, Port: port})
	require.NoError(t, err)
	resolveTo(t, one, other)

	read, served, alone := make(chan string, 1), make(chan struct{}), make(chan struct{})
	go func() {
		c, err := first.Accept()
		_ = first.Close()
		close(alone)
		if assert.NoError(t, err) {
			text, _ := io.ReadAll(c)
			read <- string(text)
			_ = c.Close()
		}
	}()
	go func() {
		defer close(served)
		for {
			c, err := second.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}
	}()
	sd := open(t, fmt.Sprintf("statsd.test:%d", port))
	require.NoError(t, sd.Start(t.Context()))
	<-alone // else the first process may yet get the witness
	se := failure(t, sd, batch(counter("a", 1)))
	assert.Equal(t, transport.Retry, se.Outcome)
	assert.Zero(t, se.Delivered)
	assert.Empty(t, strings.TrimSpace(<-read), "no witness, no lines")
	require.NoError(t, sd.Close(t.Context()))
	_ = second.Close()
	<-served
}

// With Multipath TCP the end of a connection says less: a kernel whose process has ended
// it takes what comes later, and says nothing.
func TestConnectionsAreOfOnePath(t *testing.T) {
	t.Setenv("GODEBUG", "multipathtcp=1") // which a program may set for other reasons
	var multipath, connections atomic.Int32
	s := newPeer(t, func(s *server, c *net.TCPConn) {
		if many, err := c.MultipathTCP(); many || err != nil {
			multipath.Add(1)
		}
		connections.Add(1)
		s.read(c)
	})
	require.NoError(t, open(t, s.Address).Send(t.Context(), batch(counter("a", 1))))
	assert.GreaterOrEqual(t, connections.Load(), int32(2))
	assert.Zero(t, multipath.Load())
}
