package servers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Counters, Gauges and Timers ask the admin port for what it has counted since
// its last flush.
func (s *StatsdServer) Counters() map[string]float64 { s.t.Helper(); return s.numbers("counters") }

// Gauges returns the gauges; see [StatsdServer.Counters].
func (s *StatsdServer) Gauges() map[string]float64 { s.t.Helper(); return s.numbers("gauges") }

// Timers returns the values of each timer; see [StatsdServer.Counters]. The admin
// port shows 100 of a timer, and more fail the test: [StatsdServer.Flushes] has all.
func (s *StatsdServer) Timers() map[string][]float64 { s.t.Helper(); return s.inspect("timers") }

func (s *StatsdServer) numbers(command string) map[string]float64 {
	s.t.Helper()
	numbers := map[string]float64{}
	for key, values := range s.inspect(command) {
		numbers[key] = values[0]
	}
	return numbers
}

// inspect asks for a table that Node prints with util.inspect.
func (s *StatsdServer) inspect(command string) map[string][]float64 {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer, err := s.ask(ctx, command, "END\n\n")
	if err == nil {
		var table map[string][]float64
		if table, err = parseInspect(strings.TrimSuffix(answer, "END\n\n")); err == nil {
			return table
		}
	}
	s.t.Errorf("servers: ask statsd for its %s: %v", command, err)
	return nil
}

// ask sends a command and reads until the answer ends in end.
func (s *StatsdServer) ask(ctx context.Context, command, end string) (string, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Admin)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(conn, command+"\n"); err != nil {
		return "", err
	}
	var answer strings.Builder
	part := make([]byte, 32<<10)
	for answer.Len() < maxAnswer {
		n, err := conn.Read(part)
		answer.Write(part[:n])
		if strings.HasSuffix(answer.String(), end) {
			return answer.String(), nil
		}
		if err != nil {
			return "", fmt.Errorf("answer %q ends without %q: %w", tail(answer.String()), end, err)
		}
	}
	return "", errors.New("the answer does not end")
}
