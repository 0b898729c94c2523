package transporttest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/transporttest"
)

// peer is the backend of a fake: it keeps what arrives, and can be away.
type peer struct {
	mu   sync.Mutex
	got  []transporttest.Flat
	seen []transporttest.Notice
	away bool
}

func (p *peer) take(flats ...transporttest.Flat) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, flats...)
}

func (p *peer) received() []transporttest.Flat {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]transporttest.Flat(nil), p.got...)
}

func (p *peer) setAway(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = away
}

func (p *peer) isAway() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.away
}

// fake is a transport with all capabilities that keeps to the contract. Tests
// break one of its functions at a time.
type fake struct {
	*peer
	send        func(ctx context.Context, b *transport.Batch) error
	close       func(ctx context.Context) error
	describe    func() transport.Description
	temporality func(transport.Kind) transport.Temporality
	name, tag   func(string) string
	identity    func(dst []byte, s *transport.Series) []byte

	mu     sync.Mutex
	closed bool
}

func newFake() *fake {
	f := &fake{peer: &peer{}}
	f.send = f.goodSend
	f.close = f.goodClose
	f.describe = func() transport.Description {
		return transport.Description{Name: "fake", Summaries: true, Members: true, Events: true, Checks: true}
	}
	f.temporality = func(k transport.Kind) transport.Temporality {
		if k == transport.KindGauge {
			return transport.Overwrite
		}
		return transport.Additive
	}
	f.name = func(s string) string { return strings.ReplaceAll(s, "|", "_") }
	f.tag = func(s string) string { return strings.ReplaceAll(s, "#", "_") }
	f.identity = func(dst []byte, s *transport.Series) []byte {
		return fmt.Appendf(dst, "%q %q %q %v", s.Name, s.Tags, s.Host, s.HostSet)
	}
	return f
}

func (f *fake) Send(ctx context.Context, b *transport.Batch) error { return f.send(ctx, b) }
func (f *fake) Close(ctx context.Context) error                    { return f.close(ctx) }
func (f *fake) Describe() transport.Description                    { return f.describe() }
func (f *fake) Temporality(k transport.Kind) transport.Temporality { return f.temporality(k) }
func (f *fake) WireName(s string) string                           { return f.name(s) }
func (f *fake) WireTag(s string) string                            { return f.tag(s) }

func (f *fake) AppendWireIdentity(dst []byte, s *transport.Series) []byte { return f.identity(dst, s) }

func (f *fake) isClosed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

func (f *fake) goodSend(ctx context.Context, b *transport.Batch) error {
	switch {
	case f.isClosed():
		return &transport.SendError{Err: transport.ErrClosed}
	case ctx.Err() != nil:
		return &transport.SendError{Outcome: transport.Retry, Err: ctx.Err()}
	case f.isAway():
		return &transport.SendError{Outcome: transport.Retry, Err: errors.New("fake: the peer is away")}
	}
	f.take(f.spelled(b)...)
	f.note(b)
	return nil
}

// note keeps the events and checks of b as they arrive.
func (f *fake) note(b *transport.Batch) {
	all := transporttest.Notices(b)
	for _, n := range all {
		for i, tag := range n.Tags {
			n.Tags[i] = f.tag(tag)
		}
	}
	f.peer.mu.Lock()
	defer f.peer.mu.Unlock()
	f.seen = append(f.seen, all...)
}

func (p *peer) noted() []transporttest.Notice {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]transporttest.Notice(nil), p.seen...)
}

// readingNotices is how the suite reads the peer of a fake.
var readingNotices = transporttest.ReceivedNotices(func(t transport.Transport) []transporttest.Notice {
	return t.(*fake).noted()
})

func (f *fake) goodClose(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return nil
}

// spelled returns the points of b as they arrive.
func (f *fake) spelled(b *transport.Batch) []transporttest.Flat {
	flats := transporttest.Flatten(b.Series)
	for i := range flats {
		flats[i].Name = f.name(flats[i].Name)
		for j, tag := range flats[i].Tags {
			flats[i].Tags[j] = f.tag(tag)
		}
	}
	return flats
}

// plain has no capability at all and gives its batch to send.
type plain struct {
	*peer
	closed bool
	mu     sync.Mutex
}

func (p *plain) Send(_ context.Context, b *transport.Batch) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return transport.ErrClosed
	}
	p.take(transporttest.Flatten(b.Series)...)
	return nil
}

func (p *plain) Close(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return nil
}

var reading = transporttest.Received(func(t transport.Transport) []transporttest.Flat {
	return t.(interface{ received() []transporttest.Flat }).received()
})

var outage = transporttest.Outage(
	func(t transport.Transport) { t.(*fake).setAway(true) },
	func(t transport.Transport) { t.(*fake).setAway(false) },
)
