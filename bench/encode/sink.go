package encode

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/shardstats/shardstats/transport"
)

// sink is where encoders hand their bytes over.
type sink interface {
	// count calls encode and returns how many bytes that handed over.
	count(encode func() error) (int64, error)
	// again hands over as many bytes, cut alike, as the last count has seen: what
	// encode costs beyond that is encoding.
	again() error
	close() error
}

// sender measures a transport of ours: Encode is one Send of all series.
func sender(t transport.Transport, series []transport.Series, to sink) *Encoder {
	batch := &transport.Batch{ID: transport.BatchID{Process: 1}, Series: series}
	return encoder(to, func() error {
		batch.ID.Seq++
		return t.Send(context.Background(), batch)
	}, func() error { return t.Close(context.Background()) })
}

// encoder measures what encode does.
func encoder(to sink, encode, end func() error) *Encoder {
	return &Encoder{
		Encode: encode,
		Bytes:  func() (int64, error) { return to.count(encode) },
		Again:  to.again,
		Close:  func() error { return errors.Join(end(), to.close()) },
	}
}

func nothing() error { return nil }

// intake is an HTTP peer without a network: it reads the body and says yes.
type intake struct {
	status int
	header http.Header
	bytes  atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (s *intake) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		n, err := io.Copy(io.Discard, r.Body)
		s.bytes.Add(n)
		if err := errors.Join(err, r.Body.Close()); err != nil {
			return nil, err
		}
	}
	return &http.Response{
		StatusCode: s.status, ProtoMajor: 1, ProtoMinor: 1,
		Header: s.header, Body: http.NoBody, Request: r,
	}, nil
}

func (s *intake) client() *http.Client { return &http.Client{Transport: s} }

// take is what a peer that makes bodies only hands them to.
func (s *intake) take(body []byte) { s.bytes.Add(int64(len(body))) }

// Write implements io.Writer.
func (s *intake) Write(p []byte) (int, error) {
	s.take(p)
	return len(p), nil
}

func (s *intake) close() error { return nil }

// again does nothing: to count bytes costs nothing.
func (s *intake) again() error { return nil }

func (s *intake) count(encode func() error) (int64, error) {
	before := s.bytes.Load()
	err := encode()
	return s.bytes.Load() - before, err
}

// well is a UDP socket on loopback that nobody reads while time is taken: what is
// beyond its buffer the kernel drops, after it has taken it from the sender.
type well struct {
	conn  *net.UDPConn
	out   net.Conn // for again
	sizes []int    // of the datagrams that the last count has seen

	settle func() // waits for what the encoder does in the background
}

func newWell() (*well, error) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(4 << 20) // as much of it as the system allows
	out, err := net.Dial("udp", conn.LocalAddr().String())
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &well{conn: conn, out: out, settle: func() {}}, nil
}

func (w *well) close() error { return errors.Join(w.out.Close(), w.conn.Close()) }

func (w *well) again() error {
	for _, n := range w.sizes {
		if _, err := w.out.Write(zeros[:n]); err != nil {
			return err
		}
	}
	return nil
}

var zeros [1 << 16]byte

func (w *well) address() string { return w.conn.LocalAddr().String() }

// count reads what encode sends and returns how many bytes it is: the most that came
// in one run, once that much has come twice, for the kernel may have dropped some.
func (w *well) count(encode func() error) (most int64, err error) {
	const runs, alike = 20, 1500 // a datagram
	for range runs {
		w.settle()
		if _, err := w.read(); err != nil { // what lies there from before
			return 0, err
		}
		var sent error
		done := make(chan struct{})
		go func() {
			defer close(done)
			sent = encode()
			w.settle()
		}()
		var sizes []int
		for running := true; running; {
			more, err := w.read()
			if err != nil {
				return 0, err
			}
			sizes = append(sizes, more...)
			select {
			case <-done:
				running = false
			default:
			}
		}
		rest, err := w.read()
		if err := errors.Join(sent, err); err != nil {
			return 0, err
		}
		total := int64(0)
		sizes = append(sizes, rest...)
		for _, n := range sizes {
			total += int64(n)
		}
		again := total > most-alike && total < most+alike
		if total > most {
			most, w.sizes = total, sizes
		}
		if again {
			break
		}
	}
	return most, nil
}

// read reads until it has looked in vain some times in a row, and returns the sizes
// of what came. One look may be in vain because this process was not let run in time.
func (w *well) read() (sizes []int, err error) {
	const look, looks = time.Millisecond, 5
	buf := make([]byte, 1<<16)
	for vain := 0; vain < looks; {
		if err := w.conn.SetReadDeadline(time.Now().Add(look)); err != nil {
			return nil, err
		}
		n, err := w.conn.Read(buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			vain++
		case err != nil:
			return nil, err
		default:
			sizes = append(sizes, n)
			vain = 0
		}
	}
	return sizes, nil
}
