package replay_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/bench/replay"
)

func TestMembersAreOneIfTheirValuesAre(t *testing.T) {
	classes := [][]string{
		{`1`, `1.0`, `10e-1`, `0.1e1`, `0.1E+1`, `1000e-3`},
		{`0`, `-0`, `0.0`, `0e99`},
		{`-1`, `-1.00`},
		{`100`, `1e2`, `1E2`},
		{`1e400`, `10e399`}, // beyond a float64
		{`9007199254740993`},
		{`9007199254740992`},
		{`"1"`, `"\u0031"`},
		{`"1e0"`}, // as the number 1 is written inside
		{`true`},
		{`"true"`},
		{`false`},
		{`null`},
		{`""`},
		{`[]`, `[ ]`},
		{`{}`},
		{`[1,2]`, `[1.0, 2]`},
		{`[2,1]`},
		{`[[1],2]`},
		{`[[1,2]]`},
		{`["1,2"]`},
		{`["1","2"]`},
		{`{"a":1,"b":2}`, `{"b":2.0,"a":1}`},
		{`{"a":2,"b":1}`},
		{`{"a":1}`},
		{`"{\"a\":1e0,}"`},
		{`"\n"`},
		{`" "`},
		{`"a\u0000"`},
		{`"a"`},
	}
	seen := map[string]int{}
	for i, class := range classes {
		for _, text := range class {
			op, err := replay.ParseOp([]byte(`{"op":"set","metric_name":"s","value":` + text + `}`))
			require.NoError(t, err, text)
			member, err := replay.Member(&op)
			require.NoError(t, err, text)
			if j, ok := seen[member]; ok {
				assert.Equal(t, classes[j], class, "%s and %s are %q", text, classes[j][0], member)
			}
			seen[member] = i
		}
	}
	assert.Len(t, seen, len(classes), "each class is one member")
}
