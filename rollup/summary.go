package rollup

import (
	"cmp"
	"math"
	"slices"
)

// Sample is one kept observation and how many it stands for.
type Sample struct{ Value, Weight float64 }

// Summary is a histogram or distribution in one bucket.
type Summary struct {
	count    uint64
	sum      float64
	min, max float64
	samples  []Sample
	sorted   bool
}

func (s *Summary) reset() {
	s.count, s.sum, s.min, s.max = 0, 0, math.Inf(1), math.Inf(-1)
	s.samples = s.samples[:0]
	s.sorted = false
}

// Count, Sum, Min, Max are exact over all observations.
func (s *Summary) Count() float64 { return float64(s.count) }
func (s *Summary) Sum() float64   { return s.sum }
func (s *Summary) Min() float64   { return s.min }
func (s *Summary) Max() float64   { return s.max }

// Finite reports whether the sum is a number that can be sent.
func (s *Summary) Finite() bool { return s.sum-s.sum == 0 }

// Observe adds one observation of a histogram, kept as a sample.
func (s *Summary) Observe(b *Bucket, v float64) {
	s.addBank(b, 1, v, v, v, []float64{v}, 1)
}

// addBank merges what one bank of a histogram gathered.
func (s *Summary) addBank(b *Bucket, n uint64, sum, low, high float64, samples []float64, sampled uint64) {
	s.count += n
	s.sum += sum
	s.min, s.max = min(s.min, low), max(s.max, high)
	if len(samples) == 0 {
		return
	}
	weight := float64(sampled) / float64(len(samples))
	for _, v := range samples {
		s.samples = append(s.samples, Sample{v, weight})
	}
	s.sorted = false
	// Twice the limit before thinning, so that a bucket of many small banks is
	// not thinned for each.
	if len(s.samples) > 2*b.limits.Reservoir {
		s.thin(b)
	}
}

// addValues adds values of a distribution up to the limit, and returns how many
// were left out.
func (s *Summary) addValues(values []float64, limit int) (dropped int) {
	if room := max(limit-len(s.samples), 0); len(values) > room {
		dropped = len(values) - room
		values = values[:room]
	}
	for _, v := range values {
		s.count++
		s.sum += v
		s.min, s.max = min(s.min, v), max(s.max, v)
		s.samples = append(s.samples, Sample{v, 1})
	}
	s.sorted = false
	return dropped
}

func (s *Summary) merge(b *Bucket, from *Summary) {
	s.count += from.count
	s.sum += from.sum
	s.min, s.max = min(s.min, from.min), max(s.max, from.max)
	s.samples = append(s.samples, from.samples...)
	s.sorted = false
}

// Samples returns the samples by value, at most limit of them; their weights
// add up to the observations they stand for. If no bank could keep a sample, the
// minimum and maximum stand for all. The slice is the summary's.
func (s *Summary) Samples(b *Bucket, limit int) []Sample {
	if len(s.samples) == 0 && s.count > 0 {
		half := float64(s.count) / 2
		s.samples = append(s.samples, Sample{s.min, half}, Sample{s.max, half})
	}
	if len(s.samples) > limit {
		s.thinTo(b, limit)
	}
	s.sort()
	return s.samples
}

func (s *Summary) sort() {
	if !s.sorted {
		slices.SortFunc(s.samples, func(x, y Sample) int { return cmp.Compare(x.Value, y.Value) })
		s.sorted = true
	}
}

func (s *Summary) thin(b *Bucket) { s.thinTo(b, b.limits.Reservoir) }

// thinTo keeps limit samples by systematic resampling: with the samples laid end
// to end, each as long as its weight, it takes those that lie under limit marks
// at equal distances, the first placed at random. Each sample is kept on average
// weight/total·limit times, so the merged set is a sample of the union. Sorted by
// value first, the marks also spread evenly over the values.
func (s *Summary) thinTo(b *Bucket, limit int) {
	s.sort()
	total := 0.0
	for _, x := range s.samples {
		total += x.Weight
	}
	step := total / float64(limit)
	mark := b.rng.Float64() * step
	kept, passed := 0, 0.0
	for _, x := range s.samples {
		passed += x.Weight
		for mark < passed && kept < limit {
			// kept never overtakes the sample that is read: a sample heavier than
			// step would need several places.
			b.scratch = append(b.scratch, Sample{x.Value, step})
			kept++
			mark += step
		}
	}
	s.samples = append(s.samples[:0], b.scratch...)
	b.scratch = b.scratch[:0]
}
