package e2e

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// freeze stops the process as Lambda does between two invocations, for as long as
// a flusher in the background would need to be due many times.
func (e *environment) freeze(frozen time.Duration) {
	e.t.Helper()
	require.NoError(e.t, e.process.Signal(syscall.SIGSTOP))
	require.Eventually(e.t, func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", e.process.Pid))
		if err != nil {
			return false
		}
		_, rest, _ := bytes.Cut(stat, []byte(") ")) // behind the program's name
		return bytes.HasPrefix(rest, []byte("T"))
	}, patience, time.Millisecond, "the process did not stop")
	<-time.After(frozen) // the time that passes is what is tested
}

func (e *environment) thaw() {
	e.t.Helper()
	require.NoError(e.t, e.process.Signal(syscall.SIGCONT))
}

func TestNothingCountsTwiceAfterAThaw(t *testing.T) {
	const invocations = 4
	for _, function := range []string{"context", "background"} {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			e := startFunction(t, function)
			for n := 1; n <= invocations; n++ {
				inv := e.runtime.send(encode(order{Value: 1}), time.Minute) // what thaws it
				if n > 1 {
					e.thaw()
				}
				assert.False(t, e.outcome(inv).failed)
				assert.InDelta(t, n, e.intake.sum("orders.value"), 0)
				e.idle(n + 1)
				points := e.journal.count(sawPoints)
				e.freeze(700 * time.Millisecond)
				assert.Equal(t, points, e.journal.count(sawPoints), "all was sent before the answer")
			}
			e.thaw()
			out := e.invoke(order{Value: 1, Do: "fail"}, time.Minute)
			assert.True(t, out.failed)
			assert.InDelta(t, invocations+1, e.intake.sum("orders.value"), 0)
			assert.Equal(t, invocations+1, e.journal.count(sawPoints))
		})
	}
}
