package lambdastats

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/shardstats/shardstats/stats"
)

// invocation is what the wrappers that are at work on one answer share.
type invocation struct {
	mu      sync.Mutex
	clients []*stats.Client // each once
	over    bool            // the outermost wrapper's handler has returned
}

// scope is what a wrapper puts into the context: whom Metric submits to, and the
// invocation that nested wrappers join.
type scope struct {
	client     *stats.Client
	invocation *invocation
}

type scopeKey struct{}

// scopeOf returns the scope of the innermost wrapper around ctx, nil if there is none.
func scopeOf(ctx context.Context) *scope {
	if ctx == nil {
		return nil
	}
	s, _ := ctx.Value(scopeKey{}).(*scope)
	return s
}

// join adds c to what the outermost wrapper flushes. It reports false if that has
// returned: a handler left a goroutine behind, which has to look after itself.
func (v *invocation) join(c *stats.Client) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.over {
		return false
	}
	if !slices.Contains(v.clients, c) {
		v.clients = append(v.clients, c)
	}
	return true
}

// end returns the clients to flush. Nobody joins after it.
func (v *invocation) end() []*stats.Client {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.over = true
	return v.clients
}

func (v *invocation) ended() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.over
}

// wrapper is the part of a wrapper that does not depend on the handler's shape.
type wrapper struct {
	client *stats.Client
	cfg    config
	warmed sync.Once
}

func newWrapper(c *stats.Client, opts []Option) *wrapper {
	return &wrapper{client: c, cfg: configure(opts)}
}

// enter begins a call of the handler. The caller defers leave, which runs however
// the handler ends, and recovers nothing: a panic goes on with its own value.
func (w *wrapper) enter(ctx context.Context) (inner context.Context, leave func()) {
	if ctx == nil {
		ctx = context.Background()
	}
	cool := w.warm(ctx)
	if outer := scopeOf(ctx); outer != nil && outer.invocation.join(w.client) {
		inner = context.WithValue(ctx, scopeKey{}, &scope{w.client, outer.invocation})
		return inner, func() {
			defer cool()
			if outer.invocation.ended() { // while this one still ran
				w.flush(ctx, []*stats.Client{w.client})
			}
		}
	}
	v := &invocation{clients: []*stats.Client{w.client}}
	inner = context.WithValue(ctx, scopeKey{}, &scope{w.client, v})
	return inner, func() {
		defer cool()
		w.flush(ctx, v.end())
	}
}

// flush flushes all clients at once, as long as ctx's deadline allows. That ctx is
// cancelled stops nothing: the metrics of a request that was given up count too.
func (w *wrapper) flush(ctx context.Context, clients []*stats.Client) {
	limit := w.cfg.limit(ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	var others sync.WaitGroup
	for _, c := range clients[1:] {
		others.Go(func() { w.flushOne(ctx, c) })
	}
	w.flushOne(ctx, clients[0])
	others.Wait()
}

// flushOne logs what goes wrong, a panic of a transport or clock included: none of
// it is the handler's.
func (w *wrapper) flushOne(ctx context.Context, c *stats.Client) {
	defer func() {
		if v := recover(); v != nil {
			w.cfg.log().Error("lambdastats: the flush panicked", "panic", fmt.Sprint(v))
		}
	}()
	if err := c.Flush(ctx); err != nil {
		w.cfg.log().Warn("lambdastats: not everything was delivered within the invocation", "error", err)
	}
}
