package replay

import (
	"context"
	"errors"
	"fmt"

	"github.com/shardstats/shardstats/stats"
)

// Result is what a scenario made the client send.
type Result struct {
	Flushes []Flush // one for each flush of the scenario
	Rest    Flush   // what closing the client sent after them
	Ledger  stats.Ledger
}

// Payloads returns what was sent under one profile, flush by flush.
func (r *Result) Payloads(p stats.Profile) ([]Payloads, error) {
	var all []Payloads
	for i := range r.Flushes {
		one, err := Unpack(r.Flushes[i].At, r.Flushes[i].Of(p))
		if err != nil {
			return nil, fmt.Errorf("replay: flush %d: %w", i+1, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// Run replays a scenario under these profiles, both if none is given.
func (s *Scenario) Run(ctx context.Context, profiles ...stats.Profile) (*Result, error) {
	cfg, err := s.Config()
	if err != nil {
		return nil, fmt.Errorf("replay: scenario %q: %w", s.Name, err)
	}
	cfg.Profiles = profiles
	return s.RunWith(ctx, cfg)
}

// RunWith is Run with a client that is made as cfg says, whatever the scenario
// says about it.
func (s *Scenario) RunWith(ctx context.Context, cfg Config) (*Result, error) {
	p, err := Open(cfg)
	if err != nil {
		return nil, err
	}
	p.durations = durationsOf(s.Ops)
	r := &Result{}
	err = s.play(ctx, p, r)
	rest, closing := p.Close(ctx)
	if rest != nil {
		r.Rest = *rest
	}
	r.Ledger = p.Ledger()
	if err = errors.Join(err, closing); err != nil {
		return nil, fmt.Errorf("replay: scenario %q: %w", s.Name, err)
	}
	return r, nil
}

func (s *Scenario) play(ctx context.Context, p *Player, r *Result) error {
	done := 0
	do := func(to int) error {
		for ; done < to; done++ {
			if err := p.Do(ctx, s.Ops[done]); err != nil {
				return fmt.Errorf("operation %d: %w", done+1, err)
			}
		}
		return nil
	}
	for i, plan := range s.Flushes {
		to := len(s.Ops)
		if plan.After != nil {
			to = min(*plan.After, to)
		}
		if err := do(to); err != nil {
			return err
		}
		f, err := p.Flush(ctx, plan.At)
		if err != nil {
			return fmt.Errorf("flush %d: %w", i+1, err)
		}
		r.Flushes = append(r.Flushes, *f)
	}
	return do(len(s.Ops))
}
