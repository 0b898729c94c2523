package dogstatsd_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/dogstatsd"
)

func failure(t *testing.T, err error) *transport.SendError {
	t.Helper()
	se := transport.AsSendError(err)
	require.NotNil(t, se)
	assert.NotContains(t, se.Error(), "\n")
	return se
}

func one(name string) *transport.Batch { return batch(series(name, transport.KindCount, 1)) }

// many returns a batch of so many counts, each of about 100 bytes on the wire.
func many(n int) *transport.Batch {
	b := batch()
	for i := range n {
		b.Series = append(b.Series, series(fmt.Sprintf("c%05d", i), transport.KindCount, 1, strings.Repeat("t", 85)))
	}
	return b
}

// The answer that nobody listens comes as soon as the kernel finds the time.
func TestUDPToNobody(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems tell later, or not at all")
	}
	r := newReceiver(t, "udp")
	d := open(t, r.address)
	require.NoError(t, d.Send(t.Context(), one("before")))
	r.await(1)
	r.down()
	var se *transport.SendError
	require.Eventually(t, func() bool {
		se = transport.AsSendError(d.Send(t.Context(), one("lost")))
		return se != nil
	}, 30*time.Second, time.Millisecond)
	assert.Equal(t, transport.Retry, se.Outcome)
	assert.Contains(t, se.Error(), "dogstatsd: write to "+r.address+": connection refused")
	r.up()
	require.Eventually(t, func() bool { return d.Send(t.Context(), one("after")) == nil }, 30*time.Second, time.Millisecond)
	assert.Equal(t, "after:1|c", r.await(2)[1])
}

func TestASocketThatIsNotThere(t *testing.T) {
	path := socketPath(t)
	for _, scheme := range []string{"unix", "unixgram", "unixstream"} {
		d := open(t, scheme+"://"+path)
		se := failure(t, d.Send(t.Context(), one("c")))
		assert.Equal(t, transport.Retry, se.Outcome)
		require.ErrorIs(t, se, os.ErrNotExist)
		assert.Contains(t, se.Error(), "dogstatsd: connect to "+scheme+"://"+path+": ")
	}
	d := open(t, "udp://no-such-host.invalid")
	assert.Equal(t, transport.Retry, failure(t, d.Send(t.Context(), one("c"))).Outcome)
}

// A receiver that was started anew between two Sends costs none of them.
func TestASocketThatWasReplacedIsFoundAtOnce(t *testing.T) {
	for _, network := range []string{"unixgram", "unix"} {
		r := newReceiver(t, network)
		d := open(t, r.address)
		for i := range 5 {
			require.NoError(t, d.Send(t.Context(), one(fmt.Sprint("c", i))), network)
			r.await(i + 1)
			r.down()
			r.up()
		}
		assert.Zero(t, r.broken)
	}
}

func TestUnixTriesDatagramsThenAStream(t *testing.T) {
	r := newReceiver(t, "unixgram")
	d := open(t, "unix://"+r.path())
	require.NoError(t, d.Send(t.Context(), one("datagram")))
	assert.Equal(t, []string{"datagram:1|c\n"}, []string{strings.Join(r.await(1), "\n") + "\n"})
	r.down()
	r.network = "unix"
	r.up()
	require.NoError(t, d.Send(t.Context(), one("frame")))
	assert.Equal(t, "frame:1|c", r.await(2)[1])
}

// A receiver that does not read: the queue of a datagram socket fills up, Send
// gives up after its timeout, and goes on later where it stopped.
func TestAReceiverThatDoesNotKeepUp(t *testing.T) {
	path := socketPath(t)
	c, err := net.ListenPacket("unixgram", path)
	require.NoError(t, err)
	defer c.Close()
	d := open(t, "unixgram://"+path, func(c *dogstatsd.Config) { c.Timeout = time.Second })
	b := many(60_000)
	se := failure(t, d.Send(t.Context(), b))
	assert.Equal(t, transport.Retry, se.Outcome)
	require.ErrorIs(t, se, os.ErrDeadlineExceeded)
	require.Positive(t, se.Delivered)
	lines := 0
	buf := make([]byte, 1<<16)
	for lines < se.Delivered {
		n, _, err := c.ReadFrom(buf)
		require.NoError(t, err)
		lines += strings.Count(string(buf[:n]), "\n")
	}
	assert.Equal(t, se.Delivered, lines, "what is delivered is in the queue, and nothing else")
	require.NoError(t, d.Send(t.Context(), one("later")))
	n, _, err := c.ReadFrom(buf)
	require.NoError(t, err)
	assert.Equal(t, "later:1|c\n", string(buf[:n]))
}

func TestADatagramThatIsTooLarge(t *testing.T) {
	r := newReceiver(t, "unixgram")
	d := open(t, r.address, func(c *dogstatsd.Config) { c.MaxDatagram = 1 << 20 })
	se := failure(t, d.Send(t.Context(), many(10_000)))
	assert.Equal(t, transport.TooLarge, se.Outcome)
	assert.Zero(t, se.Delivered)
	require.NoError(t, d.Send(t.Context(), many(100)), "the flusher halves it")
	r.await(100)
}

// stream listens on a Unix stream socket and hands each connection to serve.
func stream(t *testing.T, serve func(c *net.UnixConn)) (address string) {
	l, err := net.Listen("unix", socketPath(t))
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c.(*net.UnixConn))
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return "unixstream://" + l.Addr().String()
}

func needsLinux(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells what was read")
	}
}

func TestAStreamThatIsCutUnreadIsUnknown(t *testing.T) {
	needsLinux(t)
	closing := make(chan struct{})
	address := stream(t, func(c *net.UnixConn) {
		_, _ = c.Read(make([]byte, 1)) // so that the frame is there
		<-closing
	})
	d := open(t, address, func(c *dogstatsd.Config) { c.Timeout = 10 * time.Second })
	result := make(chan error)
	go func() { result <- d.Send(t.Context(), many(10)) }()
	select {
	case err := <-result:
		require.Fail(t, "nobody has read", "%v", err)
	case closing <- struct{}{}:
	}
	se := failure(t, <-result)
	assert.Equal(t, transport.Unknown, se.Outcome)
	assert.Zero(t, se.Delivered)
	close(closing)
}

// What was read before the cut is delivered.
func TestAStreamThatIsCutLater(t *testing.T) {
	needsLinux(t)
	read := 0
	address := stream(t, func(c *net.UnixConn) {
		n, _ := io.ReadFull(c, make([]byte, 3*8192))
		read += n
	})
	d := open(t, address)
	se := failure(t, d.Send(t.Context(), many(20_000)))
	assert.Contains(t, []transport.Outcome{transport.Unknown, transport.Retry}, se.Outcome)
	assert.LessOrEqual(t, se.Delivered, 4*8192/80, "no more than was read")
}

// A stream that is not read is neither waited for without end nor lost.
func TestAStreamThatIsNotRead(t *testing.T) {
	needsLinux(t)
	reading, seen := make(chan struct{}), make(chan string, 10)
	address := stream(t, func(c *net.UnixConn) {
		<-reading
		text, _ := io.ReadAll(c)
		seen <- string(text)
	})
	d := open(t, address, func(c *dogstatsd.Config) { c.Timeout = time.Second })
	se := failure(t, d.Send(t.Context(), many(3)))
	assert.Equal(t, transport.Unknown, se.Outcome, "a little, in the buffer")
	assert.Contains(t, se.Error(), "does not read")

	se = failure(t, d.Send(t.Context(), many(50_000)))
	assert.Equal(t, transport.Retry, se.Outcome, "more than the buffer holds: the rest was not tried")
	assert.Zero(t, se.Delivered)
	require.NotEmpty(t, se.Rejected)
	assert.Less(t, len(se.Rejected), 50_000)
	for i, r := range se.Rejected {
		require.Equal(t, transport.Rejection{Index: i, Reason: "unknown"}, r, "those in the buffer, one by one")
	}
	close(reading)
	first := <-seen

	require.Eventually(t, func() bool { return d.Send(t.Context(), one("after")) == nil }, 30*time.Second, time.Millisecond)
	require.NoError(t, d.Close(t.Context()))
	assert.Contains(t, <-seen, "\x0a\x00\x00\x00after:1|c\n")
	assert.NotContains(t, first, "after")
}

func TestContextEndsAWrite(t *testing.T) {
	path := socketPath(t)
	c, err := net.ListenPacket("unixgram", path)
	require.NoError(t, err)
	defer c.Close()
	d := open(t, "unixgram://"+path, func(c *dogstatsd.Config) { c.Timeout = time.Hour })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	se := failure(t, d.Send(ctx, many(60_000)))
	assert.Equal(t, transport.Retry, se.Outcome)

	stop, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	se = failure(t, d.Send(stop, many(60_000)))
	assert.Equal(t, transport.Retry, se.Outcome)
	require.ErrorIs(t, se, context.Canceled)
}

func TestCloseEndsAWrite(t *testing.T) {
	path := socketPath(t)
	c, err := net.ListenPacket("unixgram", path)
	require.NoError(t, err)
	defer c.Close()
	d := open(t, "unixgram://"+path, func(c *dogstatsd.Config) { c.Timeout = time.Hour })
	result := make(chan error)
	go func() { result <- d.Send(context.Background(), many(60_000)) }()
	time.AfterFunc(10*time.Millisecond, func() { _ = d.Close(context.Background()) })
	require.Error(t, <-result)
	require.ErrorIs(t, d.Send(t.Context(), one("c")), transport.ErrClosed)
}

// A UDP receiver has a small buffer, and no way to say that it is full.
func TestBurstsOverUDPHavePauses(t *testing.T) {
	d := open(t, "udp://127.0.0.1:1")
	bytes := 0
	inMemory(d, func(datagram []byte) error { bytes += len(datagram); return nil })
	began := time.Now()
	require.NoError(t, d.Send(t.Context(), many(10_000)))
	assert.GreaterOrEqual(t, time.Since(began), time.Duration(bytes/(64<<10))*time.Millisecond)
	assert.Greater(t, bytes, 900_000)

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	se := failure(t, d.Send(ctx, many(10_000)))
	assert.Equal(t, transport.Retry, se.Outcome, "a pause ends with its context")
	require.ErrorIs(t, se, context.DeadlineExceeded)
}

func TestNamesAreLookedUpAgain(t *testing.T) {
	for _, c := range []struct {
		address string
		again   bool
	}{{"udp://agent.example:8125", true}, {"udp://127.0.0.1:8125", false}, {"unixgram:///s", false}} {
		d := open(t, c.address, func(cfg *dogstatsd.Config) { cfg.ResolveEvery = time.Minute })
		now := time.Unix(0, 0)
		d.SetNow(func() time.Time { return now })
		dials, found, working := 0, true, true
		d.SetDial(func(_ context.Context, network, target string) (net.Conn, error) {
			dials++
			if !found {
				return nil, errors.New("no such host")
			}
			return memoryConn{write: func([]byte) error {
				if !working {
					return errDown
				}
				return nil
			}}, nil
		})
		send := func() error { return d.Send(t.Context(), one("c")) }
		require.NoError(t, send())
		now = now.Add(time.Minute - 1)
		require.NoError(t, send())
		assert.Equal(t, 1, dials, "not before its time")
		now = now.Add(1)
		require.NoError(t, send())
		if !c.again {
			assert.Equal(t, 1, dials)
			continue
		}
		assert.Equal(t, 2, dials)
		found, now = false, now.Add(time.Minute)
		require.NoError(t, send(), "the old address still serves")
		require.NoError(t, send())
		assert.Equal(t, 3, dials, "a name that is gone is not asked for each time")
		working = false
		require.ErrorIs(t, send(), errDown)
		assert.Equal(t, transport.Retry, failure(t, send()).Outcome)
		assert.Equal(t, 4, dials, "after an error it is")
		found, working = true, true
		require.NoError(t, send())
	}
}

func TestDisabled(t *testing.T) {
	d := open(t, "udp://127.0.0.1:1", func(c *dogstatsd.Config) { c.Disabled = true })
	d.SetDial(func(context.Context, string, string) (net.Conn, error) { panic("nothing is sent") })
	require.NoError(t, d.Send(t.Context(), one("c")))
	require.NoError(t, d.Close(t.Context()))
	require.ErrorIs(t, d.Send(t.Context(), one("c")), transport.ErrClosed)
}
