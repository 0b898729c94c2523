package files_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/files"
)

func TestResultsAreWrittenIntoAFolderThatWasNotThere(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "b")
	require.NoError(t, files.Results(folder, "x", "table", "rounds"))
	for name, want := range map[string]string{"x.md": "table", "x.txt": "rounds"} {
		got, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
}

func TestEveryFailureToWriteIsNamed(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"x.md", "x.txt"} {
		require.NoError(t, os.Mkdir(filepath.Join(folder, name), 0o700))
	}
	err := files.Results(folder, "x", "table", "rounds")
	assert.ErrorContains(t, err, "x.md")
	assert.ErrorContains(t, err, "x.txt")
}
