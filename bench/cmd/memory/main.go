// Command memory prints what a series costs on the heap, in bytes. Each figure is
// measured in a process of its own.
//
//	go run ./cmd/memory -only shardstats -kinds counter -series 100000
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"

	"github.com/shardstats/shardstats/bench/memory"
)

func main() {
	memory.ChildMain()
	only := flag.String("only", memory.Ours, "libraries, with commas between")
	kinds := flag.String("kinds", "counter,gauge,histogram", "kinds of series")
	counts := flag.String("series", "1000,100000", "numbers of series")
	observations := flag.String("observations", "1,100", "observations of a histogram in an interval")
	shards := flag.String("shards", "0", "numbers of shards, for ours; 0: the default")
	long := flag.Bool("long", false, "tags of 30 bytes instead of 10")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *only, *kinds, *counts, *observations, *shards, *long); err != nil {
		fmt.Fprintln(os.Stderr, "memory:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only, kinds, counts, observations, shards string, long bool) error {
	ns, err := numbers("-series", counts)
	if err != nil {
		return err
	}
	obs, err := numbers("-observations", observations)
	if err != nil {
		return err
	}
	shardCounts, err := numbers("-shards", shards)
	if err != nil {
		return err
	}
	fmt.Printf("%-52s %10s %10s %10s\n", "bytes per series", "first", "flushed", "full")
	for _, library := range strings.Split(only, ",") {
		for _, kind := range strings.Split(kinds, ",") {
			held := []int{0}
			if memory.Kind(kind) == memory.Histogram {
				held = obs
			}
			for _, s := range shardCounts {
				for _, h := range held {
					for _, n := range ns {
						c := memory.Case{Library: library, Kind: memory.Kind(kind), Series: n, Observations: h, Shards: s, LongTags: long}
						cost, err := memory.InChild(ctx, c)
						if err != nil {
							return err
						}
						fmt.Printf("%-52s %10.0f %10.0f %10.0f\n", c, cost.First, cost.Flushed, cost.Full)
					}
				}
			}
		}
	}
	return nil
}

// numbers reads a list of numbers with commas between.
func numbers(flag, list string) ([]int, error) {
	var all []int
	for _, text := range strings.Split(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 0 {
			return nil, fmt.Errorf("%s %s: %q is no number", flag, list, text)
		}
		all = append(all, n)
	}
	return all, nil
}
