package shard

// Swap starts a new generation and returns the number of the one it retires.
// Observations that begin after Swap has returned go into the new one.
func (s *Store) Swap() Generation {
	gen := s.gen.Load()
	if gen == closedGen {
		return Generation(gen)
	}
	s.gen.Store(gen + 1) // the flusher alone writes it
	return Generation(gen)
}

// Drain hands everything to v that was submitted before Drain was called, and
// some of what is submitted while it runs: counters, gauges and sets as they
// are, banks of retired generations, the logs. now stamps the touched series,
// in Unix seconds. It also tries again what earlier drains found held, and
// refills the pools. After Stop it is DrainHeld: what Stop left in the cells must
// stay there.
func (s *Store) Drain(now int64, v Visitor) {
	if s.stopped.Load() {
		s.DrainHeld(now, v)
		return
	}
	s.drain(now, v, false)
}

func (s *Store) drain(now int64, v Visitor, stop bool) {
	s.drains++
	s.drainHeld(now, v)
	current := s.gen.Load()
	for _, row := range *s.rows.Load() {
		switch row.class {
		case ClassCounter:
			row.drainCounters(now, v, stop)
		case ClassGauge:
			row.drainGauges(now, v, stop)
		case ClassSet:
			row.drainSets(now, v, stop)
		case ClassHistogram, ClassDistribution:
			s.drainBanks(row, current, now, v, stop)
		}
	}
	s.drainLogs(now, v, stop)
	s.drainHeld(now, v)
	if !stop { // a page made now would be labelled for no generation
		s.pools.refill(s, true)
	}
}

// DrainTimed hands the content of the logs to v, and refills the pools: what
// Config.Wake asks for. After Stop it is DrainHeld.
func (s *Store) DrainTimed(now int64, v Visitor) {
	if s.stopped.Load() {
		s.DrainHeld(now, v)
		return
	}
	s.drainLogs(now, v, false)
	s.pools.refill(s, false)
}

// DrainHeld tries again the banks and records that a submitter held, and
// returns how many it still holds.
func (s *Store) DrainHeld(now int64, v Visitor) int {
	s.drainHeld(now, v)
	s.foldLingering(now, v)
	return s.Held()
}

// Held returns how many banks and log pages wait for a submitter.
func (s *Store) Held() int { return len(s.held) + len(s.logPages) }

func (s *Store) drainHeld(now int64, v Visitor) {
	held := s.held
	s.held = s.held[:0] // drainBank appends at most one for each that is read
	current := s.gen.Load()
	for _, h := range held {
		if gen, _ := h.claim().label(); gen != h.gen {
			continue // a pass over its row has taken it meanwhile
		}
		s.drainBank(h, current, now, v)
	}
}

// Stop closes the door and drains for the last time. A submission that Stop
// does not hand to v finds a poisoned cell, a closed label or the closed log,
// and is counted as after_stop: each is in one of the two places. Banks held at
// that moment follow through DrainHeld.
func (s *Store) Stop(now int64, v Visitor) {
	s.mu.Lock() // no row is made and no slot given out from here on
	already := s.stopped.Swap(true)
	s.mu.Unlock()
	if already {
		return
	}
	s.gen.Store(closedGen)
	s.drain(now, v, true)
}

func (s *Store) wake() {
	if s.cfg.Wake != nil {
		s.cfg.Wake()
	}
}

// refill prepares pages for the time until the next drain.
func (p *pools) refill(s *Store, shrink bool) {
	p.counters.refill(shrink)
	p.wides.refill(shrink)
	if s.reservoirsUsed.Load() {
		p.banks.refill(shrink)
		p.spills.refill(shrink)
		for class := range p.samples {
			p.samples[class].refill(shrink)
		}
	}
}
