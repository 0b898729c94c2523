package tune

import (
	"fmt"
	"math/bits"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport/discard"
)

// Setting is what is tuned.
type Setting struct {
	Shards        int
	ReservoirSize int
	Interval      time.Duration // between flushes
}

// DefaultSetting is what a client has without options.
func DefaultSetting() Setting {
	return Setting{Shards: defaultShards(runtime.GOMAXPROCS(0)), ReservoirSize: 1000, Interval: 10 * time.Second}
}

// The most shards that a client takes.
const maxShards = 256

// defaultShards is the next power of two.
func defaultShards(procs int) int { return min(1<<bits.Len(uint(procs-1)), maxShards) }

// shardSweep returns the numbers of shards that are compared: the powers of two up
// to four times the default.
func shardSweep(procs int) []int {
	var all []int
	for n := 1; n <= min(4*defaultShards(procs), maxShards); n *= 2 {
		all = append(all, n)
	}
	return all
}

// What else is compared; the defaults are among them.
var (
	reservoirSweep = []int{128, 256, 512, 1000, 2000, 4000}
	intervalSweep  = []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second, time.Minute}
)

// The queue of a client that is measured.
const (
	queueBatches = 1 << 20
	queueBytes   = 1 << 30
)

// options are those of a client with this setting that sends nowhere.
func (s Setting) options(series int) []stats.Option {
	return []stats.Option{
		// Many series wait in the queue for a moment: nothing of them may be dropped.
		stats.WithTransport(discard.New(), stats.Queue(queueBatches, queueBytes)), stats.WithManualFlush(),
		stats.WithShards(s.Shards), stats.WithReservoirSize(s.ReservoirSize), stats.WithFlushInterval(s.Interval),
		// One more than there are: none of them goes to the overflow series.
		stats.WithSeriesLimit(series + 1),
	}
}

// Plant makes one setting slower than it is, to see whether that is found.
type Plant struct {
	Option string // shards or reservoir
	Value  int
	Share  float64 // of its cost: 0.2 adds a fifth
}

// ParsePlant reads shards=4:+20%.
func ParsePlant(text string) (*Plant, error) {
	wrong := fmt.Errorf("plant %q: write shards=4:+20%% or reservoir=512:+20%%: an option, a setting and what it costs more", text)
	option, rest, ok := strings.Cut(text, "=")
	if !ok || option != "shards" && option != "reservoir" {
		return nil, wrong
	}
	value, more, _ := strings.Cut(rest, ":")
	n, err := strconv.Atoi(value)
	if err != nil {
		return nil, wrong
	}
	more, plus := strings.CutPrefix(more, "+")
	more, percent := strings.CutSuffix(more, "%")
	share, err := strconv.ParseFloat(more, 64)
	if err != nil || !plus || !percent || !(share > 0 && share <= 1000) {
		return nil, wrong
	}
	return &Plant{Option: option, Value: n, Share: share / 100}, nil
}

// String is what ParsePlant reads.
func (p *Plant) String() string {
	return fmt.Sprintf("%s=%d:+%g%%", p.Option, p.Value, 100*p.Share)
}

// on returns the share by which a setting is made slower.
func (p *Plant) on(option string, value int) float64 {
	if p == nil || p.Option != option || p.Value != value {
		return 0
	}
	return p.Share
}
