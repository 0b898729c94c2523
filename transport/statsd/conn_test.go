package statsd_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/statsd"
)

func reset(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}

// What a server did with its connection after a Send decides what became of it.
func TestOutcomesOfASend(t *testing.T) {
	short := func(c *statsd.Config) { c.Timeout = time.Second } // a busy machine needs some of it to connect
	for _, c := range []struct {
		name    string
		serve   func(end chan struct{}) func(c *net.TCPConn)
		change  func(*statsd.Config)
		outcome transport.Outcome // if it fails
		message string            // "" if it succeeds
	}{
		{
			name: "it reads everything and ends the connection",
			serve: func(chan struct{}) func(*net.TCPConn) {
				return func(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) }
			},
		},
		{
			name: "it resets the connection after it read everything",
			serve: func(chan struct{}) func(*net.TCPConn) {
				return func(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c); reset(c) }
			},
			outcome: transport.Unknown, message: "connection reset by peer",
		},
		{
			name: "it ends the connection with lines unread",
			serve: func(chan struct{}) func(*net.TCPConn) {
				return func(c *net.TCPConn) { _, _ = c.Read(make([]byte, 1)); _ = c.Close() }
			},
			outcome: transport.Unknown,
		},
		{
			name: "it never ends the connection",
			serve: func(end chan struct{}) func(*net.TCPConn) {
				return func(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c); <-end }
			},
			change: short, outcome: transport.Unknown, message: "did not confirm within the timeout",
		},
		{
			name: "it never reads",
			serve: func(end chan struct{}) func(*net.TCPConn) {
				return func(*net.TCPConn) { <-end }
			},
			change: short, outcome: transport.Unknown, message: "did not confirm within the timeout",
		},
		{
			name: "it answers as a web server does",
			serve: func(chan struct{}) func(*net.TCPConn) {
				return func(c *net.TCPConn) {
					_, _ = bufio.NewReader(c).ReadString('\n')
					_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
					_, _ = io.Copy(io.Discard, c)
				}
			},
			outcome: transport.Unknown, message: "it answered, and a statsd server says nothing",
		},
		{
			name: "it greets, and reads everything",
			serve: func(chan struct{}) func(*net.TCPConn) {
				return func(c *net.TCPConn) { _, _ = io.WriteString(c, "220 ready\r\n"); _, _ = io.Copy(io.Discard, c) }
			},
			outcome: transport.Unknown, message: "look whether Config.Address is that of one",
		},
		{
			name: "it greets, and nobody asked for a confirmation",
			serve: func(chan struct{}) func(*net.TCPConn) {
				return func(c *net.TCPConn) { _, _ = io.WriteString(c, "220 ready\r\n"); _, _ = io.Copy(io.Discard, c) }
			},
			change: func(c *statsd.Config) { c.Confirm = statsd.ConfirmNone },
		},
		{
			name: "it answers without end",
			serve: func(chan struct{}) func(*net.TCPConn) {
				return func(c *net.TCPConn) {
					_, _ = bufio.NewReader(c).ReadString('\n')
					for junk := make([]byte, 64<<10); ; {
						if _, err := c.Write(junk); err != nil {
							return
						}
					}
				}
			},
			outcome: transport.Unknown, message: "it answered, and a statsd server says nothing",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			end := make(chan struct{})
			serve := c.serve(end)
			s := newPeer(t, func(_ *server, c *net.TCPConn) { serve(c) })
			t.Cleanup(func() { close(end) }) // before the server waits for it
			if c.change == nil {
				c.change = func(*statsd.Config) {}
			}
			sd := open(t, s.Address, c.change)
			err := sd.Send(t.Context(), batch(counter("a", 1), counter("b", 2)))
			if c.message == "" && c.outcome == transport.Permanent {
				require.NoError(t, err)
				return
			}
			var se *transport.SendError
			require.ErrorAs(t, err, &se)
			assert.Equal(t, c.outcome, se.Outcome)
			assert.Zero(t, se.Delivered)
			assert.Empty(t, se.Rejected)
			assert.Contains(t, se.Error(), c.message)
			assert.True(t, strings.HasPrefix(se.Error(), "statsd: "+s.Address+": "), se.Error())
		})
	}
}

func TestAWebServerIsNoStatsd(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	sd := open(t, web.Listener.Addr().String())
	se := failure(t, sd, batch(counter("a", 1), counter("b", 2)))
	assert.Equal(t, transport.Unknown, se.Outcome, "the lines were sent")
	assert.Zero(t, se.Delivered)
	assert.ErrorContains(t, se, "look whether Config.Address is that of one")
}

func TestNobodyListens(t *testing.T) {
	s := newServer(t)
	s.down()
	sd := open(t, s.Address)
	se := failure(t, sd, batch(counter("a", 1)))
	assert.Equal(t, transport.Retry, se.Outcome)
	assert.Equal(t, "statsd: "+s.Address+": connection refused", se.Error())
	assert.False(t, sd.Connected())

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	assert.EqualError(t, sd.Start(ctx), "statsd: "+s.Address+": connection refused")
	s.up()
	require.NoError(t, sd.Start(t.Context()), "it tried on")
	assert.True(t, sd.Connected())
	require.NoError(t, sd.Send(t.Context(), batch(counter("a", 1))))
	assert.Equal(t, []string{"counters.a:1|c"}, s.got())
}

// An idle connection that the peer ends is noticed without a Send, and replaced.
func TestAnIdleConnectionIsWatched(t *testing.T) {
	var kept atomic.Pointer[net.TCPConn]
	s := newPeer(t, func(s *server, c *net.TCPConn) {
		if kept.CompareAndSwap(nil, c) {
			_, _ = io.Copy(io.Discard, c)
			return
		}
		s.read(c)
	})
	sd := open(t, s.Address)
	require.NoError(t, sd.Start(t.Context()))
	eventually(t, "a connection", func() bool { return kept.Load() != nil })
	_ = kept.Load().Close()
	eventually(t, "another", func() bool { return s.accepted() == 2 && sd.Connected() })

	s.down()
	eventually(t, "the end", func() bool { return !sd.Connected() })
	s.up()
	eventually(t, "a connection again", sd.Connected)
	require.NoError(t, sd.Send(t.Context(), batch(counter("a", 1))))
	assert.Equal(t, []string{"counters.a:1|c"}, s.got())
}

func TestConnectionsAreKeptUnlessTheyConfirm(t *testing.T) {
	for _, kind := range []struct {
		confirm statsd.Confirm
		most    int
	}{{statsd.ConfirmClose, 11}, {ackOrNone, 1}, {statsd.ConfirmNone, 1}} {
		s := newServer(t)
		sd := open(t, s.Address, func(c *statsd.Config) { c.Confirm = kind.confirm })
		var lines []string
		for i := range 5 {
			require.NoError(t, sd.Send(t.Context(), batch(counter("a", float64(i)))))
			lines = append(lines, fmt.Sprintf("counters.a:%d|c", i))
		}
		require.NoError(t, sd.Close(t.Context()))
		eventually(t, "all lines", func() bool { return slices.Equal(lines, s.got()) })
		assert.LessOrEqual(t, s.accepted(), kind.most, "%v", kind.confirm)
	}
}

// A chunk was confirmed, the next one was not, the last was not tried.
func TestABatchOfSeveralChunksFailsInTheMiddle(t *testing.T) {
	var conns atomic.Int32
	s := newPeer(t, func(s *server, c *net.TCPConn) {
		first := lead(c)
		if first != nil && conns.Add(1) == 2 {
			_, _ = io.ReadFull(c, make([]byte, 100))
			reset(c)
			return
		}
		s.readOn(first, c)
	})
	b := new(transport.Batch)
	name := strings.Repeat("x", 1000)
	const points = 900 // of more than 1,000 bytes, in four chunks
	for i := range points {
		b.Series = append(b.Series, counter(fmt.Sprintf("%s.%d", name, i), 1))
	}
	b.Series[1].Points[0].Value, b.Series[300].Points[0].Value = math.NaN(), math.Inf(1)
	sd := open(t, s.Address)
	se := failure(t, sd, b)
	assert.Equal(t, transport.Retry, se.Outcome)
	arrived := len(s.got()) + 1 // and point 1
	assert.Equal(t, arrived, se.Delivered)
	assert.Greater(t, se.Delivered, 200)

	unknown := 0
	for i, r := range se.Rejected {
		if i > 0 {
			assert.Greater(t, r.Index, se.Rejected[i-1].Index)
		}
		switch r.Index {
		case 1, 300:
			assert.Equal(t, "bad_value", r.Reason)
		default:
			assert.Equal(t, string(transport.ReasonUnknown), r.Reason)
			assert.GreaterOrEqual(t, r.Index, se.Delivered)
			unknown++
		}
	}
	assert.InDelta(t, 256, unknown, 10, "one chunk")

	rest := new(transport.Batch) // as the flusher would go on
	for i := se.Delivered; i < points; i++ {
		if !slices.ContainsFunc(se.Rejected, func(r transport.Rejection) bool { return r.Index == i }) {
			rest.Series = append(rest.Series, b.Series[i])
		}
	}
	require.NoError(t, sd.Send(t.Context(), rest))
	lines := s.got()
	assert.Len(t, lines, points-2-unknown)
	assert.Equal(t, len(lines), len(slices.Compact(slices.Sorted(slices.Values(lines)))), "none came twice")
	assert.Empty(t, s.cut)
}

// The last chunk fails: there is nobody else, so it needs no list.
func TestTheLastChunkFails(t *testing.T) {
	var conns atomic.Int32
	s := newPeer(t, func(s *server, c *net.TCPConn) {
		first := lead(c)
		if first != nil && conns.Add(1) == 2 {
			reset(c)
			return
		}
		s.readOn(first, c)
	})
	b := new(transport.Batch)
	for i := range 300 {
		b.Series = append(b.Series, counter(fmt.Sprintf("%s.%d", strings.Repeat("x", 1000), i), 1))
	}
	sd := open(t, s.Address)
	se := failure(t, sd, b)
	assert.Equal(t, transport.Unknown, se.Outcome)
	assert.Empty(t, se.Rejected)
	assert.Equal(t, len(s.got()), se.Delivered)
}

func TestEventsAndChecksHaveNoLine(t *testing.T) {
	s := newServer(t)
	se := failure(t, open(t, s.Address), &transport.Batch{
		Series: []transport.Series{counter("a", 1)}, Events: []transport.Event{{Title: "T"}}, Checks: []transport.ServiceCheck{{Name: "c"}},
	})
	assert.Equal(t, 3, se.Delivered)
	assert.Equal(t, []transport.Rejection{{Index: 1, Reason: "unsupported"}, {Index: 2, Reason: "unsupported"}}, se.Rejected)
	assert.Equal(t, []string{"counters.a:1|c"}, s.got())
}

func TestASendThatIsToldToStop(t *testing.T) {
	end := make(chan struct{})
	taken := make(chan struct{}, 10)
	s := newPeer(t, func(_ *server, c *net.TCPConn) {
		if lead(c) != nil {
			_, _ = io.Copy(io.Discard, c)
			taken <- struct{}{}
			<-end
		}
	})
	t.Cleanup(func() { close(end) })
	sd := open(t, s.Address)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-taken; cancel() }()
	var se *transport.SendError
	require.ErrorAs(t, sd.Send(ctx, batch(counter("a", 1))), &se)
	assert.Equal(t, transport.Unknown, se.Outcome, "it was sent")
	require.ErrorIs(t, se, context.Canceled)

	result := make(chan error, 1)
	go func() { result <- sd.Send(context.Background(), batch(counter("a", 1))) }()
	<-taken
	require.NoError(t, sd.Close(t.Context()))
	require.ErrorAs(t, <-result, &se)
	assert.Equal(t, transport.Unknown, se.Outcome)
	require.True(t, errors.Is(sd.Send(t.Context(), batch(counter("a", 1))), transport.ErrClosed))
	require.ErrorIs(t, sd.Start(t.Context()), transport.ErrClosed)
	assert.False(t, sd.Connected())
}
