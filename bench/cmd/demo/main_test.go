package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFromEnv(t *testing.T) {
	env := func(duration, fault string) func(string) string {
		return func(name string) string { return map[string]string{"DURATION": duration, "FAULT": fault}[name] }
	}
	s, err := fromEnv(env("", ""))
	require.NoError(t, err)
	assert.Equal(t, 10*time.Second, s.duration)
	assert.Equal(t, faultNone, s.fault)

	s, err = fromEnv(env("1m", "drop"))
	require.NoError(t, err)
	assert.Equal(t, time.Minute, s.duration)
	assert.Equal(t, faultDrop, s.fault)

	_, err = fromEnv(env("-1s", "rain"))
	assert.ErrorContains(t, err, "DURATION")
	assert.ErrorContains(t, err, "FAULT")
}

// The job itself, short. What it says must be right with and without a fault.
func TestRun(t *testing.T) {
	tests := map[string]struct {
		fault  fault
		wantOK bool
		says   string
	}{
		"everything arrives":             {faultNone, true, "OK: "},
		"a forgotten request is noticed": {faultDrop, false, "FAILED: "},
		"a busy receiver loses nothing":  {faultBusy, true, "OK: "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			ok, err := run(t.Context(), settings{
				duration: 2500 * time.Millisecond, // past one periodic flush
				fault:    test.fault,
				clients:  4,
				out:      &out,
			})
			require.NoError(t, err)
			assert.Equal(t, test.wantOK, ok, out.String())
			assert.Contains(t, out.String(), test.says)
			assert.Contains(t, out.String(), "books balance", out.String())
		})
	}
}
