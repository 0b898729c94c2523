package setting_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/internal/setting"
)

func TestComplaintsComeAllAtOnce(t *testing.T) {
	wrong := setting.For("kind")
	require.NoError(t, wrong.Err())
	cause := errors.New("no file")
	wrong.Add("Path is %q: %w", "/x", cause)
	tooMany, tooFew, unset, negative, none := 11, 1, 0, -time.Second, time.Duration(0)
	wrong.Between("Most", &tooMany, 2, 10, 5)
	wrong.Between("Least", &tooFew, 2, 10, 5)
	wrong.Between("Unset", &unset, 2, 10, 5)
	wrong.Positive("Timeout", &negative, time.Minute)
	wrong.Positive("Pause", &none, time.Minute)
	err := wrong.Err()
	assert.EqualError(t, err, `kind: Config.Path is "/x": no file
kind: Config.Most is 11: want 2 to 10, or 0 for 5
kind: Config.Least is 1: want 2 to 10, or 0 for 5
kind: Config.Timeout is -1s: want more than 0, or 0 for 1m0s`)
	assert.ErrorIs(t, err, cause)
	assert.Equal(t, 5, unset)
	assert.Equal(t, time.Minute, none)
}

func TestLimitsAreAllowed(t *testing.T) {
	wrong := setting.For("kind")
	low, high, one := 2, 10, time.Nanosecond
	wrong.Between("Low", &low, 2, 10, 5)
	wrong.Between("High", &high, 2, 10, 5)
	wrong.Positive("One", &one, time.Minute)
	require.NoError(t, wrong.Err())
	assert.Equal(t, []int{2, 10}, []int{low, high})
	assert.Equal(t, time.Nanosecond, one)
}
