package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/shardstats/shardstats/bench/tune"
)

// parts is how finely the bar moves.
const parts = 1000

// progress shows how far a run is: a bar on a terminal, else a line now and then, as
// a log wants it.
type progress struct {
	out   io.Writer
	bar   *progressbar.ProgressBar // nil: lines
	stage string
	next  float64 // when the next line is due
}

func newProgress(out *os.File) *progress {
	info, err := out.Stat()
	return progressOn(out, err == nil && info.Mode()&os.ModeCharDevice != 0)
}

func progressOn(out io.Writer, terminal bool) *progress {
	p := &progress{out: out}
	if terminal {
		p.bar = progressbar.NewOptions(parts, progressbar.OptionSetWriter(out), progressbar.OptionSetWidth(30),
			progressbar.OptionSetPredictTime(false), progressbar.OptionClearOnFinish())
	}
	return p
}

// tell shows p. The time left is the run's own: it knows its budget, and the bar
// would have to guess.
func (p *progress) tell(now tune.Progress) {
	left := now.Left.Round(time.Second)
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("%-15s %4v left", now.Stage, left))
		_ = p.bar.Set(int(parts * now.Done)) // fails if the terminal is gone: there is nobody to tell
		return
	}
	if now.Stage == p.stage && now.Done < p.next {
		return
	}
	p.stage, p.next = now.Stage, now.Done+0.1
	fmt.Fprintf(p.out, "%3.0f %%  %s, %v left\n", 100*now.Done, now.Stage, left)
}

// close takes the bar away.
func (p *progress) close() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
