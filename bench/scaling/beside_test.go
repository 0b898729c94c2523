package scaling

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSubmissionsAreTimedBesideFlushes(t *testing.T) {
	for _, wire := range Wires() {
		b, err := MeasureBeside(wire, 2000, 2)
		require.NoError(t, err)
		assert.Len(t, b.Flush, 2)
		assert.Len(t, b.P999During, 2)
		assert.Len(t, b.P999Without, 2)
		assert.Positive(t, b.During.Count())
		assert.Positive(t, b.Without.Count())
	}
}
