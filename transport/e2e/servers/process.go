package servers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	patience  = 30 * time.Second // for a server to start on a busy machine
	politely  = 5 * time.Second  // from SIGTERM to SIGKILL
	pollPause = 20 * time.Millisecond
	tailBytes = 4 << 10 // of the output, for a failed test
)

// A Process is a running server. It ends with its test.
type Process struct {
	t     testing.TB
	name  string
	path  string
	args  []string
	log   string // a file: what the server printed is complete even after SIGKILL
	ready func(context.Context) error

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
}

// launch starts a program and waits until ready returns nil.
func launch(t testing.TB, name, path string, ready func(context.Context) error, args ...string) *Process {
	t.Helper()
	p := &Process{t: t, name: name, path: path, args: args, ready: ready}
	p.log = filepath.Join(t.TempDir(), "output.txt")
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%s, end of its output:\n%s", p.name, tail(p.Output()))
		}
	})
	p.Start()
	if t.Failed() {
		t.FailNow()
	}
	return p
}

// Start starts the server again, on the same ports and with the same data, and
// waits until it answers. A server that runs is left alone.
func (p *Process) Start() {
	p.t.Helper()
	if err := p.start(); err != nil {
		p.t.Errorf("servers: start %s: %v", p.name, err)
	}
}

func (p *Process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		return nil
	}
	out, err := os.OpenFile(p.log, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer out.Close() // the process has its own
	cmd := exec.Command(p.path, p.args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = endWithParent()
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in its output
		close(done)
	}()
	p.cmd, p.done = cmd, done
	return p.await()
}

// await polls until the server answers, has ended, or has had its time.
func (p *Process) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		err := p.ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			p.cmd = nil
			return fmt.Errorf("it ended at once:\n%s", tail(p.Output()))
		case <-ctx.Done():
			return fmt.Errorf("not ready after %v: %w", patience, err)
		case <-time.After(pollPause):
		}
	}
}

// Kill ends the server by SIGKILL: it has no moment to finish anything. Returns
// when the process is gone.
func (p *Process) Kill() { p.end(syscall.SIGKILL) }

// Terminate ends the server by SIGTERM, and by SIGKILL if that takes longer than
// 5 s. Returns when the process is gone.
func (p *Process) Terminate() { p.end(syscall.SIGTERM) }

func (p *Process) end(sig os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(sig) // fails only if it has ended
	select {
	case <-p.done:
	case <-time.After(politely):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
	p.cmd = nil
}

// Signal sends a signal, as SIGSTOP and SIGCONT for a server that hangs a while.
func (p *Process) Signal(sig os.Signal) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		p.t.Errorf("servers: signal %s: it does not run", p.name)
	} else if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Errorf("servers: signal %s: %v", p.name, err)
	}
}

// Output returns all that the server printed, over restarts too.
func (p *Process) Output() string {
	b, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func tail(s string) string {
	if len(s) > tailBytes {
		s = "…" + s[len(s)-tailBytes:]
	}
	return s
}
