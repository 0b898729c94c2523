package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patience bounds everything that a test waits for and that should come at once.
const patience = 20 * time.Second

// environment is a function in its process, and the servers around it.
type environment struct {
	t       *testing.T
	journal *journal
	runtime *lambdaRuntime
	intake  *intake
	process *os.Process
	exited  chan struct{} // closed when it has ended; then state is valid
	state   *os.ProcessState
	log     *logbook
}

// startFunction starts one of the functions and waits until it asks for an event.
func startFunction(t *testing.T, name string, env ...string) *environment {
	t.Helper()
	j := newJournal()
	e := &environment{
		t: t, journal: j, runtime: newRuntime(t, j), intake: newIntake(t, j),
		exited: make(chan struct{}), log: &logbook{},
	}
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(),
		functionEnv+"="+name,
		intakeEnv+"="+e.intake.URL,
		"AWS_LAMBDA_RUNTIME_API="+e.runtime.address(),
	)
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdout, cmd.Stderr = e.log, e.log
	require.NoError(t, cmd.Start())
	e.process = cmd.Process
	go func() {
		defer close(e.exited)
		_ = cmd.Wait() // the state says more
		e.state = cmd.ProcessState
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // also one that is stopped
		<-e.exited
		if t.Failed() {
			entries, _ := j.all()
			t.Logf("journal: %q\nthe function's log:\n%s", entries, e.log)
		}
	})
	e.await("the function to ask for its first event", func() bool { return j.count(sawNext) >= 1 })
	return e
}

// await waits until condition holds for the journal, and fails the test if it
// does not soon.
func (e *environment) await(what string, condition func() bool) {
	e.t.Helper()
	late := time.After(patience)
	for {
		_, changed := e.journal.all() // before the look at it, so that no change is missed
		if condition() {
			return
		}
		select {
		case <-changed:
		case <-e.exited:
			require.FailNow(e.t, "the function ended", "while the test waited for %s", what)
		case <-late:
			require.FailNow(e.t, "timed out", "the test waited for %s", what)
		}
	}
}

// invoke has the function answer an event.
func (e *environment) invoke(o order, timeout time.Duration) outcome {
	e.t.Helper()
	return e.outcome(e.runtime.send(encode(o), timeout))
}

func (e *environment) outcome(inv *invocation) outcome {
	e.t.Helper()
	select {
	case out := <-inv.outcome:
		return out
	case <-time.After(patience):
		require.FailNow(e.t, "timed out", "the test waited for the answer to %s", inv.id)
		return outcome{}
	}
}

// idle waits until the function has asked for its n-th event, so that nothing of
// an invocation is under way any more.
func (e *environment) idle(n int) {
	e.t.Helper()
	e.await(fmt.Sprintf("the function to ask for event %d", n), func() bool { return e.journal.count(sawNext) >= n })
}

// logged waits until the process has logged text; its log comes through a pipe.
func (e *environment) logged(text string) {
	e.t.Helper()
	assert.Eventually(e.t, func() bool { return strings.Contains(e.log.String(), text) }, patience, time.Millisecond,
		"nothing like %q in the log", text)
}

// logbook is what a process wrote.
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
