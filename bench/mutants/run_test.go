package mutants

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// repo makes a module with a function and its tests.
func repo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":           "module example.com/m\n\ngo 1.26\n",
		"sum/sum.go":       "package sum\n\nfunc Sum(a, b int) int {\n\tif a == 1000 {\n\t\treturn a + b\n\t}\n\treturn a + b\n}\n",
		"sum/sum_test.go":  "package sum\n\nimport \"testing\"\n\nfunc TestSum(t *testing.T) {\n\tif Sum(1, 2) != 3 {\n\t\tt.Error(\"wrong\")\n\t}\n}\n",
		"nested/go.mod":    "module example.com/n\n\ngo 1.26\n",
		"nested/broken.go": "package",
		".hidden/x.go":     "package",
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	return dir
}

func mutant(old, new string) Mutant {
	return Mutant{Name: "x", File: "sum/sum.go", Old: old, New: new, Package: "./sum", Run: "TestSum"}
}

const lastReturn = "\t}\n\treturn a + b\n"

func TestRunTellsTheKilledFromTheRest(t *testing.T) {
	tests := []struct {
		name    string
		mutant  Mutant
		killed  bool
		by      string
		problem string
	}{
		{name: "one that a test notices", mutant: mutant(lastReturn, "\t}\n\treturn a - b\n"), killed: true, by: "TestSum"},
		{name: "one that hangs", mutant: mutant(lastReturn, "\t}\n\tselect {}\n"), killed: true, by: "timeout"},
		{name: "one that panics", mutant: mutant(lastReturn, "\t}\n\tpanic(a)\n"), killed: true, by: "TestSum"},
		{name: "one that survives", mutant: mutant("a == 1000", "a == 2000")},
		{name: "one that does not compile", mutant: mutant("a == 1000", "a == c"), problem: "does not compile"},
		{name: "one that is nowhere", mutant: mutant("a == 17", "a == 18"), problem: "0 times"},
		{name: "one that is twice", mutant: mutant("return a + b", "return 0"), problem: "2 times"},
		{name: "one that changes two lines", mutant: mutant("\t}\n\treturn a + b\n", "\t\tb++\n\t}\n\treturn a - b\n"), problem: "3 lines change"},
		{name: "one that changes nothing", mutant: mutant("a == 1000", "a == 1000"), problem: "the same"},
	}
	var list []Mutant
	for _, test := range tests {
		list = append(list, test.mutant)
	}
	dir := repo(t)
	before, err := os.ReadFile(filepath.Join(dir, "sum/sum.go"))
	require.NoError(t, err)

	var results []Result
	ok, err := Run(t.Context(), list, Options{Repo: dir, Timeout: 3 * time.Second, Report: func(r Result) { results = append(results, r) }})
	require.NoError(t, err)
	assert.False(t, ok)
	require.Len(t, results, len(tests))
	for i, test := range tests {
		assert.Equal(t, test.killed, results[i].Killed, test.name)
		assert.Equal(t, test.by, results[i].By, test.name)
		if test.problem == "" {
			assert.NoError(t, results[i].Problem, test.name)
		} else {
			assert.ErrorContains(t, results[i].Problem, test.problem, test.name)
		}
		assert.Equal(t, test.killed, results[i].OK(), test.name)
	}

	after, err := os.ReadFile(filepath.Join(dir, "sum/sum.go"))
	require.NoError(t, err)
	assert.Equal(t, before, after, "the repository is only read")
}

func TestRunIsContentWhenAllAreKilled(t *testing.T) {
	ok, err := Run(t.Context(), []Mutant{mutant(lastReturn, "\t}\n\treturn a - b\n")},
		Options{Repo: repo(t), Timeout: 3 * time.Second, Report: func(Result) {}})
	require.NoError(t, err)
	assert.True(t, ok)
}

func TestRunRefusesTestsThatProveNothing(t *testing.T) {
	missing := mutant("a == 1000", "a == 2000")
	missing.Run = "TestNone"
	_, err := Run(t.Context(), []Mutant{missing}, Options{Repo: repo(t), Timeout: 3 * time.Second})
	assert.ErrorContains(t, err, "no test TestNone")

	dir := repo(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sum/red_test.go"),
		[]byte("package sum\n\nimport \"testing\"\n\nfunc TestRed(t *testing.T) { t.Fail() }\n"), 0o600))
	red := mutant("a == 1000", "a == 2000")
	red.Run = "TestRed"
	_, err = Run(t.Context(), []Mutant{red}, Options{Repo: dir, Timeout: 3 * time.Second})
	assert.ErrorContains(t, err, "fails without a mutant")
}

// The list is checked here without running it; make mutants runs it.
func TestListIsWellFormed(t *testing.T) {
	require.GreaterOrEqual(t, len(List), 12)
	names := make(map[string]bool)
	for i := range List {
		m := &List[i]
		assert.NoError(t, m.check(), m.Name)
		assert.False(t, names[m.Name], "two are named %q", m.Name)
		names[m.Name] = true
	}
}

// A mutant whose line has changed since proves nothing; this finds it without a run.
func TestListAppliesToTheTree(t *testing.T) {
	for i := range List {
		m := &List[i]
		content, err := os.ReadFile(filepath.Join("../..", m.File))
		require.NoError(t, err)
		assert.Equal(t, 1, strings.Count(string(content), m.Old), "%s: %s has %q", m.Name, m.File, m.Old)
	}
}
