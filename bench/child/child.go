// Package child runs measurements in processes of their own: the program starts
// itself again, and the copy answers requests, one at a time, until it is told to
// end.
//
// So each subject has a heap and a garbage collector to itself, and several of them
// can still be measured by turns, since a copy that waits for its next request does
// nothing. The program has to call [Serve] first of all:
//
//	func main() {
//		child.Serve("squares", func(n int) (int, error) { return n * n, nil })
//		…
//		p, err := child.Start(ctx, "squares")
//		nine, err := child.Ask[int](p, 3)
package child

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// nameEnv tells a copy what it is to serve.
const nameEnv = "SHARDSTATS_BENCH_CHILD"

// Serve does nothing, unless this process was started by [Start] with the same
// name: then it answers requests until there are no more, and exits. It has to be
// called before flags are read and before anything is printed.
func Serve[Q, A any](name string, answer func(Q) (A, error)) {
	if os.Getenv(nameEnv) != name {
		return
	}
	if err := serve(os.Stdin, os.Stdout, answer); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// reply is what a copy says to one request.
type reply struct {
	Answer json.RawMessage
	Error  string // "" if there is none
}

func serve[Q, A any](in io.Reader, out io.Writer, answer func(Q) (A, error)) error {
	requests, replies := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var q Q
		if err := requests.Decode(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("child: read a request: %w", err)
		}
		var r reply
		a, err := answer(q)
		if err == nil {
			r.Answer, err = json.Marshal(a)
		}
		if err != nil {
			r.Error = err.Error()
		}
		if err := replies.Encode(r); err != nil {
			return fmt.Errorf("child: write a reply: %w", err)
		}
	}
}

// Process is a copy of this program. Its methods are for one goroutine at a time.
type Process struct {
	name    string
	cmd     *exec.Cmd
	in      io.WriteCloser
	replies *json.Decoder
	said    said
}

// Start starts a copy that serves name. It is killed when ctx ends; Close ends it
// otherwise. env are further variables, "NAME=value".
func Start(ctx context.Context, name string, env ...string) (*Process, error) {
	if mine := os.Getenv(nameEnv); mine != "" {
		// Without this, a program that forgot to serve would start itself for ever.
		return nil, fmt.Errorf("child: this process was started to serve %q, and nothing in it called Serve with that name", mine)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("child: find this program: %w", err)
	}
	p := &Process{name: name, cmd: exec.CommandContext(ctx, self)}
	p.cmd.Env = append(append(os.Environ(), nameEnv+"="+name), env...)
	p.cmd.Stderr = &p.said
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("child: %w", err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("child: %w", err)
	}
	p.replies = json.NewDecoder(bufio.NewReader(out))
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("child: start a copy of %s: %w", self, err)
	}
	return p, nil
}

// Ask sends a request to p and waits for the answer.
func Ask[A, Q any](p *Process, request Q) (answer A, err error) {
	text, err := json.Marshal(request)
	if err != nil {
		return answer, fmt.Errorf("child %s: %w", p.name, err)
	}
	if _, err := p.in.Write(append(text, '\n')); err != nil {
		return answer, p.died(err)
	}
	var r reply
	if err := p.replies.Decode(&r); err != nil {
		return answer, p.died(err)
	}
	if r.Error != "" {
		return answer, errors.New(r.Error)
	}
	if err := json.Unmarshal(r.Answer, &answer); err != nil {
		return answer, fmt.Errorf("child %s: answered %s: %w", p.name, r.Answer, err)
	}
	return answer, nil
}

// died says what a copy that gives no answer had to say.
func (p *Process) died(err error) error {
	_ = p.in.Close()
	if ended := p.cmd.Wait(); ended != nil {
		err = ended // it says more than a broken pipe
	}
	if said := p.said.text(); said != "" {
		return fmt.Errorf("child %s: ended without an answer: %w: %s", p.name, err, said)
	}
	return fmt.Errorf("child %s: ended without an answer: %w", p.name, err)
}

// Close lets the copy end, and waits for it. After an error of Ask it does nothing.
func (p *Process) Close() error {
	_ = p.in.Close()
	if p.cmd.ProcessState != nil {
		return nil
	}
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("child %s: %w: %s", p.name, err, p.said.text())
	}
	return nil
}

// CPU is the processor time that the copy has used, once it has ended; before that 0.
// Unlike the time on the wall it is the same on a busy machine.
func (p *Process) CPU() time.Duration {
	if p.cmd.ProcessState == nil {
		return 0
	}
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}
