package line_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport/internal/line"
)

// collect makes a packer of which all datagrams can be seen.
func collect(max int, feed bool) (p *line.Packer, datagrams *[]string) {
	p, datagrams = &line.Packer{Feed: feed}, new([]string)
	p.Init(max, func(d []byte) error {
		*datagrams = append(*datagrams, string(d))
		return nil
	})
	return p, datagrams
}

func add(p *line.Packer, text string) error { return p.Add(append(p.Line(), text...)) }

func TestPacker(t *testing.T) {
	for _, c := range []struct {
		name  string
		feed  bool
		lines []string
		want  []string
	}{
		{"nothing", false, nil, nil},
		{"empty lines are none", false, []string{"", "a", ""}, []string{"a"}},
		{"one line as long as a datagram", false, []string{"0123456789"}, []string{"0123456789"}},
		{"two that just fit", false, []string{"0123", "56789"}, []string{"0123\n56789"}},
		{"two that do not", false, []string{"01234", "56789"}, []string{"01234", "56789"}},
		{"lines that belong together stay so", false, []string{"abc", "d\nefghij"}, []string{"abc", "d\nefghij"}},
		{"with a feed at the end, one that just fits", true, []string{"012345678"}, []string{"012345678\n"}},
		{"with a feed at the end, two that just fit", true, []string{"0123", "5678"}, []string{"0123\n5678\n"}},
		{"with a feed at the end, two that do not", true, []string{"0123", "56789"}, []string{"0123\n", "56789\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, got := collect(10, c.feed)
			for _, l := range c.lines {
				require.NoError(t, add(p, l))
			}
			require.NoError(t, p.Flush())
			require.NoError(t, p.Flush(), "there is nothing left")
			assert.Equal(t, c.want, *got)
		})
	}
}

func TestALineThatIsTooLongDisturbsNoOther(t *testing.T) {
	p, got := collect(10, false)
	require.NoError(t, add(p, "before"))
	require.ErrorIs(t, add(p, "0123456789a"), line.ErrTooLong)
	require.NoError(t, add(p, "aft"))
	require.NoError(t, p.Flush())
	assert.Equal(t, []string{"before\naft"}, *got)
	p, _ = collect(10, true)
	require.ErrorIs(t, add(p, "0123456789"), line.ErrTooLong)
}

func TestWhatCouldNotBeWrittenIsGone(t *testing.T) {
	broken := errors.New("broken")
	var got []string
	var err error
	var p line.Packer
	p.Init(10, func(d []byte) error {
		if err == nil {
			got = append(got, string(d))
		}
		return err
	})
	require.NoError(t, add(&p, "lost"))
	err = broken
	require.ErrorIs(t, add(&p, "also lost"), broken)
	err = nil
	require.NoError(t, add(&p, "new"))
	require.NoError(t, p.Flush())
	assert.Equal(t, []string{"new"}, got)
}

func TestDiscard(t *testing.T) {
	p, got := collect(20, true)
	require.NoError(t, add(p, "gone"))
	p.Discard()
	assert.Equal(t, p.Longest(), p.Room())
	require.NoError(t, add(p, "there"))
	require.NoError(t, p.Flush())
	assert.Equal(t, []string{"there\n"}, *got)
}

func TestNoLineIsSplitOrLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		max := rapid.IntRange(2, 40).Draw(t, "max")
		feed := rapid.Bool().Draw(t, "feed")
		p, got := collect(max, feed)
		var want []string
		for _, l := range rapid.SliceOf(rapid.StringMatching(`[a-z]{1,50}`)).Draw(t, "lines") {
			fits, before := len(l) <= p.Room(), len(*got)
			if add(p, l) == nil {
				require.Equal(t, fits, len(*got) == before, "Room says whether a line opens a new datagram")
				want = append(want, l)
			} else {
				require.Greater(t, len(l)+len("\n"), max)
			}
		}
		require.NoError(t, p.Flush())
		var lines []string
		for i, d := range *got {
			require.LessOrEqual(t, len(d), max)
			d, found := strings.CutSuffix(d, "\n")
			require.Equal(t, feed, found)
			parts := strings.Split(d, "\n")
			if i > 0 {
				require.Greater(t, len((*got)[i-1])+len("\n"+parts[0]), max, "the datagram before had room")
			}
			lines = append(lines, parts...)
		}
		require.Equal(t, want, lines)
	})
}
