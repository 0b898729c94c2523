package memory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// childEnv names the case that a process is started for.
const childEnv = "SHARDSTATS_BENCH_MEMORY"

// ChildMain ends a process that InChild started, after it has measured its case.
// Every program that calls InChild calls it first of all, before flags are read. In
// any other process it does nothing.
func ChildMain() {
	text, ok := os.LookupEnv(childEnv)
	if !ok {
		return
	}
	if err := childMain(text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func childMain(text string) error {
	var c Case
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return fmt.Errorf("memory: %s=%q: %w", childEnv, text, err)
	}
	cost, err := Measure(c)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(cost)
}

// InChild measures a case in a process of its own, which ends with ctx.
func InChild(ctx context.Context, c Case) (Cost, error) {
	self, err := os.Executable()
	if err != nil {
		return Cost{}, fmt.Errorf("memory: %w", err)
	}
	text, err := json.Marshal(c)
	if err != nil {
		return Cost{}, fmt.Errorf("memory: %w", err)
	}
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return Cost{}, fmt.Errorf("memory: the process for %s: %w", c, errors.Join(err, lastLines(complaint.Bytes())))
	}
	var cost Cost
	if err := json.Unmarshal(out.Bytes(), &cost); err != nil {
		return Cost{}, fmt.Errorf("memory: the process for %s answered %q: %w", c, out.String(), err)
	}
	return cost, nil
}

// lastLines returns the end of what a process had to say, as an error.
func lastLines(text []byte) error {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return nil
	}
	return errors.New(string(text[max(0, len(text)-500):]))
}
