package rollup

import (
	"cmp"
	"math"
	"slices"
)

// Sample is one kept observation and how many it stands for: those of its bank
// that were not kept, times 1/r for one that was sampled at rate r.
type Sample struct{ Value, Weight float64 }

// Summary is a histogram or distribution in one bucket.
type Summary struct {
	count    uint64  // observations that count as one
	weighted float64 // sum of the weights of all others
	sum      float64
	min, max float64
	samples  []Sample
	edges    *[2]Sample // what Samples returns if no sample was kept
	limit    int32      // on samples: a merged one keeps up to twice as many until it is read
	bits     int8       // of the sketch; 0 while there is none
	sorted   bool
	inBins   bool // at the limit it becomes a sketch instead of being full or thinned
}

func (s *Summary) reset(limit int, inBins bool) {
	s.count, s.weighted, s.sum = 0, 0, 0
	s.min, s.max = math.Inf(1), math.Inf(-1)
	s.samples = s.samples[:0]
	s.limit, s.inBins = int32(min(limit, math.MaxInt32/2)), inBins
	s.bits, s.sorted = 0, false
}

// Count returns how many observations there were: of those that count as many,
// the sum of their weights.
func (s *Summary) Count() float64 { return float64(s.count) + s.weighted }

// Sum returns the sum of all observations.
func (s *Summary) Sum() float64 { return s.sum }

// Min returns the smallest of all observations.
func (s *Summary) Min() float64 { return s.min }

// Max returns the largest of all observations.
func (s *Summary) Max() float64 { return s.max }

// Finite reports whether sum and count are numbers that can be sent.
func (s *Summary) Finite() bool { return s.sum-s.sum == 0 && s.weighted-s.weighted == 0 }

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
	s.thinIfLong(b)
}

// add adds one observation that counts as weight many, with a sample.
func (s *Summary) add(v, weight float64) {
	if weight == 1 {
		s.count++
		s.sum += v
	} else {
		s.weighted += weight
		s.sum += v * weight
	}
	s.min, s.max = min(s.min, v), max(s.max, v)
	s.samples = append(s.samples, Sample{v, weight})
	s.sorted = false
}

// addValues adds values of a distribution up to the limit, or in bins beyond it, and
// returns how many were left out.
func (s *Summary) addValues(values []float64, weight float64) (dropped int) {
	if s.inBins {
		for _, v := range values {
			s.add(v, weight)
			s.binIfLong()
		}
		return 0
	}
	if room := max(int(s.limit)-len(s.samples), 0); len(values) > room {
		dropped = len(values) - room
		values = values[:room]
	}
	for _, v := range values {
		s.add(v, weight)
	}
	return dropped
}

func (s *Summary) merge(b *Bucket, from *Summary) {
	s.count += from.count
	s.weighted += from.weighted
	s.sum += from.sum
	s.min, s.max = min(s.min, from.min), max(s.max, from.max)
	s.samples = append(s.samples, from.samples...)
	s.sorted = false
	if s.inBins {
		if from.bits > 0 && (s.bits == 0 || from.bits < s.bits) {
			s.bits = from.bits
		}
		s.binIfLong()
		return
	}
	s.thinIfLong(b)
}

// read returns the samples by value, at most limit of them. See Bucket.Samples.
func (s *Summary) read(b *Bucket) []Sample {
	if len(s.samples) == 0 && s.count > 0 { // each weighted one has a sample
		// Not kept: it must not stand beside real samples after a merge.
		half := float64(s.count) / 2
		if s.edges == nil {
			s.edges = new([2]Sample)
		}
		*s.edges = [2]Sample{{s.min, half}, {s.max, half}}
		return s.edges[:]
	}
	if len(s.samples) > int(s.limit) && !s.inBins {
		s.thin(b)
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

// binIfLong makes a sketch of a distribution above its limit. The sketch is half as
// long, so that the work is spread over as many values.
func (s *Summary) binIfLong() {
	if len(s.samples) > int(s.limit) {
		s.sort()
		samples, bits := shrink(s.samples, int(s.bits), int(s.limit)/2)
		s.samples, s.bits = samples, int8(bits)
		within(s.samples, s.min, s.max)
		s.limit = max(s.limit, int32(2*len(s.samples))) // values over so many powers of two do not fit
	}
}

// thinIfLong thins at twice the limit, so that a bucket of many small banks is
// not thinned for each.
func (s *Summary) thinIfLong(b *Bucket) {
	if len(s.samples) > 2*int(s.limit) {
		s.thin(b)
	}
}

// thin keeps limit samples by systematic sampling (Madow 1949,
// https://doi.org/10.1214/aoms/1177729988): with the samples laid end to end, each as
// long as its weight, it takes those that lie under limit marks at equal distances, the
// first placed at random. Each sample is kept on average weight/total·limit times, so
// the merged set is a sample of the union; one that is heavier than the distance is
// kept more than once. Sorted by value first, the marks also spread evenly over the
// values.
func (s *Summary) thin(b *Bucket) {
	s.sort()
	total := 0.0
	for _, x := range s.samples {
		total += x.Weight
	}
	step := total / float64(s.limit)
	first := b.memory.rng.Float64()
	last := s.samples[len(s.samples)-1].Value
	kept, passed := b.memory.scratch[:0], 0.0
	for _, x := range s.samples {
		passed += x.Weight
		for len(kept) < int(s.limit) && (float64(len(kept))+first)*step < passed {
			kept = append(kept, Sample{x.Value, step})
		}
	}
	for len(kept) < int(s.limit) { // rounding put the last mark past the end
		kept = append(kept, Sample{last, step})
	}
	s.samples = append(s.samples[:0], kept...)
	b.memory.scratch = kept
}
