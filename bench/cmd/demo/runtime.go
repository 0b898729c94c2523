package main

import (
	"runtime/metrics"
	"time"

	"github.com/shardstats/shardstats/stats"
)

// sampler gauges what the Go runtime says about itself, and remembers the last
// values, which have to be the last ones that arrive.
type sampler struct {
	samples []metrics.Sample
	gauges  []*stats.Gauge
	last    map[string]float64

	stop chan struct{} // closed by Stop
	done chan struct{} // closed by the goroutine
}

// runtimeMetrics are the names in runtime/metrics and the names of the gauges.
var runtimeMetrics = []struct{ runtime, gauge string }{
	{"/sched/goroutines:goroutines", "runtime.goroutines"},
	{"/memory/classes/heap/objects:bytes", "runtime.heap.bytes"},
	{"/gc/cycles/total:gc-cycles", "runtime.gc.cycles"},
}

// startSampler samples every interval until Stop.
func startSampler(client *stats.Client, every time.Duration) *sampler {
	s := &sampler{
		last: make(map[string]float64),
		stop: make(chan struct{}),
		done: make(chan struct{}),
	}
	for _, m := range runtimeMetrics {
		s.samples = append(s.samples, metrics.Sample{Name: m.runtime})
		s.gauges = append(s.gauges, client.NewGauge(m.gauge))
	}
	go s.run(every)
	return s
}

func (s *sampler) run(every time.Duration) {
	defer close(s.done)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		s.sample()
		select {
		case <-ticker.C:
		case <-s.stop:
			return
		}
	}
}

func (s *sampler) sample() {
	metrics.Read(s.samples)
	for i, sample := range s.samples {
		if sample.Value.Kind() != metrics.KindUint64 {
			continue // this Go does not know the metric
		}
		v := float64(sample.Value.Uint64())
		s.gauges[i].Set(v)
		s.last[runtimeMetrics[i].gauge] = v
	}
}

// Stop ends the sampling and returns the last value of each gauge.
func (s *sampler) Stop() map[string]float64 {
	close(s.stop)
	<-s.done
	return s.last
}
