//go:build unix

package stats_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
	"github.com/shardstats/shardstats/transport/stdout"
)

// signalled names the variable that makes the test binary the process that gets
// the signal; its value says which one.
const signalled = "SHARDSTATS_TEST_SIGNALLED"

// TestTheSignalledProcess is no test: it is the process that the tests below
// start and signal.
func TestTheSignalledProcess(t *testing.T) {
	kind := os.Getenv(signalled)
	if kind == "" {
		t.Skip("runs in a process of its own")
	}
	var sink transport.Transport = stdout.New(os.Stdout)
	var log slog.Handler = slog.NewTextHandler(os.Stdout, nil)
	switch kind {
	case "stuck":
		sink = &stubborn{send: sendForEver, close: func() {}}
	case "stuck and mute":
		sink, log = &stubborn{send: sendForEver, close: func() {}}, stuckLog{forever: func() { select {} }}
	}
	c, err := stats.New(stats.WithTransport(sink), stats.WithFlushInterval(time.Hour), stats.WithLogger(slog.New(log)))
	require.NoError(t, err)
	own := make(chan os.Signal, 8)
	switch kind {
	case "stopped":
		stop := stats.FlushOnSignal(c)
		stop()
		stop()
	case "handles":
		signal.Notify(own, syscall.SIGTERM)
		stats.FlushOnSignal(c)
	case "another signal":
		stats.FlushOnSignal(c, syscall.SIGHUP)
	default:
		stats.FlushOnSignal(c)
	}
	c.Count("jobs", 3)
	fmt.Println("ready")
	for {
		select {
		case s := <-own:
			fmt.Println("handler:", s)
		case <-time.After(2 * time.Minute): // whoever started it is gone
			os.Exit(3)
		}
	}
}

// sendForEver is a Send that says that it was called and never returns.
func sendForEver() {
	fmt.Println("sending")
	select {}
}

// child is a signalled process that has submitted, and waits.
type child struct {
	*exec.Cmd
	out *bufio.Reader
}

func startChild(t *testing.T, kind string, shell ...string) child {
	t.Helper()
	command := append(shell, os.Args[0], "-test.run=^TestTheSignalledProcess$")
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Env = append(os.Environ(), signalled+"="+kind)
	pipe, err := cmd.StdoutPipe()
	require.NoError(t, err)
	// Who started the tests may ignore signals, as nohup does and a shell for what it
	// runs in the background. What this process handles, its child has as the system
	// gives it.
	handled := make(chan os.Signal, 1)
	signal.Notify(handled, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(handled)
	require.NoError(t, cmd.Start())
	c := child{cmd, bufio.NewReader(pipe)}
	require.Equal(t, "ready", c.line(t))
	return c
}

func (c child) line(t *testing.T) string {
	t.Helper()
	line, err := c.out.ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(line)
}

// end returns what else the process printed, and the signal that ended it.
func (c child) end(t *testing.T) (string, syscall.Signal) {
	t.Helper()
	rest, err := io.ReadAll(c.out)
	require.NoError(t, err)
	require.Error(t, c.Wait(), "it exited as if nothing had happened")
	status := c.ProcessState.Sys().(syscall.WaitStatus)
	require.True(t, status.Signaled(), "it was not ended by a signal: %v", c.ProcessState)
	return string(rest), status.Signal()
}

func TestASignalFlushesAndThenEndsTheProcess(t *testing.T) {
	for name, test := range map[string]struct {
		kind    string
		signal  syscall.Signal
		arrives bool
	}{
		"SIGTERM":                {"plain", syscall.SIGTERM, true},
		"an interrupt":           {"plain", syscall.SIGINT, true},
		"one that was asked for": {"another signal", syscall.SIGHUP, true},
		"one that was not":       {"another signal", syscall.SIGTERM, false},
		"after stop":             {"stopped", syscall.SIGTERM, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := startChild(t, test.kind)
			require.NoError(t, c.Process.Signal(test.signal))
			printed, by := c.end(t)
			assert.Equal(t, test.signal, by)
			assert.Equal(t, test.arrives, strings.Contains(printed, `"name":"jobs","kind":"count","value":3`), printed)
		})
	}
}

func TestATransportThatIgnoresEverythingDelaysTheEndByTheDeadlineOnly(t *testing.T) {
	for kind, says := range map[string]string{
		"stuck":          "not everything was delivered before the process ends",
		"stuck and mute": "",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			c := startChild(t, kind)
			start := time.Now()
			require.NoError(t, c.Process.Signal(syscall.SIGTERM))
			require.Equal(t, "sending", c.line(t))
			require.NoError(t, c.Process.Signal(syscall.SIGTERM), "impatience")
			printed, by := c.end(t)
			assert.Equal(t, syscall.SIGTERM, by)
			assert.Contains(t, printed, says)
			assert.Greater(t, time.Since(start), 4*time.Second, "the second signal has cut the flush short")
			assert.Less(t, time.Since(start), time.Minute)
		})
	}
}

func TestAnIgnoredSignalStaysIgnored(t *testing.T) {
	t.Parallel()
	c := startChild(t, "plain", "/bin/sh", "-c", `trap "" INT; exec "$0" "$@"`)
	for range 3 {
		require.NoError(t, c.Process.Signal(syscall.SIGINT))
	}
	require.NoError(t, c.Process.Signal(syscall.SIGTERM))
	printed, by := c.end(t)
	assert.Equal(t, syscall.SIGTERM, by)
	assert.Contains(t, printed, `"name":"jobs"`)
}

func TestAProgramsOwnHandlerSeesTheSignalAgain(t *testing.T) {
	t.Parallel()
	c := startChild(t, "handles")
	require.NoError(t, c.Process.Signal(syscall.SIGTERM))
	lines := []string{c.line(t), c.line(t), c.line(t)}
	assert.Contains(t, strings.Join(lines, "\n"), `"name":"jobs"`)
	assert.Equal(t, "handler: terminated", lines[2])
	assert.Contains(t, lines[:2], "handler: terminated")
	require.NoError(t, c.Process.Kill())
	_, by := c.end(t)
	assert.Equal(t, syscall.SIGKILL, by)
}

// A signal that comes while stop runs is either handled by us or does what it
// does by default, which here is the test's handler: it is not lost.
func TestASignalThatRacesStopIsNotLost(t *testing.T) {
	own := make(chan os.Signal, 64)
	for range 200 {
		m := memory.New()
		c, err := stats.New(stats.WithTransport(m), stats.WithManualFlush())
		require.NoError(t, err)
		c.Count("a", 1)
		signal.Notify(own, syscall.SIGUSR2)
		stop := stats.FlushOnSignal(c, syscall.SIGUSR2)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(stop)
		}
		wg.Go(func() { assert.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGUSR2)) })
		wg.Wait()
		<-own // the test's own copy
		if len(m.Batches()) > 0 {
			assert.Equal(t, syscall.SIGUSR2, <-own, "handled, and not raised again")
		}
		signal.Stop(own)
		require.NoError(t, c.Close())
	}
}

func TestAClientThatDiscardsLeavesSignalsAlone(t *testing.T) {
	disabled, err := stats.New(stats.WithDisabled())
	require.NoError(t, err)
	own := make(chan os.Signal, 8)
	signal.Notify(own, syscall.SIGUSR2)
	defer signal.Stop(own)
	for _, c := range []*stats.Client{nil, new(stats.Client), disabled} {
		stop := stats.FlushOnSignal(c, syscall.SIGUSR2)
		require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGUSR2))
		<-own
		stop()
		assert.Empty(t, own, "raised again")
		stop()
	}
}
