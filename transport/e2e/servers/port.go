package servers

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
)

// Ports below what Linux gives to clients (32768): the port of a server that is
// down for a while must not become the near end of somebody's connection.
const lowestPort, highestPort = 20_000, 32_000

var (
	portsMu sync.Mutex
	ports   = map[int]bool{} // given out by this process
)

// address returns 127.0.0.1 with a port that is free for TCP and UDP.
func address(t testing.TB) string {
	t.Helper()
	portsMu.Lock()
	defer portsMu.Unlock()
	for range 1_000 {
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		if addr := fmt.Sprintf("127.0.0.1:%d", port); !ports[port] && free(addr) {
			ports[port] = true
			return addr
		}
	}
	t.Fatalf("servers: no free port from %d to %d", lowestPort, highestPort)
	return ""
}

func free(addr string) bool {
	tcp, err := net.Listen("tcp", addr)
	if err != nil {
		return false
	}
	defer tcp.Close()
	udp, err := net.ListenPacket("udp", addr)
	if err != nil {
		return false
	}
	udp.Close()
	return true
}
