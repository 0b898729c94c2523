package servers

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// failures is a test that must fail.
type failures struct {
	testing.TB
	n int
}

func (f *failures) Errorf(string, ...any) { f.n++ }

func TestRecordsCutByAKill(t *testing.T) {
	const a, b = `{"packet":"a:1|c\n"}`, `{"packet":"b:1|c\nc:2|c\n"}`
	for name, test := range map[string]struct {
		record string
		lines  []string
		wrong  int
	}{
		"nothing yet":         {"", nil, 0},
		"a first start":       {"\n\n" + a + "\n" + b + "\n", []string{"a:1|c", "b:1|c", "c:2|c"}, 0},
		"a kill in between":   {"\n\n" + a + "\n\n\n" + b + "\n", []string{"a:1|c", "b:1|c", "c:2|c"}, 0},
		"a kill amid a write": {"\n\n" + a + "\n" + b[:9] + "\n\n" + a + "\n", []string{"a:1|c", "a:1|c"}, 0},
		"being written":       {"\n\n" + a + "\n" + b[:9], []string{"a:1|c"}, 0},
		"broken":              {"\n\n" + a + "\n" + b[:9] + "\n" + a + "\n", []string{"a:1|c"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			record := filepath.Join(t.TempDir(), "record")
			require.NoError(t, os.WriteFile(record, []byte(test.record), 0o600))
			f := &failures{TB: t}
			s := &StatsdServer{Process: &Process{t: f}, record: record}
			assert.Equal(t, test.lines, s.Lines())
			assert.Equal(t, test.wrong, f.n)
		})
	}
}
