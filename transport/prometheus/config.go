package prometheus

import (
	"time"

	"github.com/shardstats/shardstats/transport/internal/setting"
	"github.com/shardstats/shardstats/transport/internal/summary"
)

// Defaults of [Config], and limits.
const (
	defaultExpiry     = 5 * time.Minute
	defaultMaxSeries  = 100_000
	maxMaxSeries      = 10_000_000
	defaultMaxBytes   = 64 << 20
	minMaxBytes       = 64 << 10
	defaultMaxScrapes = 4
	maxMaxScrapes     = 256
	defaultTimeout    = time.Minute
	defaultMaxBuckets = 8192
	minMaxBuckets     = 160
	maxMaxBuckets     = 1 << 19 // all that schema 8 has
)

var defaultQuantiles = []float64{0.5, 0.95, 0.99}

// Config says what a [Transport] shows, and how much. The zero value of each field is
// its default.
type Config struct {
	// Quantiles are those of histograms and timings, from 0, the minimum, to 1, the
	// maximum, held in parts per million; each is a series. Default: 0.5, 0.95, 0.99. An
	// empty list that is not nil: none.
	Quantiles []float64
	// MaxBuckets bounds how many buckets of a native histogram lie between the first and the
	// last that are not empty, for values above and below zero each; from 160 to 524,288.
	// Only those that are not empty cost something. Default: 8,192, enough to keep the finest
	// schema as long as the largest value is at most 2^32 times the smallest.
	MaxBuckets int

	// Expiry is how long a series is shown after its last point; at least a second.
	// Default: 5 min, which is when a client takes a series for idle.
	Expiry time.Duration
	// MaxSeries bounds the series that are shown, up to 10,000,000; points of others are
	// rejected as series_limit. Each costs about 300 bytes. Default: 100,000.
	MaxSeries int
	// MaxBytes bounds the memory for labels and samples, from 64 KiB; points that need more
	// are rejected as byte_budget. A scrape copies up to as much. Default: 64 MiB.
	MaxBytes int

	// MaxScrapes bounds the scrapes at a time, up to 256; others get a 503. Default: 4.
	MaxScrapes int
	// Timeout bounds how long a scrape may take to be read. Default: 1 min.
	Timeout time.Duration
}

// withDefaults checks everything and returns c filled in.
func (c Config) withDefaults() (Config, []summary.Quantile, error) {
	wrong := setting.For("prometheus")
	if c.Quantiles == nil {
		c.Quantiles = defaultQuantiles
	}
	quantiles, err := summary.Quantiles(c.Quantiles)
	if err != nil {
		wrong.Add("Quantiles %w", err)
	}
	wrong.Between("MaxBuckets", &c.MaxBuckets, minMaxBuckets, maxMaxBuckets, defaultMaxBuckets)
	wrong.Between("MaxSeries", &c.MaxSeries, 1, maxMaxSeries, defaultMaxSeries)
	wrong.Between("MaxBytes", &c.MaxBytes, minMaxBytes, 1<<31-1, defaultMaxBytes)
	wrong.Between("MaxScrapes", &c.MaxScrapes, 1, maxMaxScrapes, defaultMaxScrapes)
	least := func(field string, value *time.Duration, least, byDefault time.Duration) {
		if *value == 0 {
			*value = byDefault
		}
		if *value < least {
			wrong.Add("%s is %v: want %v at least, or 0 for %v", field, *value, least, byDefault)
		}
	}
	least("Expiry", &c.Expiry, time.Second, defaultExpiry)
	least("Timeout", &c.Timeout, time.Millisecond, defaultTimeout)
	return c, quantiles, wrong.Err()
}
