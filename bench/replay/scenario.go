package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// File is a file of golden scenarios.
type File struct {
	Source    string     `json:"source"`
	Scenarios []Scenario `json:"scenarios"`
}

// Scenario is one run of datadogpy's ThreadStats: how it was made and started,
// what was submitted, when it was flushed, and what it then put out.
type Scenario struct {
	Name string `json:"name"`
	Note string `json:"note,omitempty"`
	Ctor struct {
		Namespace    string   `json:"namespace,omitempty"`
		ConstantTags []string `json:"constant_tags,omitempty"`
	} `json:"ctor"`
	Start struct {
		RollUpInterval *float64 `json:"roll_up_interval,omitempty"` // seconds; default 10
		FlushInterval  *float64 `json:"flush_interval,omitempty"`   // seconds; default 10
		Device         *string  `json:"device,omitempty"`
		Disabled       bool     `json:"disabled,omitempty"`
	} `json:"start"`
	Env     map[string]string `json:"env"`
	Ops     []Op              `json:"ops"`
	Flushes []FlushPlan       `json:"flushes"`
	Expect  []Payloads        `json:"expect"` // one for each flush
}

// FlushPlan says when a scenario is flushed.
type FlushPlan struct {
	After *int `json:"after,omitempty"` // after so many operations; absent: after all
	At    Time `json:"at"`
}

// ReadFile reads a file of golden scenarios.
func ReadFile(r io.Reader) (*File, error) {
	var f File
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("scenarios: %w", shortly(err))
	}
	for i := range f.Scenarios {
		if err := f.Scenarios[i].check(); err != nil {
			return nil, fmt.Errorf("scenario %q: %w", f.Scenarios[i].Name, err)
		}
	}
	return &f, nil
}

func (s *Scenario) check() error {
	var errs []error
	done := 0
	for i, f := range s.Flushes {
		n := len(s.Ops)
		if f.After != nil {
			n = *f.After
		}
		if n < done || n > len(s.Ops) {
			errs = append(errs, fmt.Errorf("flush %d is after %d operations: want %d to %d", i+1, n, done, len(s.Ops)))
		}
		done = max(done, n)
	}
	for i := range s.Ops {
		if s.Ops[i].Op == "flush" {
			errs = append(errs, fmt.Errorf(`operation %d is a flush: a scenario has them under "flushes"`, i+1))
		}
	}
	if n := len(s.Expect); n != 0 && n != len(s.Flushes) {
		errs = append(errs, fmt.Errorf("%d flushes and %d expectations", len(s.Flushes), n))
	}
	_, err := s.Config()
	return errors.Join(append(errs, err)...)
}

// Config returns how the scenario's client is made: change it and give it to
// [Scenario.RunWith].
func (s *Scenario) Config() (Config, error) {
	c := Config{
		Namespace: s.Ctor.Namespace,
		Tags:      s.Ctor.ConstantTags,
		Disabled:  s.Start.Disabled,
		Env:       s.Env,
	}
	if c.Env == nil {
		c.Env = map[string]string{}
	}
	if s.Start.Device != nil {
		c.Device = *s.Start.Device
	}
	var err1, err2 error
	c.Rollup, err1 = seconds("roll_up_interval", s.Start.RollUpInterval)
	c.FlushInterval, err2 = seconds("flush_interval", s.Start.FlushInterval)
	return c, errors.Join(err1, err2)
}

// seconds returns a number of seconds as a duration; 0, the default, for nil.
func seconds(field string, s *float64) (time.Duration, error) {
	switch {
	case s == nil:
		return 0, nil
	case !(*s > 0 && *s <= math.MaxInt32):
		return 0, fmt.Errorf("%s is %v: want seconds above 0", field, *s)
	}
	return time.Duration(math.Round(*s * float64(time.Second))), nil
}
