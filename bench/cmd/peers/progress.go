package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how far a run is: a bar on a terminal, else a line for each
// workload.
type progress struct {
	out      io.Writer
	terminal bool
	bar      *progressbar.ProgressBar // made when it is known how much there is
}

func newProgress(out *os.File) *progress {
	info, err := out.Stat()
	return &progress{out: out, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// tell shows that a workload begins, and how much of the budget is left.
func (p *progress) tell(done, of int, name string, left time.Duration) {
	if !p.terminal {
		fmt.Fprintf(p.out, "%d of %d, %v left: %s\n", done+1, of, left.Round(time.Second), name)
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions(of, progressbar.OptionSetWriter(p.out), progressbar.OptionSetWidth(30),
			progressbar.OptionSetPredictTime(false), progressbar.OptionClearOnFinish())
	}
	p.bar.Describe(fmt.Sprintf("%4v left  %s", left.Round(time.Second), name))
	_ = p.bar.Set(done) // fails if the terminal is gone: there is nobody to tell
}

// close takes the bar away.
func (p *progress) close() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
