// Command tune finds the number of shards, the reservoir size and the flush interval
// for this machine and a workload. It prints a table and one line for each of the
// three, and writes tune.json, which stats.WithTuning reads, and tune.html, which a
// browser shows. docs/TUNING.md says what it measures and how it decides.
//
// It ends with 0 if it could measure, whatever came of it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/alecthomas/kong"

	"github.com/shardstats/shardstats/bench/tune"
)

// flags are the command line. Their defaults are those of the package.
type flags struct {
	Goroutines   int           `help:"Goroutines that submit at once. 0: GOMAXPROCS." default:"0"`
	Series       int           `help:"Series that are submitted to." default:"${series}"`
	Tags         int           `help:"Tags of each series." default:"${tags}"`
	Mix          tune.Mix      `help:"Shares of the kinds, among submissions and series." default:"${mix}"`
	Strings      tune.Strings  `help:"Where names and tags come from: bound (handles), kept (strings that are held), built (for each submission)." default:"kept" enum:"bound,kept,built"`
	Log          string        `help:"A recorded submission log to play, in the place of series, tags and mix. Its format: bench/replay/doc.go." type:"existingfile"`
	Observations int           `help:"Values that a histogram gets in one roll-up interval." default:"${observations}"`
	Rollup       time.Duration `help:"The roll-up interval." default:"10s"`

	Budget    time.Duration `help:"How long it takes, about." default:"2m"`
	Quantile  float64       `help:"The quantile that has to be accurate." default:"0.99"`
	RankError float64       `help:"How far off its rank may be, in 95 of 100 histograms: 0.01 is one percent of all values." default:"0.01"`
	FlushCost float64       `help:"The share of one processor that flushes may take." default:"0.01"`
	Memory    float64       `help:"How many MB a client may hold before a flush. 0: any." default:"0"`
	MinGain   float64       `help:"How much faster another number of shards has to be: 0.03 is 3 percent." default:"0.03"`
	Plant     string        `help:"Make one setting slower than it is, to see that it is found: shards=4:+20% or reservoir=512:+20%." placeholder:"OPTION=N:+P%"`

	JSON string `help:"Where the file for stats.WithTuning goes." default:"tune.json" type:"path"`
	HTML string `help:"Where the report goes." default:"tune.html" type:"path"`
}

func main() {
	var f flags
	kong.Parse(&f, kong.Description("Finds the shards, reservoir size and flush interval for this machine and a workload."), defaults())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, &f); err != nil {
		fmt.Fprintln(os.Stderr, "tune:", err)
		os.Exit(1)
	}
}

// defaults are those of the flags that the package knows.
func defaults() kong.Vars {
	w := tune.DefaultWorkload()
	return kong.Vars{
		"series": fmt.Sprint(w.Series), "tags": fmt.Sprint(w.Tags), "mix": w.Mix.String(), "observations": fmt.Sprint(w.Observations),
	}
}

func run(ctx context.Context, f *flags) error {
	workload, plan, err := f.read()
	if err != nil {
		return err
	}
	if err := f.writable(); err != nil {
		return err
	}
	show := newProgress(os.Stderr)
	found, err := tune.Run(ctx, workload, plan, show.tell)
	show.close()
	if err != nil {
		return err
	}
	fmt.Print(found.Table())
	if err := found.Write(f.JSON); err != nil {
		return err
	}
	if err := found.WriteHTML(f.HTML); err != nil {
		return err
	}
	fmt.Printf("\nwrote %s, for stats.WithTuning, and %s\n", f.JSON, f.HTML)
	return nil
}

// read returns what the flags say.
func (f *flags) read() (tune.Workload, tune.Plan, error) {
	w, p := tune.DefaultWorkload(), tune.Standard
	if f.Goroutines != 0 {
		w.Goroutines = f.Goroutines
	}
	w.Series, w.Tags, w.Mix, w.Strings, w.Log = f.Series, f.Tags, f.Mix, f.Strings, f.Log
	w.Observations, w.Rollup = f.Observations, f.Rollup
	p.Budget, p.Rule.MinGain = f.Budget, f.MinGain
	p.Limits.Quantile, p.Limits.RankError, p.Limits.FlushCost, p.Limits.Held = f.Quantile, f.RankError, f.FlushCost, 1e6*f.Memory
	var err error
	if f.Plant != "" {
		p.Plant, err = tune.ParsePlant(f.Plant)
	}
	return w, p, err
}

// writable finds out before minutes of measuring whether the results can be written.
func (f *flags) writable() error {
	for _, path := range []string{f.JSON, f.HTML} {
		folder := filepath.Dir(path)
		if info, err := os.Stat(folder); err != nil {
			return err
		} else if !info.IsDir() {
			return fmt.Errorf("%s is not a folder: give another path than %s", folder, path)
		}
	}
	return nil
}
