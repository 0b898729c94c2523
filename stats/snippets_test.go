package stats_test

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// snippetDocs are the pages whose Go is compiled, and what a reader has already
// where a block begins.
var snippetDocs = map[string]string{
	"README.md": `
		var (
			c                    *stats.Client
			requests             *stats.Counter
			agent, page, billing transport.Transport
			dd                   *datadog.Transport
			isBilled             func(name string) bool
			serve                func(*stats.Client)
			order                struct{ Created time.Time }
			size                 float64
			t                    *testing.T
		)`,
	"docs/CONFIGURATION.md": "",
	"docs/LAMBDA.md": `
		type Order struct {
			Total float64
			Shop  string
		}
		type Receipt struct{}`,
	"docs/THREADSTATS.md": "",
	"docs/TUNING.md":      "var t transport.Transport",
}

const libraryPath = "github.com/shardstats/shardstats"

// snippetImports are the packages that the blocks speak of, by name.
var snippetImports = map[string]string{
	"atomic":      "sync/atomic",
	"context":     "context",
	"datadog":     libraryPath + "/transport/datadog",
	"dogstatsd":   libraryPath + "/transport/dogstatsd",
	"fmt":         "fmt",
	"http":        "net/http",
	"io":          "io",
	"lambda":      "github.com/aws/aws-lambda-go/lambda",
	"lambdastats": libraryPath + "/stats/lambdastats",
	"log":         "log",
	"memory":      libraryPath + "/transport/memory",
	"os":          "os",
	"otlp":        libraryPath + "/transport/otlp",
	"prometheus":  libraryPath + "/transport/prometheus",
	"remotewrite": libraryPath + "/transport/remotewrite",
	"statsd":      libraryPath + "/transport/statsd",
	"stats":       libraryPath + "/stats",
	"testing":     "testing",
	"time":        "time",
	"transport":   libraryPath + "/transport",
}

// TestTheDocsCompile has the Go toolchain look at each block of Go in the docs, in a
// module that finds the library as the README says. A complaint names the page and
// the line.
func TestTheDocsCompile(t *testing.T) {
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	dir, blocks := t.TempDir(), 0
	for _, page := range append(pages, filepath.Join(root, "README.md")) {
		name, err := filepath.Rel(root, page)
		require.NoError(t, err)
		context, known := snippetDocs[filepath.ToSlash(name)]
		for _, b := range goBlocks(t, page) {
			require.True(t, known, "%s has Go that is not compiled: name the page in snippetDocs", name)
			at := filepath.Join(dir, fmt.Sprintf("%s_%d", strings.TrimSuffix(filepath.Base(name), ".md"), b.line))
			require.NoError(t, os.Mkdir(at, 0o755))
			writeSource(t, filepath.Join(at, "block.go"), b.source(t, page))
			if !b.program() {
				writeSource(t, filepath.Join(at, "context.go"), context)
			}
			blocks++
		}
	}
	require.Positive(t, blocks)

	writeModule(t, dir, root)

	// What a page leaves out is a panic, and what comes after it is not reached.
	vet := exec.CommandContext(t.Context(), "go", "vet", "-mod=mod", "-unreachable=false", "./...")
	vet.Dir = dir
	// On the machine that it runs on, whichever the tests are built for.
	vet.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOARCH=")
	out, err := vet.CombinedOutput()
	assert.NoError(t, err, "%s", out)
}

// writeModule makes dir a module beside the library. Its requirements are the library's
// own, so that nothing has to be looked for.
func writeModule(t *testing.T, dir, root string) {
	t.Helper()
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	require.Contains(t, string(mod), "module "+libraryPath+"\n")
	text := strings.Replace(string(mod), "module "+libraryPath, "module snippets", 1)
	for path, to := range map[string]string{libraryPath: root, "github.com/aws/aws-lambda-go": "./aws"} {
		text += fmt.Sprintf("\nrequire %s v0.0.0\nreplace %s => %q\n", path, path, to)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o644))
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o644))
	// The library does not depend on AWS's; transport/e2e runs what the docs show under it.
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "aws", "lambda"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "aws", "go.mod"), []byte("module github.com/aws/aws-lambda-go\n\ngo 1.26\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "aws", "lambda", "lambda.go"), []byte("package lambda\n\nfunc Start(handler any) {}\n"), 0o644))
}

// goBlock is a block of Go in a page.
type goBlock struct {
	line int // its first, from 1
	text string
}

// goBlocks returns the blocks of Go of a page. A line with nothing but … stands for what the
// page leaves out.
func goBlocks(t *testing.T, page string) []goBlock {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	var blocks []goBlock
	in, number := false, 0
	for lines := bufio.NewScanner(strings.NewReader(string(text))); lines.Scan(); {
		number++
		line := lines.Text()
		switch {
		case !in && line == "```go":
			in = true
			blocks = append(blocks, goBlock{line: number + 1})
		case in && line == "```":
			in = false
		case in:
			if strings.TrimSpace(line) == "…" {
				line = `panic("…")`
			}
			blocks[len(blocks)-1].text += line + "\n"
		}
	}
	require.False(t, in, "%s ends within a block", page)
	return blocks
}

// program reports whether the block is a file of its own.
func (b goBlock) program() bool { return strings.HasPrefix(b.text, "package ") }

// source returns the block as Go below the imports of a file: a program as it is,
// declarations as they are, statements in a function.
func (b goBlock) source(t *testing.T, page string) string {
	t.Helper()
	text := fmt.Sprintf("//line %s:%d\n%s", page, b.line, b.text)
	if b.program() {
		return text
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "", "package snippet\n"+b.text, 0); err == nil {
		return text
	}
	function := "func _() {\n" + text
	file, err := parser.ParseFile(token.NewFileSet(), "", "package snippet\n"+function+"}\n", 0)
	require.NoError(t, err, "%s:%d is no Go", page, b.line)
	// What a block makes is used by what the page says next.
	used := map[string]bool{}
	for _, s := range file.Decls[0].(*ast.FuncDecl).Body.List {
		if made, ok := s.(*ast.AssignStmt); ok && made.Tok == token.DEFINE {
			for _, left := range made.Lhs {
				if name := left.(*ast.Ident).Name; name != "_" {
					used[name] = true
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(used)) {
		function += "_ = " + name + "\n"
	}
	return function + "}\n"
}

// writeSource writes Go as a file of package snippet, with the imports that it needs; a
// program has its own.
func writeSource(t *testing.T, path, source string) {
	t.Helper()
	if !strings.Contains(source, "\npackage ") {
		file, err := parser.ParseFile(token.NewFileSet(), path, "package snippet\n"+source, 0)
		require.NoError(t, err)
		needed := map[string]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && snippetImports[x.Name] != "" {
					needed[snippetImports[x.Name]] = true
				}
			}
			return true
		})
		head := "package snippet\n"
		for _, path := range slices.Sorted(maps.Keys(needed)) {
			head += fmt.Sprintf("import %q\n", path)
		}
		source = head + source
	}
	require.NoError(t, os.WriteFile(path, []byte(source), 0o644))
}
