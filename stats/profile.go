package stats

import "github.com/shardstats/shardstats/flush"

// Profile says what a bucket becomes where a backend takes flat points.
type Profile = flush.Profile

const (
	// ProfileDefault sends counts as sums, and of histograms and timings .min,
	// .max, .sum, .avg, .median, .95percentile and .count. A percentile is the
	// nearest rank: the smallest value that so many are not above.
	ProfileDefault = flush.ProfileDefault
	// ProfileThreadStats sends what datadogpy's ThreadStats does: counts as rates
	// per second, of histograms and timings .min, .max, .count (a rate), .avg,
	// .75percentile, .85percentile, .95percentile and .99percentile in this order
	// and by its rank, tags in the order of the first submission with the constant
	// ones last. docs/THREADSTATS.md lists what is different, and why.
	ProfileThreadStats = flush.ProfileThreadStats
)

// WithProfile sets the profile of all transports that have none of their own.
// Default: ProfileDefault. With ProfileThreadStats timestamps may have any age
// unless WithMaxAge is given. WithAggregates, WithPercentiles and WithMetric
// replace the figures of either profile.
func WithProfile(p Profile) Option {
	return option(func(c *config) { c.profile = p })
}

// UseProfile sets the profile of one transport.
func UseProfile(p Profile) TransportOption {
	return transportOption(func(c *flush.TransportConfig) { c.Profile = p })
}

func checkProfile(option string, p Profile, complain func(string, ...any)) {
	if p != ProfileDefault && p != ProfileThreadStats {
		complain("%s(%d): give ProfileDefault or ProfileThreadStats", option, p)
	}
}

// applyProfile gives each transport its profile, and the client what follows.
func (c *config) applyProfile() {
	for i := range c.transports {
		t := &c.transports[i]
		if t.Profile == 0 {
			t.Profile = c.profile
		}
		c.ordered = c.ordered || t.Profile == ProfileThreadStats
	}
	if c.profile == ProfileThreadStats && !c.maxAgeSet {
		c.maxPast, c.maxAhead = 0, 0
	}
}
