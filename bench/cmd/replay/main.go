package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/shardstats/shardstats/bench/replay"
	"github.com/shardstats/shardstats/stats"
)

const usage = `usage: replay [flags] [FILE]

Prints what this library sends for a log of submissions, flush by flush, under the
profile of datadogpy's ThreadStats and under the default one. FILE holds one JSON
object on each line, such as

  {"op":"increment","metric_name":"page.views","value":2,"timestamp":1577872801,"tags":["env:prod"]}
  {"op":"timing","metric_name":"query.ms","value":12.5,"timestamp":1577872803}
  {"op":"flush","at":1577872810}

or golden scenarios, which are also compared; go doc describes both. Without FILE,
or with -, standard input is read. A submission without a timestamp counts as made
just before the next flush. What is left at the end is flushed.

The exit status is 1 if a scenario differs that should not or a line was wrong.

flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// settings are what the flags say.
type settings struct {
	profiles []stats.Profile
	scenario string
	quiet    bool
	cfg      replay.Config // of a log
	forLogs  []string      // flags given that a file of scenarios has no use for
	file     string
}

// run is main with everything given; it returns the exit status.
func run(ctx context.Context, args []string, in io.Reader, out, complaints io.Writer) int {
	s, err := parse(args, complaints)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(complaints, "replay:", err)
		return 2
	}
	if s.file != "-" {
		f, err := os.Open(s.file)
		if err != nil {
			fmt.Fprintln(complaints, "replay:", err)
			return 2
		}
		defer f.Close()
		in = f
	}
	text := bufio.NewWriter(out)
	p := &printer{out: text, complaints: complaints, settings: s}
	ok, err := p.replay(ctx, bufio.NewReaderSize(in, 64<<10))
	err = errors.Join(err, text.Flush())
	switch {
	case err != nil:
		fmt.Fprintln(complaints, "replay:", err)
		return 2
	case !ok:
		return 1
	}
	return 0
}

func parse(args []string, complaints io.Writer) (*settings, error) {
	s := &settings{file: "-"}
	flags := flag.NewFlagSet("replay", flag.ContinueOnError)
	flags.SetOutput(complaints)
	flags.Usage = func() {
		fmt.Fprint(complaints, usage)
		flags.PrintDefaults()
	}
	profile := flags.String("profile", "both", "threadstats, default or both")
	flags.BoolVar(&s.quiet, "quiet", false, "no payloads, only verdicts and complaints")
	flags.StringVar(&s.scenario, "scenario", "", "only the golden scenario of this name")
	flags.DurationVar(&s.cfg.Rollup, "rollup", 10*time.Second, "roll-up interval of a log, whole seconds")
	flags.DurationVar(&s.cfg.LateWindow, "late", 20*time.Second, "how long a bucket that was sent is kept for late points of a log")
	flags.StringVar(&s.cfg.Namespace, "namespace", "", "namespace of a log's metrics")
	flags.StringVar(&s.cfg.Device, "device", "", "device of a log's metrics")
	tags := flags.String("tags", "", "constant tags of a log, with commas between them")
	env := flags.Bool("env", false, "constant tags of a log from the environment too: "+strings.Join(replay.Variables, " "))
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, fmt.Errorf("%w (-h says more)", err)
	}
	switch *profile {
	case "threadstats":
		s.profiles = []stats.Profile{stats.ProfileThreadStats}
	case "default":
		s.profiles = []stats.Profile{stats.ProfileDefault}
	case "both":
		s.profiles = []stats.Profile{stats.ProfileThreadStats, stats.ProfileDefault}
	default:
		return nil, fmt.Errorf("-profile %q: want threadstats, default or both", *profile)
	}
	s.cfg.Profiles = s.profiles
	if *tags != "" {
		s.cfg.Tags = strings.Split(*tags, ",")
	}
	if *env {
		s.cfg.Env = replay.Environ()
	}
	flags.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "profile", "quiet", "scenario":
		default:
			s.forLogs = append(s.forLogs, "-"+f.Name)
		}
	})
	if flags.NArg() > 1 {
		return nil, fmt.Errorf("want one file, got %d (flags go before it)", flags.NArg())
	}
	if flags.NArg() == 1 {
		s.file = flags.Arg(0)
	}
	return s, nil
}
