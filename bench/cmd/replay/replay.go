package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/shardstats/shardstats/bench/replay"
	"github.com/shardstats/shardstats/stats"
)

// replay replays a log or golden scenarios and reports whether all is as it
// should be.
func (p *printer) replay(ctx context.Context, in *bufio.Reader) (ok bool, err error) {
	if replay.HasScenarios(in) {
		return p.scenarios(ctx, in)
	}
	if p.scenario != "" {
		return false, errors.New("-scenario: this is a log, not a file of golden scenarios")
	}
	return p.log(ctx, in)
}

// log replays a log, printing each flush when it is done.
func (p *printer) log(ctx context.Context, in io.Reader) (ok bool, err error) {
	player, err := replay.Open(p.cfg)
	if err != nil {
		return false, err
	}
	lines, wrong := 0, 0
	for op, err := range replay.ReadLog(in) {
		if bad, isLine := errors.AsType[*replay.LineError](err); isLine {
			wrong++
			fmt.Fprintln(p.complaints, "replay:", bad)
			continue
		}
		if err == nil {
			lines++
			err = p.do(ctx, player, op)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			_, closing := player.Close(ctx)
			return false, errors.Join(err, closing)
		}
	}
	rest, err := player.Close(ctx)
	if err != nil {
		return false, err
	}
	if len(rest.Requests) > 0 {
		p.flush("at the end of the log", rest)
	}
	p.ledger(player.Ledger())
	if wrong > 0 {
		fmt.Fprintf(p.complaints, "replay: %d lines replayed, %d wrong and left out\n", lines, wrong)
	}
	return wrong == 0, nil
}

func (p *printer) do(ctx context.Context, player *replay.Player, op replay.Op) error {
	if op.Op != "flush" {
		return player.Do(ctx, op)
	}
	at := replay.Inf
	if op.At != nil {
		at = *op.At
	}
	f, err := player.Flush(ctx, at)
	if err != nil {
		return err
	}
	p.flush(fmt.Sprintf("flush at %v", at), f)
	return p.out.Flush() // a log may be read while it is written
}

// scenarios replays golden scenarios and compares.
func (p *printer) scenarios(ctx context.Context, in io.Reader) (ok bool, err error) {
	if len(p.forLogs) > 0 {
		return false, fmt.Errorf("%s: only for a log; a scenario says how its client is made", strings.Join(p.forLogs, ", "))
	}
	file, err := replay.ReadFile(in)
	if err != nil {
		return false, err
	}
	counts := map[verdict]int{}
	for _, s := range file.Scenarios {
		if p.scenario != "" && s.Name != p.scenario {
			continue
		}
		v, err := p.one(ctx, &s)
		if err != nil {
			return false, err
		}
		counts[v]++
	}
	n := counts[equal] + counts[known] + counts[differs]
	switch {
	case p.scenario != "" && n+counts[none] == 0:
		return false, fmt.Errorf("-scenario %q: no such scenario in the file", p.scenario)
	case n == 0:
		p.printf("no scenario compared\n")
	default:
		p.printf("%d scenarios: %d equal, %d differ on purpose, %d differ\n",
			n, counts[equal], counts[known], counts[differs])
	}
	return counts[differs] == 0, nil
}

// verdict says how a scenario compares.
type verdict string

const (
	equal   verdict = "equal"
	known   verdict = "differs on purpose"
	differs verdict = "DIFFERS"
	none    verdict = "not compared"
)

// one replays and prints one scenario.
func (p *printer) one(ctx context.Context, s *replay.Scenario) (verdict, error) {
	r, err := s.Run(ctx, p.profiles...)
	if err != nil {
		return "", err
	}
	if !p.quiet {
		p.printf("== scenario %s\n", s.Name)
	}
	for i := range r.Flushes {
		p.flush(fmt.Sprintf("%s, flush at %v", s.Name, r.Flushes[i].At), &r.Flushes[i])
	}
	p.ledger(r.Ledger)
	v, why, diff, err := p.judge(s, r)
	if err != nil {
		return "", err
	}
	p.printf("%s: %s", s.Name, v)
	if why != "" {
		p.printf(": %s", why)
	}
	p.printf("\n")
	for _, d := range diff {
		p.printf("  %s\n", d)
	}
	return v, nil
}

// judge compares what a scenario made the client send with what datadogpy sent.
func (p *printer) judge(s *replay.Scenario, r *replay.Result) (v verdict, why string, diff []string, err error) {
	switch {
	case !slices.Contains(p.profiles, stats.ProfileThreadStats):
		return none, "the ThreadStats profile was not asked for", nil, nil
	case len(s.Expect) == 0 && len(s.Flushes) > 0:
		return none, "the scenario says not what datadogpy puts out", nil, nil
	}
	got, err := r.Payloads(stats.ProfileThreadStats)
	if err != nil {
		return "", "", nil, err
	}
	diff = replay.CompareAll(s.Expect, got)
	if len(diff) == 0 {
		return equal, "", nil, nil
	}
	k, ok := replay.KnownDifferences[s.Name]
	if !ok {
		return differs, "", diff, nil
	}
	if wrong := k.Check(s.Expect, got); len(wrong) > 0 {
		return differs, "and not only since " + k.Why, wrong, nil
	}
	return known, k.Why, diff, nil
}
