package lambdastats_test

import (
	"bytes"
	"context"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newClient returns a client for Lambda and where it sends to.
func newClient(t *testing.T, opts ...stats.Option) (*stats.Client, *memory.Transport) {
	t.Helper()
	sent := memory.New()
	opts = append([]stats.Option{stats.WithTransport(sent), stats.WithManualFlush(), stats.WithLogger(slog.New(slog.DiscardHandler))}, opts...)
	c, err := stats.New(opts...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c, sent
}

// logbook is what was logged.
type logbook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logbook) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// handlerFunc is an object with Invoke.
type handlerFunc func(context.Context, []byte) ([]byte, error)

func (f handlerFunc) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return f(ctx, payload)
}

// goexit is runtime.Goexit, out of sight of vet: code after it is what is tested.
func goexit() { runtime.Goexit() }

// clockThatBreaks panics while it is broken.
type clockThatBreaks struct{ broken atomic.Bool }

func (c *clockThatBreaks) Now() time.Time {
	if c.broken.Load() {
		panic("the clock is broken")
	}
	return time.Now()
}
