// Command mutants applies each mutant of package mutants in turn and prints
// which test noticed. It ends with 1 if one survives, does not apply or does
// not compile, and with 2 if it could not work.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"time"

	"github.com/shardstats/shardstats/bench/mutants"
)

func main() {
	repo := flag.String("repo", ".", "top of the repository; it is only read")
	only := flag.String("run", "", "regular expression: only the mutants whose file and name match")
	timeout := flag.Duration("timeout", 20*time.Second, "for the tests of one mutant; a hanging test counts as noticed")
	flag.Parse()
	ok, err := run(*repo, *only, *timeout)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	case !ok:
		os.Exit(1)
	}
}

func run(repo, only string, timeout time.Duration) (bool, error) {
	name, err := regexp.Compile(only)
	if err != nil {
		return false, fmt.Errorf("mutants: -run: %w", err)
	}
	var list []mutants.Mutant
	for _, m := range mutants.List {
		if name.MatchString(m.File + ": " + m.Name) {
			list = append(list, m)
		}
	}
	if len(list) == 0 {
		return false, fmt.Errorf("mutants: none matches %q", only)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	killed := 0
	fmt.Printf("%d mutants; first their tests without any\n", len(list))
	ok, err := mutants.Run(ctx, list, mutants.Options{Repo: repo, Timeout: timeout, Report: func(r mutants.Result) {
		verdict := "killed by " + r.By
		switch {
		case r.Problem != nil:
			verdict = "PROBLEM: " + r.Problem.Error()
		case !r.Killed:
			verdict = "SURVIVED " + r.Mutant.Package + " -run " + r.Mutant.Run
		default:
			killed++
		}
		fmt.Printf("%-58s %-20s %5.1f s  %s\n", r.Mutant.Name, r.Mutant.File, r.Took.Seconds(), verdict)
	}})
	if err == nil {
		fmt.Printf("%d of %d killed\n", killed, len(list))
	}
	return ok, err
}
