package remotewrite

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport/internal/proto"
)

// The table does what a map and a list would do.
func TestSymbolsAreNumberedAsTheyCome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s symbols
		for range rapid.IntRange(1, 3).Draw(t, "requests") {
			s.reset()
			list, index := []string{""}, map[string]int{"": 0}
			for range rapid.IntRange(0, 400).Draw(t, "steps") {
				if rapid.IntRange(0, 40).Draw(t, "cut") == 0 {
					n := rapid.IntRange(1, len(list)).Draw(t, "left")
					for _, text := range list[n:] {
						delete(index, text)
					}
					list = list[:n]
					s.cut(n)
				}
				text := fmt.Sprint(rapid.IntRange(0, 600).Draw(t, "text"))
				if _, ok := index[text]; !ok {
					index[text] = len(list)
					list = append(list, text)
				}
				place := rapid.IntRange(0, 40).Draw(t, "place")
				require.EqualValues(t, index[text], s.refAt(place, text))
			}
			size := 0
			for _, text := range list {
				size += proto.FieldSize(len(text))
			}
			require.Equal(t, list, s.list)
			require.Equal(t, size, s.size)
		}
	})
}

func TestManySymbols(t *testing.T) {
	var s symbols
	s.reset()
	const n = 10_000
	for i := range n {
		require.EqualValues(t, i+1, s.ref(fmt.Sprint(i)))
	}
	s.cut(n / 2)
	for i := range n {
		require.EqualValues(t, i+1, s.ref(fmt.Sprint(i)))
	}
	s.reset()
	require.Equal(t, []string{""}, s.list)
	require.EqualValues(t, 1, s.ref("9999"))
}
