package mutants

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Result says what became of one mutant.
type Result struct {
	Mutant  *Mutant
	Killed  bool
	By      string // the first test that failed, or "timeout", or "panic"
	Took    time.Duration
	Problem error // why it is no result: it did not apply or compile, or has no test
}

// OK reports whether the tests noticed.
func (r *Result) OK() bool { return r.Problem == nil && r.Killed }

// Options of [Run].
type Options struct {
	Repo    string        // top of the repository; only read
	Timeout time.Duration // of the tests of one mutant; a test that hangs has noticed
	Report  func(Result)  // called after each mutant
}

// Run tries each mutant in a copy of the repository and returns whether all
// were killed. An error is one of the machinery: a copy that failed, or tests
// that fail without any mutant.
func Run(ctx context.Context, list []Mutant, o Options) (ok bool, err error) {
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	if err := copyTree(dir, o.Repo); err != nil {
		return false, fmt.Errorf("mutants: copy %s: %w", o.Repo, err)
	}
	if err := healthy(ctx, dir, list, o.Timeout); err != nil {
		return false, err
	}
	ok = true
	for i := range list {
		result := try(ctx, dir, &list[i], o.Timeout)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		ok = ok && result.OK()
		o.Report(result)
	}
	return ok, nil
}

// healthy runs the tests of all mutants once without any: they exist and pass.
func healthy(ctx context.Context, dir string, list []Mutant, timeout time.Duration) error {
	var errs []error
	seen := make(map[[3]string]bool)
	for i := range list {
		m := &list[i]
		key := [3]string{m.Package, m.Run, m.Tags}
		if seen[key] {
			continue
		}
		seen[key] = true
		switch out, err := goTest(ctx, dir, m, timeout); {
		case err != nil:
			errs = append(errs, fmt.Errorf("mutants: %s -run %s fails without a mutant:\n%s", m.Package, m.Run, tail(out)))
		case strings.Contains(out, "[no tests to run]") || strings.Contains(out, "[no test files]"):
			errs = append(errs, fmt.Errorf("mutants: %s has no test %s, named by %q", m.Package, m.Run, m.Name))
		}
	}
	return errors.Join(errs...)
}

// try runs the tests of one mutant in the tree at dir and puts the tree back.
func try(ctx context.Context, dir string, m *Mutant, timeout time.Duration) (r Result) {
	start := time.Now()
	r.Mutant = m
	defer func() { r.Took = time.Since(start) }()
	restore, err := m.apply(dir)
	if err != nil {
		r.Problem = err
		return r
	}
	defer func() {
		if err := restore(); err != nil {
			r.Problem = err
		}
	}()
	out, err := goTest(ctx, dir, m, timeout)
	switch {
	case err == nil: // survived
	case strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]"):
		r.Problem = fmt.Errorf("does not compile:\n%s", tail(out))
	default:
		r.Killed, r.By = true, killer(out)
	}
	return r
}

var failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// killer names what noticed.
func killer(out string) string {
	if found := failedTest.FindStringSubmatch(out); found != nil {
		return found[1]
	}
	switch {
	case strings.Contains(out, "panic: test timed out"):
		return "timeout"
	case strings.Contains(out, "panic: "), strings.Contains(out, "fatal error: "):
		return "panic"
	}
	return "exit code"
}

// goTest runs the tests of m in the tree at dir. Vet stays out: it might refuse
// a mutant before a test can.
func goTest(ctx context.Context, dir string, m *Mutant, timeout time.Duration) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-vet=off",
		"-timeout", timeout.String(), "-tags", m.Tags, "-run", m.Run, m.Package)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// tail returns the end of an output.
func tail(out string) string {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

// copyTree copies a module without its nested modules and dot files.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		switch {
		case name == ".":
			return nil
		case strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case entry.IsDir():
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
				return filepath.SkipDir
			}
			return os.MkdirAll(target, 0o700)
		case !entry.Type().IsRegular():
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o600)
	})
}
