package scaling

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/discard"
)

// load is one way of adding that is measured, by one or two goroutines.
type load struct {
	name       string
	goroutines int
	// of returns what each goroutine does: n adds.
	of func(*fixture) []func(n int)
	// predict returns what one add takes by the model, from what was measured of
	// other loads; nil for a load that the model is made from.
	predict func(*Sharing) float64
}

// line keeps a word away from whatever else is written.
type line struct {
	_ [128]byte
	n atomic.Int64
	_ [128 - 8]byte
}

func (l *line) add(n int) {
	for range n {
		l.n.Add(1)
	}
}

// partly adds to a word of its own, and every time in so many to one that is shared.
func partly(own, shared *line, every int) func(int) {
	return func(n int) {
		for i := range n {
			if i%every == 0 {
				shared.n.Add(1)
			} else {
				own.n.Add(1)
			}
		}
	}
}

// fixture is what the loads add to.
type fixture struct {
	own    [2]*line
	shared *line
	client *stats.Client // a shard for each processor
	single *stats.Client // one shard
	peer   prometheus.Counter
}

func newFixture() (*fixture, error) {
	f := &fixture{own: [2]*line{new(line), new(line)}, shared: new(line)}
	f.peer = prometheus.NewCounter(prometheus.CounterOpts{Name: "requests_total"})
	var err error
	if f.client, err = stats.New(stats.WithTransport(discard.New()), stats.WithShards(2), stats.WithFlushInterval(rollup), stats.WithRollupInterval(rollup)); err != nil {
		return nil, err
	}
	if f.single, err = stats.New(stats.WithTransport(discard.New()), stats.WithShards(1), stats.WithManualFlush()); err != nil {
		_ = f.client.Close()
		return nil, err
	}
	return f, nil
}

func (f *fixture) close() error {
	err := f.client.Close()
	if e := f.single.Close(); err == nil {
		err = e
	}
	return err
}

// bound returns n adds to a bound counter.
func bound(c *stats.Client) func(int) {
	counter := c.NewCounter("bound.counter", "route:users", "method:GET", "status:200")
	return func(n int) {
		for range n {
			counter.Inc()
		}
	}
}

func oneShot(c *stats.Client) func(int) {
	return func(n int) {
		for range n {
			c.Increment("literal.counter", "route:users", "method:GET", "status:200")
		}
	}
}

func histogram(c *stats.Client) func(int) {
	h := c.NewHistogram("bound.histogram", "route:users", "method:GET", "status:200")
	return func(n int) {
		for i := range n {
			h.Observe(float64(i & 1023))
		}
	}
}

// request is how many adds a goroutine makes at a time in the loads below, which are
// those of servers.
const request = 20

// spawning gives each request a goroutine of its own, a few at a time.
func spawning(adds func(n int)) func(int) {
	return func(n int) {
		const beside = 8
		var wg sync.WaitGroup
		for i := range max(n/request, 1) {
			wg.Go(func() { adds(request) })
			if i%beside == beside-1 {
				wg.Wait()
			}
		}
		wg.Wait()
	}
}

// crowd has goroutines that live long and take turns, wherever there is room.
func crowd(adds func(n int)) func(int) {
	return func(n int) {
		const size = 64
		var wg sync.WaitGroup
		for range size {
			wg.Go(func() {
				for range max(n/(size*request), 1) {
					adds(request)
					runtime.Gosched()
				}
			})
		}
		wg.Wait()
	}
}

// nothing is what a request costs without its adds to a counter: adds to a word on
// the goroutine's own stack.
func nothing(n int) {
	var word atomic.Int64
	for range n {
		word.Add(1)
	}
}

// loads are what is measured, by turns.
func loads() []load {
	twice := func(f func(int)) []func(int) { return []func(int){f, f} }
	once := func(f func(int)) []func(int) { return []func(int){f} }
	apart := func(every int) func(*fixture) []func(int) {
		return func(f *fixture) []func(int) {
			return []func(int){partly(f.own[0], f.shared, every), partly(f.own[1], f.shared, every)}
		}
	}
	// By the model: a program of two processors, of adds that take as long as those of
	// a load with one.
	by := func(alone string, p Program) func(*Sharing) float64 {
		return func(s *Sharing) float64 { return Predict(s.Parameters().with(s.of(alone, 1)), p).NS }
	}
	oneShard, each4th := Lone(2), Lone(2)
	oneShard.Shards, each4th.Shards = 1, 1
	each4th.Every = 4
	return []load{
		{name: loadOwn, goroutines: 1, of: func(f *fixture) []func(int) { return once(f.own[0].add) }},
		{name: loadOwn, goroutines: 2, of: func(f *fixture) []func(int) { return []func(int){f.own[0].add, f.own[1].add} }, predict: by(loadOwn, Lone(2))},
		{name: loadOneWord, goroutines: 2, of: func(f *fixture) []func(int) { return twice(f.shared.add) }},
		{name: loadRarely, goroutines: 2, of: apart(64)},
		{name: loadNowAndThen, goroutines: 2, of: apart(16)},
		{name: "a word of one's own, every 4th add to a shared one", goroutines: 2, of: apart(4), predict: by(loadOwn, each4th)},
		{name: BoundCounter, goroutines: 1, of: func(f *fixture) []func(int) { return once(bound(f.client)) }},
		{name: BoundCounter, goroutines: 2, of: func(f *fixture) []func(int) { return twice(bound(f.client)) }, predict: by(BoundCounter, Lone(2))},
		{name: "bound counter, WithShards(1)", goroutines: 2, of: func(f *fixture) []func(int) { return twice(bound(f.single)) }, predict: by(BoundCounter, oneShard)},
		{name: OneShotCounter, goroutines: 1, of: func(f *fixture) []func(int) { return once(oneShot(f.client)) }},
		{name: OneShotCounter, goroutines: 2, of: func(f *fixture) []func(int) { return twice(oneShot(f.client)) }, predict: by(OneShotCounter, Lone(2))},
		{name: BoundHistogram, goroutines: 1, of: func(f *fixture) []func(int) { return once(histogram(f.client)) }},
		{name: BoundHistogram, goroutines: 2, of: func(f *fixture) []func(int) { return twice(histogram(f.client)) }, predict: by(BoundHistogram, Lone(2))},
		{name: loadPeer, goroutines: 1, of: func(f *fixture) []func(int) { return once(addPeer(f.peer)) }},
		{name: loadPeer, goroutines: 2, of: func(f *fixture) []func(int) { return twice(addPeer(f.peer)) }, predict: by(loadPeer, oneShard)},
		{name: loadSpawnNothing, goroutines: 2, of: func(*fixture) []func(int) { return twice(spawning(nothing)) }},
		{name: loadSpawn, goroutines: 2, of: func(f *fixture) []func(int) { return twice(spawning(bound(f.client))) },
			predict: func(s *Sharing) float64 { return s.of(loadSpawnNothing, 2) - s.unit() + s.of(BoundCounter, 1) }},
		{name: loadCrowdNothing, goroutines: 2, of: func(*fixture) []func(int) { return twice(crowd(nothing)) }},
		{name: loadCrowd, goroutines: 2, of: func(f *fixture) []func(int) { return twice(crowd(bound(f.client))) },
			predict: func(s *Sharing) float64 {
				return s.of(loadCrowdNothing, 2) - s.unit() + Predict(s.Parameters(), Restless(2)).NS
			}},
	}
}

// Kinds of submissions that predictions are made for.
const (
	BoundCounter   = "bound counter"
	OneShotCounter = "one-shot counter, 3 literal tags"
	BoundHistogram = "bound histogram"
)

// Loads that others are told apart from.
const (
	loadOwn          = "a word of one's own"
	loadOneWord      = "one word"
	loadRarely       = "a word of one's own, every 64th add to a shared one"
	loadNowAndThen   = "a word of one's own, every 16th add to a shared one"
	loadPeer         = "client_golang's counter"
	loadSpawnNothing = "a goroutine for each 20 adds, to a word on its stack"
	loadSpawn        = "a goroutine for each 20 adds, to a bound counter"
	loadCrowdNothing = "64 goroutines taking turns each 20 adds, to a word on the stack"
	loadCrowd        = "64 goroutines taking turns each 20 adds, to a bound counter"
)

func addPeer(c prometheus.Counter) func(int) {
	return func(n int) {
		for range n {
			c.Inc()
		}
	}
}

// sideBySide returns nanoseconds per operation of goroutines that start together,
// until the slowest has ended.
func sideBySide(of []func(int), ops int) float64 {
	var ready atomic.Int32
	var start atomic.Pointer[time.Time]
	var wg sync.WaitGroup
	for _, f := range of {
		wg.Go(func() {
			ready.Add(1)
			for ready.Load() < int32(len(of)) { // spin: each must have a processor
			}
			now := time.Now()
			start.CompareAndSwap(nil, &now)
			f(ops)
		})
	}
	wg.Wait()
	return float64(time.Since(*start.Load())) / float64(ops)
}
