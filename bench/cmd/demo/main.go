package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/datadog"
)

// settings is what a run depends on.
type settings struct {
	duration time.Duration
	fault    fault
	clients  int
	out      io.Writer
	terminal bool // out is one
}

const (
	rollup        = time.Second
	flushInterval = 2 * time.Second
	clientCount   = 12
	// lastFlush bounds the last flush: longer than a retry takes.
	lastFlush = 20 * time.Second
)

func main() {
	s, err := fromEnv(os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(2)
	}
	s.out = os.Stdout
	if info, err := os.Stdout.Stat(); err == nil {
		s.terminal = info.Mode()&os.ModeCharDevice != 0
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := run(ctx, s)
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// fromEnv reads DURATION and FAULT.
func fromEnv(getenv func(string) string) (settings, error) {
	s := settings{duration: 10 * time.Second, clients: clientCount}
	var errs []error
	if v := getenv("DURATION"); v != "" {
		d, err := time.ParseDuration(v)
		if err != nil || d <= 0 {
			errs = append(errs, fmt.Errorf("DURATION is %q: want a positive time such as 10s", v))
		}
		s.duration = d
	}
	switch s.fault = fault(getenv("FAULT")); s.fault {
	case faultNone, faultDrop, faultBusy:
	default:
		errs = append(errs, fmt.Errorf("FAULT is %q: want drop, busy or nothing", s.fault))
	}
	return s, errors.Join(errs...)
}

// run does the job once and reports. It returns whether every figure is equal
// and the ledger balances; an error if it could not start.
func run(ctx context.Context, s settings) (ok bool, err error) {
	receiver, err := newReceiver(s.fault)
	if err != nil {
		return false, err
	}
	defer receiver.Close()
	backend, err := datadog.New(datadog.Config{APIKey: receiver.key, URL: receiver.url})
	if err != nil {
		return false, err
	}
	client, err := stats.New(
		stats.WithTransport(backend),
		stats.WithNamespace(namespace),
		stats.WithTags(constantTag),
		stats.WithRollupInterval(rollup),
		stats.WithFlushInterval(flushInterval),
	)
	if err != nil {
		return false, err
	}
	defer client.Close()
	costs := new(costs)
	app, err := newApplication(newMeter(client, costs))
	if err != nil {
		return false, err
	}

	fmt.Fprintf(s.out, "%d clients for %v; roll-up %v, flush %v; service at %s, intake at %s\n",
		s.clients, s.duration, rollup, flushInterval, app.url, receiver.url)
	counted, gauges := drive(ctx, s, app, receiver, client)

	// From here on nothing is submitted: the last flush has all.
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
	defer cancel()
	shutdownErr := client.Shutdown(deadline)

	reportBuckets(s.out, receiver.intake)
	reportCosts(s.out, costs)
	differ := reportFindings(s.out, check(counted, gauges, receiver.intake))
	clean := reportLedger(s.out, client.Ledger())
	smooth := reportFailures(s.out, counted.errors, shutdownErr)
	reportFault(s.out, receiver)
	return reportResult(s.out, differ, clean, smooth), nil
}

// drive runs the clients against app and shows how far it is. It returns what
// they counted and the last gauges, when every handler has returned.
func drive(ctx context.Context, s settings, app *application, r *receiver, client *stats.Client) (*tally, map[string]float64) {
	sampler := startSampler(client, 100*time.Millisecond)
	load := newLoad(app.url, s.clients)
	loadCtx, cancel := context.WithTimeout(ctx, s.duration)
	defer cancel()
	ended := make(chan *tally)
	go func() { ended <- load.run(loadCtx, s.clients) }()

	shown := progress{w: s.out, terminal: s.terminal, begin: time.Now()}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var counted *tally
	for counted == nil {
		select {
		case counted = <-ended:
		case <-ticker.C:
		}
		shown.show(load.answers.Load(), r)
	}
	shown.end()
	if err := app.Close(); err != nil { // waits for the middleware
		counted.errors = append(counted.errors, fmt.Errorf("application: close: %w", err))
	}
	return counted, sampler.Stop()
}

// reportFailures prints requests without an answer and what Shutdown said.
func reportFailures(w io.Writer, errs []error, shutdown error) bool {
	if len(errs) > 0 {
		fmt.Fprintf(w, "%d requests went wrong, the first: %v\n", len(errs), errs[0])
	}
	if shutdown != nil {
		fmt.Fprintf(w, "shutdown: %v\n", shutdown)
	}
	return len(errs) == 0 && shutdown == nil
}

// reportFault says what the receiver did wrong, so that a reader can compare.
func reportFault(w io.Writer, r *receiver) {
	switch r.fault {
	case faultDrop:
		fmt.Fprintf(w, "FAULT=drop: the receiver answered 202 to one request and forgot its %s points\n", figure(float64(r.dropped.Load())))
	case faultBusy:
		fmt.Fprintf(w, "FAULT=busy: the receiver answered 503 to %s of %s requests\n", figure(float64(r.refused.Load())), figure(float64(r.requests.Load())))
	}
}
