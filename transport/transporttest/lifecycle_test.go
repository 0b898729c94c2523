package transporttest_test

import (
	"context"
	"errors"
	"sync"

	"github.com/shardstats/shardstats/transport"
)

var brokenLifecycle = []broken{
	{"fails the second Close", "closes twice", "already closed", func(f *fake, _ <-chan struct{}) {
		f.close = func(ctx context.Context) error {
			if f.isClosed() {
				return errors.New("already closed")
			}
			return f.goodClose(ctx)
		}
	}},
	{"panics at the second Close", "closes twice", "close of closed channel", func(f *fake, _ <-chan struct{}) {
		done := make(chan struct{})
		f.close = func(ctx context.Context) error {
			close(done)
			return f.goodClose(ctx)
		}
	}},
	{"waits in Close for longer than it may", "closes within its context", "did not return", func(f *fake, release <-chan struct{}) {
		f.close = func(ctx context.Context) error {
			if ctx.Err() != nil {
				<-release
			}
			return f.goodClose(ctx)
		}
	}},
	{"panics in Send when closed", "refuses to send when closed", "send on closed channel", func(f *fake, _ <-chan struct{}) {
		f.send = func(ctx context.Context, b *transport.Batch) error {
			if f.isClosed() {
				panic("send on closed channel")
			}
			return f.goodSend(ctx, b)
		}
	}},
	{"takes points when closed", "refuses to send when closed", "returned nil", func(f *fake, _ <-chan struct{}) {
		f.close = func(context.Context) error { return nil }
	}},
	{"keeps its peer in a global variable", "shares nothing with its twin", "arrived as", sharesPeer},
	{"closes its twin", "shares nothing with its twin", "closed", sharesClosed},
	{"leaves a goroutine behind", "closes twice", "goroutines are left", func(f *fake, release <-chan struct{}) {
		f.send = func(ctx context.Context, b *transport.Batch) error {
			go func() { <-release }()
			return f.goodSend(ctx, b)
		}
	}},
	{"leaves a goroutine of its constructor behind", "closes twice", "goroutines are left", func(_ *fake, release <-chan struct{}) {
		go func() { <-release }()
	}},
}

var (
	commonPeer   = &peer{}
	commonClosed sync.Map // of the test "closes its twin"
)

func sharesPeer(f *fake, _ <-chan struct{}) { f.peer = commonPeer }

func sharesClosed(f *fake, _ <-chan struct{}) {
	f.close = func(ctx context.Context) error {
		commonClosed.Store("closed", true)
		return f.goodClose(ctx)
	}
	f.send = func(ctx context.Context, b *transport.Batch) error {
		if _, closed := commonClosed.Load("closed"); closed {
			return transport.ErrClosed
		}
		return f.goodSend(ctx, b)
	}
}
