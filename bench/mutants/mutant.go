package mutants

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Mutant is one change of one line.
type Mutant struct {
	Name string // what is broken, in a few words
	File string // from the top of the repository
	// Old occurs exactly once in File. It may have further lines around the one
	// that changes, to tell it from others like it.
	Old, New string
	Package  string // whose tests have to notice, as for go test
	Run      string // which of them, as for go test -run
	Tags     string // build tags, as for go test -tags
}

// apply makes the change in the tree at dir. restore takes it back.
func (m *Mutant) apply(dir string) (restore func() error, err error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, m.File)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if n := strings.Count(string(content), m.Old); n != 1 {
		return nil, fmt.Errorf("%s has %q %d times: want once", m.File, m.Old, n)
	}
	mutated := strings.Replace(string(content), m.Old, m.New, 1)
	if err := os.WriteFile(path, []byte(mutated), 0o600); err != nil {
		return nil, err
	}
	return func() error { return os.WriteFile(path, content, 0o600) }, nil
}

// check refuses what is no mutant: nothing changed, or more than one line.
func (m *Mutant) check() error {
	switch {
	case m.Name == "" || m.File == "" || m.Package == "" || m.Run == "":
		return errors.New("needs Name, File, Package and Run")
	case m.Old == "":
		return errors.New("has an empty Old")
	case m.Old == m.New:
		return errors.New("has Old and New the same")
	}
	if n := changedLines(strings.Split(m.Old, "\n"), strings.Split(m.New, "\n")); n > 1 {
		return fmt.Errorf("%d lines change: want one", n)
	}
	return nil
}

// changedLines counts the lines between what a and b have in common at both
// ends: of the longer one.
func changedLines(a, b []string) int {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return max(len(a), len(b))
}
