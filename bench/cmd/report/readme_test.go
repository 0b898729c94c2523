package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheTableReplacesTheOneBefore(t *testing.T) {
	text := "a\n" + readmeStart + "old\n" + readmeEnd + "b\n"
	got, err := replaceTable(text, "new\n")
	require.NoError(t, err)
	assert.Equal(t, "a\n"+readmeStart+"new\n"+readmeEnd+"b\n", got)
	again, err := replaceTable(got, "new\n")
	require.NoError(t, err)
	assert.Equal(t, got, again)
}

func TestAReadmeWithoutTheMarksIsLeftAlone(t *testing.T) {
	for _, text := range []string{"", readmeEnd, readmeStart, readmeEnd + readmeStart} {
		_, err := replaceTable(text, "new\n")
		assert.Error(t, err, "%q", text)
	}
}
