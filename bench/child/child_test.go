package child

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	served := 0
	Serve("squares", func(n int) (string, error) {
		served++
		switch n {
		case -1:
			return "", errors.New("no root")
		case -2:
			fmt.Fprintln(os.Stderr, "going down")
			os.Exit(7)
		}
		return fmt.Sprint(n*n, " after ", served, " in ", os.Getenv("PLACE")), nil
	})
	Serve("endless", func(n int) (int, error) { select {} })
	if os.Getenv(nameEnv) != "" { // nobody serves this name
		_, err := Start(context.Background(), "squares")
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func TestACopyThatNobodyServesStartsNoOther(t *testing.T) {
	p, err := Start(t.Context(), "cubes")
	require.NoError(t, err)
	_, err = Ask[string](p, 1)
	assert.ErrorContains(t, err, `this process was started to serve "cubes", and nothing in it called Serve`)
}

func TestACopyAnswersUntilItIsClosed(t *testing.T) {
	p, err := Start(t.Context(), "squares", "PLACE=here")
	require.NoError(t, err)
	other, err := Start(t.Context(), "squares", "PLACE=there")
	require.NoError(t, err)
	for i := 1; i <= 3; i++ {
		answer, err := Ask[string](p, i)
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprint(i*i, " after ", i, " in here"), answer, "it keeps its state")
	}
	answer, err := Ask[string](other, 5)
	require.NoError(t, err)
	assert.Equal(t, "25 after 1 in there", answer)
	assert.Zero(t, p.CPU())
	assert.NoError(t, p.Close())
	assert.NoError(t, other.Close())
	assert.Positive(t, p.CPU())
}

func TestAnErrorOfACopyComesBackAndItGoesOn(t *testing.T) {
	p, err := Start(t.Context(), "squares")
	require.NoError(t, err)
	_, err = Ask[string](p, -1)
	assert.EqualError(t, err, "no root")
	_, err = Ask[string](p, 2)
	assert.NoError(t, err)
	_, err = Ask[int](p, 2)
	assert.ErrorContains(t, err, "answered")
	assert.NoError(t, p.Close())
}

func TestACopyThatDiesSaysWhy(t *testing.T) {
	p, err := Start(t.Context(), "squares")
	require.NoError(t, err)
	_, err = Ask[string](p, -2)
	assert.ErrorContains(t, err, "child squares: ended without an answer: exit status 7: going down")
	assert.NoError(t, p.Close(), "it was told before")
}

func TestACopyEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, err := Start(ctx, "endless")
	require.NoError(t, err)
	cancel()
	_, err = Ask[int](p, 1)
	assert.Error(t, err)
	assert.NoError(t, p.Close())
}

func TestRequestsThatAreNoneAreErrors(t *testing.T) {
	ok := func(n int) (float64, error) { return math.Inf(n), nil }
	var out bytes.Buffer
	assert.NoError(t, serve(strings.NewReader(""), &out, ok))
	assert.ErrorContains(t, serve(strings.NewReader(`"five"`), &out, ok), "read a request")
	require.NoError(t, serve(strings.NewReader("1"), &out, ok))
	assert.Contains(t, out.String(), "unsupported value", "an answer that cannot be written is an error, too")
	assert.ErrorContains(t, serve(strings.NewReader("1"), full{}, ok), "write a reply")
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestOnlyTheBeginningOfWhatWasSaidIsKept(t *testing.T) {
	var said said
	fmt.Fprintln(&said, "the reason")
	for range 100 {
		n, err := fmt.Fprint(&said, strings.Repeat("x", 99), "\n")
		assert.NoError(t, err)
		assert.Equal(t, 100, n)
	}
	assert.True(t, strings.HasPrefix(said.text(), "the reason\nxxx"))
	assert.LessOrEqual(t, len(said.text()), saidBytes)
}
