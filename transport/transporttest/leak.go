package transporttest

import (
	"context"
	"fmt"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"time"
)

// Goroutines inherit the profiler labels of the one that starts them. Each
// check runs under a label of its own, so that what its transport leaves behind
// is told from whatever else the test binary runs at the time.
const labelKey = "transporttest"

var labels atomic.Uint64

func newLabel() string { return fmt.Sprintf("check-%d", labels.Add(1)) }

func labelled(label string, f func()) {
	pprof.Do(context.Background(), pprof.Labels(labelKey, label), func(context.Context) { f() })
}

// reportLeaks reports goroutines of a label that do not end.
func reportLeaks(label string, cfg *config, errorf func(string, ...any)) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for range min(cfg.within, 5*time.Second) / tick {
		if goroutines(label) == "" {
			return
		}
		<-ticker.C
	}
	if left := goroutines(label); left != "" {
		errorf("goroutines are left after Close:\n%s", left)
	}
}

// goroutines returns the stacks of the goroutines of a label.
func goroutines(label string) string {
	var profile, out strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return fmt.Sprintf("the goroutine profile cannot be read: %v", err)
	}
	want := fmt.Sprintf("%q:%q", labelKey, label)
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, want) {
			out.WriteString(stack + "\n\n")
		}
	}
	return out.String()
}
