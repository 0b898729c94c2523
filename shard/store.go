package shard

import (
	"sync"
	"sync/atomic"
)

// Config sizes a [Store]. Every field but ReservoirSizes must be set; stats checks
// and fills it.
type Config struct {
	Shards             int   // a power of two
	ReservoirSize      int   // samples a histogram keeps per shard and generation
	ReservoirSizes     []int // other sizes that AllocSized will ask for
	DistributionValues int   // values a distribution keeps per shard and generation; see SpillDistributions
	SetMembers         int   // distinct members of a set between two drains
	TimedBytes         int   // bound on the logs of timestamped submissions
	Seed               uint64
	Wake               func() // a log is three quarters full, or a pool is empty; must not block
}

// Store is the cells of one client, in shards.
//
// Submitters use the methods of [Ref] and Timed. The flusher alone calls Swap,
// the Drain methods, Held, Stop and LastTouched, from one goroutine at a time.
// Alloc and Free may be called by any goroutine.
type Store struct {
	// gen is the current generation. The flusher writes it, every observation
	// reads it. closedGen after Stop.
	gen atomic.Uint64
	_   [lineBytes - 8]byte

	cfg   Config
	spill bool // see SpillDistributions
	pools pools
	logs  []log
	coins []coin

	reservoirClasses int           // the first of pools.samples are a histogram's, the rest a distribution's
	pageSeq          atomic.Uint64 // seeds the random state of sample pages
	reservoirsUsed   atomic.Bool   // whether there is a histogram or distribution

	// Submitters of all shards write these, some of them with each submission
	// that finds a bound reached: apart from what the others read.
	_            [lineBytes]byte
	lost         Lost
	seq          atomic.Uint64 // order of timed gauges and rates
	logPagesMade atomic.Int64  // that exist, in use or in the pool
	spilled      atomic.Int64  // values of distributions that went to the logs since they were drained
	_            [lineBytes]byte

	mu      sync.Mutex // rows made, slots given out and taken back
	stopped atomic.Bool
	rows    atomic.Pointer[[]*Row] // grows; the flusher takes snapshots
	open    [classes]*Row          // the row with free slots at its end
	free    [classes][]ID

	// The flusher's.
	held     []heldBank
	drains   uint64
	logPages []*logPage   // drained, with records not yet published
	found    Observations // scratch
	chain    []float64    // scratch: the values of a distribution's pages
	pair     [inBank]float64
}

// pools are the pages that the flusher prepares.
type pools struct {
	counters pool[counterPage]
	wides    pool[widePage]
	banks    pool[bankPage]
	spills   pool[spillPage]
	logs     pool[logPage]
	samples  []pool[samplePage] // by class of size
}

// Lost counts what submitters could not get in. Read with Store.Lost.
type Lost struct {
	afterStop, setFull, distributionFull, timedFull atomic.Uint64
	badValue, unsampled, starved                    atomic.Uint64
}

// LostCounts is a reading of [Lost].
type LostCounts struct {
	BadValue         uint64 // NaN or infinite
	AfterStop        uint64 // submitted after Stop
	SetFull          uint64
	DistributionFull uint64
	TimedFull        uint64
	// Not lost, but without a sample: exact in count, sum, min and max.
	Unsampled uint64
	Starved   uint64 // times a reservoir could not grow because the pool was empty
}

// New returns an empty store.
func New(cfg Config) *Store {
	s := &Store{cfg: cfg}
	s.gen.Store(1)
	s.rows.Store(new([]*Row))
	s.logs = make([]log, cfg.Shards)
	s.coins = newCoins(cfg.Shards, cfg.Seed)
	s.pools = pools{
		counters: newPool(poolSlots, 2, func() *counterPage { return new(counterPage) }),
		wides:    newPool(poolSlots, 1, func() *widePage { return new(widePage) }),
		banks:    newPool(poolSlots, 4, s.newBankPage),
		spills:   newPool(poolSlots, 1, s.newSpillPage),
		logs:     newPool(poolSlots, 0, func() *logPage { return nil }),
	}
	s.pools.banks.renew, s.pools.spills.renew = s.label, s.labelSpills
	s.pools.samples = s.newSamplePools()
	s.pools.counters.refill(false)
	s.pools.wides.refill(false)
	s.pools.counters.wake, s.pools.banks.wake, s.pools.spills.wake = s.wake, s.wake, s.wake
	for class := range s.pools.samples {
		s.pools.samples[class].wake = s.wake
	}
	return s
}

// SpillDistributions makes values of a distribution beyond DistributionValues go
// through the logs, for a flusher that makes sketches of them and so has no bound.
// It is called before the first submission.
func (s *Store) SpillDistributions() { s.spill = true }

const poolSlots = 64

// Alloc returns the cells for a new series, or ok = false once the store has
// stopped.
func (s *Store) Alloc(class Class) (ref Ref, ok bool) { return s.AllocSized(class, 0) }

// AllocSized is Alloc for a histogram that keeps so many samples; 0 means the
// default. Other sizes than those of the Config become the next smaller.
func (s *Store) AllocSized(class Class, samples int) (ref Ref, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped.Load() {
		return Ref{}, false
	}
	if n := len(s.free[class]); n > 0 {
		id := s.free[class][n-1]
		s.free[class] = s.free[class][:n-1]
		ref = s.Ref(id)
	} else {
		row := s.open[class]
		if row == nil || row.used == class.slots() {
			rows := *s.rows.Load()
			row = s.newRow(len(rows), class)
			rows = append(rows, row)
			s.rows.Store(&rows) // publishes row to the flusher
			s.open[class] = row
		}
		ref = Ref{row, uint32(row.used)}
		row.used++
	}
	if class == ClassHistogram || class == ClassDistribution {
		if !s.reservoirsUsed.Load() {
			s.primeSamples()
			s.reservoirsUsed.Store(true)
		}
		ref.row.setTop(ref.slot, s.topClass(samples))
		s.equip(ref)
	}
	return ref, true
}

// Ref returns the way to the cells of id, which Alloc of this store has given out.
func (s *Store) Ref(id ID) Ref {
	return Ref{(*s.rows.Load())[id.Row()], uint32(id.Slot())}
}

// Free takes back the id of a series whose cells nobody can reach any more and
// a drain has emptied since (assumption A4).
func (s *Store) Free(id ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row := (*s.rows.Load())[id.Row()]
	switch row.class {
	case ClassGauge:
		row.gauges[id.Slot()].base.Store(0)
	case ClassSet:
		for level := range row.sets[id.Slot()].levels {
			row.sets[id.Slot()].levels[level].Store(nil)
		}
	case ClassHistogram, ClassDistribution:
		s.strip(Ref{row, uint32(id.Slot())})
	}
	row.lastTouched[id.Slot()] = 0
	s.free[row.class] = append(s.free[row.class], id)
}

// LastTouched returns when a drain last found id touched, in Unix seconds as
// given to Drain; 0 if none did since Alloc returned it.
func (s *Store) LastTouched(id ID) int64 {
	return int64((*s.rows.Load())[id.Row()].lastTouched[id.Slot()])
}

// Lost returns what could not be taken in so far.
func (s *Store) Lost() LostCounts {
	return LostCounts{
		BadValue:         s.lost.badValue.Load(),
		AfterStop:        s.lost.afterStop.Load(),
		SetFull:          s.lost.setFull.Load(),
		DistributionFull: s.lost.distributionFull.Load(),
		TimedFull:        s.lost.timedFull.Load(),
		Unsampled:        s.lost.unsampled.Load(),
		Starved:          s.lost.starved.Load(),
	}
}

// Stopped reports whether Stop has begun.
func (s *Store) Stopped() bool { return s.stopped.Load() }

// mix is the output function of splitmix64 (Steele, Lea, Flood 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
