package tune

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/shardstats/shardstats/bench/machine"
	"github.com/shardstats/shardstats/bench/sample"
)

// Version is that of the file. stats.WithTuning reads this one only: raise both when
// the recommendation changes its form. Fields may be added without that.
const Version = 1

// File is all that a run found, and what tune.json holds. stats.WithTuning reads
// Tuning, Machine.GOMAXPROCS and Recommendation; the rest is for people.
type File struct {
	Tuning         int            `json:"tuning"` // the version of the file
	Machine        Machine        `json:"machine"`
	Workload       Workload       `json:"workload"`
	Recommendation Recommendation `json:"recommendation"`
	Reasons        Reasons        `json:"reasons"`
	Limits         Limits         `json:"limits"`
	MinGain        float64        `json:"min_gain"`
	Interval       float64        `json:"interval_confidence"` // of each comparison of shards
	Plant          string         `json:"plant,omitempty"`
	Made           time.Time      `json:"made"`
	Took           time.Duration  `json:"took_ns"`
	LeftOut        int            `json:"log_lines_left_out,omitempty"`
	Series         int            `json:"series_submitted"`

	Timer          Latency        `json:"timer_ns"` // two readings of the clock
	Shards         []Row          `json:"shards"`
	Reservoirs     []ReservoirRow `json:"reservoirs,omitempty"`
	FlushIntervals []IntervalRow  `json:"flush_intervals"`
}

// Machine is where it was measured.
type Machine struct {
	System     string `json:"system"`
	Processor  string `json:"processor"`
	Go         string `json:"go"`
	Commit     string `json:"commit"`
	GOMAXPROCS int    `json:"gomaxprocs"`
}

// Recommendation names what should differ from the defaults, and nothing else.
type Recommendation struct {
	Shards               int `json:"shards,omitempty"`
	ReservoirSize        int `json:"reservoir_size,omitempty"`
	FlushIntervalSeconds int `json:"flush_interval_seconds,omitempty"`
}

// Reasons are one line for each option.
type Reasons struct {
	Shards        string `json:"shards"`
	ReservoirSize string `json:"reservoir_size"`
	FlushInterval string `json:"flush_interval"`
}

// Latency has the percentiles of a time in nanoseconds. The timer's median is taken
// off where a submission is timed.
type Latency struct {
	P50   float64 `json:"p50"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p99_9"`
	P9999 float64 `json:"p99_99"`
	Count int64   `json:"count"`
}

// Span is a median with the quantiles 0.1 and 0.9 beside it.
type Span struct {
	Low  float64 `json:"low"`
	Mid  float64 `json:"mid"`
	High float64 `json:"high"`
}

// Row is one setting.
type Row struct {
	Value          int        `json:"value"`
	Default        bool       `json:"default,omitempty"`
	PerSecond      Span       `json:"submissions_per_second"`
	Speed          Comparison `json:"speed"` // against the default
	Latency        Latency    `json:"latency_ns"`
	SeriesBytes    float64    `json:"bytes_per_series"`
	ClientBytes    float64    `json:"bytes_of_client"` // without series
	FlushNS        Span       `json:"flush_ns"`        // of all series
	FlushPerSeries float64    `json:"flush_ns_per_series"`
	Rounds         Rounds     `json:"rounds_ns"` // of one submission, by block, in batches
}

// ReservoirRow is one reservoir size.
type ReservoirRow struct {
	Row
	Expected       float64 `json:"rank_error_expected"` // 95 of 100 histograms stay below
	Measured       float64 `json:"rank_error_measured"` // likewise
	Probes         int     `json:"probes"`
	HistogramBytes float64 `json:"bytes_per_histogram"`
}

// IntervalRow is one flush interval.
type IntervalRow struct {
	Seconds int     `json:"seconds"`
	Default bool    `json:"default,omitempty"`
	Cost    Span    `json:"processor_share"`
	Held    float64 `json:"bytes_held"`
}

func newFile(w Workload, plan Plan, l load) *File {
	f := &File{
		Tuning: Version, Workload: w, Limits: plan.Limits, MinGain: plan.Rule.MinGain, Made: time.Now().UTC().Truncate(time.Second),
		Series: l.series(),
		Machine: Machine{
			System: runtime.GOOS + "/" + runtime.GOARCH + " " + machine.Kernel(), Processor: machine.Processor(), Go: runtime.Version(),
			Commit: machine.Commit(), GOMAXPROCS: runtime.GOMAXPROCS(0),
		},
	}
	if plan.Plant != nil {
		f.Plant = plan.Plant.String()
	}
	if l, ok := l.(*logLoad); ok {
		f.LeftOut = l.leftOut
	}
	return f
}

// percentiles of a histogram.
func percentiles(h *hdr.Histogram) Latency {
	at := func(p float64) float64 { return float64(h.ValueAtQuantile(p)) }
	return Latency{P50: at(50), P99: at(99), P999: at(99.9), P9999: at(99.99), Count: h.TotalCount()}
}

// less takes off what reading the clock takes, in the median.
func (l Latency) less(timer float64) Latency {
	for _, p := range []*float64{&l.P50, &l.P99, &l.P999, &l.P9999} {
		*p = max(0, *p-timer)
	}
	return l
}

func spanOf(values []float64) Span {
	low, mid, high := sample.Spread(values)
	return Span{low, mid, high}
}

// blockBatches is how many figures a block has in the file: enough to see how it went.
// With every round of a long run the file would be too large for stats.WithTuning.
const blockBatches = 50

// row puts together what one setting was measured at.
func (f *File) row(m *Measured, v *Verdict) Row {
	var perSecond []float64
	var batches Rounds
	for _, block := range m.Rounds {
		for _, ns := range block {
			perSecond = append(perSecond, 1e9/ns)
		}
		batches = append(batches, sample.Batches(block, blockBatches))
	}
	flush := spanOf(m.FlushNS)
	return Row{
		Value: m.Value, Default: m.Value == v.Default, PerSecond: spanOf(perSecond), Speed: v.Of(m.Value),
		Latency:     percentiles(m.latency).less(f.Timer.P50),
		SeriesBytes: sample.Median(m.Heap), ClientBytes: sample.Median(m.Fixed),
		FlushNS: flush, FlushPerSeries: flush.Mid / float64(f.Series), Rounds: batches,
	}
}

func (f *File) addShards(all []Measured, v Verdict) {
	f.Interval = v.Interval
	for i := range all {
		f.Shards = append(f.Shards, f.row(&all[i], &v))
	}
}

func (f *File) addReservoirs(all []Measured, v Verdict, accuracies []Accuracy) {
	for i := range all {
		a := &accuracies[i]
		f.Reservoirs = append(f.Reservoirs, ReservoirRow{
			Row: f.row(&all[i], &v), Probes: len(a.Errors), HistogramBytes: a.Heap,
			Expected: RankError(f.Limits.Quantile, all[i].Value, f.Workload.Observations),
			Measured: sample.Quantile(a.Errors, 0.95),
		})
	}
}

// reservoirRows are what the choice is made from.
func (f *File) reservoirRows() []reservoirRow {
	var rows []reservoirRow
	for _, r := range f.Reservoirs {
		rows = append(rows, reservoirRow{size: r.Value, expected: r.Expected, heap: r.HistogramBytes, slower: r.Speed.Slower, faster: r.Speed.Faster})
	}
	return rows
}

func (f *File) addIntervals(rows []Flushing) {
	for _, r := range rows {
		f.FlushIntervals = append(f.FlushIntervals, IntervalRow{
			Seconds: int(r.Interval / time.Second), Default: r.Interval == DefaultSetting().Interval,
			Cost: spanOf(r.Cost), Held: sample.Median(r.Held),
		})
	}
}

// Write puts the file at path, whole or not at all.
func (f *File) Write(path string) error {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("tune: %w", err)
	}
	return writeWhole(path, append(text, '\n'))
}

// writeWhole writes beside path and renames: a client that starts meanwhile reads
// the old file or the new one.
func writeWhole(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("tune: %w", err)
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	_, err = f.Write(text)
	if e := f.Chmod(0o644); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("tune: %w", err)
	}
	return nil
}
