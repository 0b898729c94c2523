package peers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
)

// seen is what a flush has written of one name: how many submissions, by series.
// Gauges have no such number: each that is there counts as one.
type seen map[string]float64

func (s seen) total() (n float64) {
	for _, v := range s {
		n += v
	}
	return n
}

// readers read back what the libraries wrote, by the library's name.
var readers = map[string]func(t *testing.T, name string, out []byte) seen{
	"shardstats":                    readOurs,
	"datadog-go":                    readDatadog,
	"datadog-go, 8 shards":          readDatadog,
	"client_golang":                 readPrometheus(expfmt.NewFormat(expfmt.TypeTextPlain)),
	"client_golang, With(Labels)":   readPrometheus(expfmt.NewFormat(expfmt.TypeTextPlain)),
	"client_golang, native":         readPrometheus(expfmt.NewFormat(expfmt.TypeProtoDelim)),
	"VictoriaMetrics":               readVictoria,
	"VictoriaMetrics, key per call": readVictoria,
	"OTel SDK":                      readOTLP,
	"tally":                         readTally,
	"hashicorp/go-metrics":          readHashicorp,
	"rcrowley":                      readRcrowley,
	"rcrowley, decaying":            readRcrowley,
	"xsync.Counter":                 readCells,
	"crsync.Counter":                readCells,
	"atomic add, shared":            readCells,
	"HdrHistogram, mutex":           readCells,
}

func lines(out []byte) (all []string) {
	for line := range strings.Lines(string(out)) {
		all = append(all, strings.TrimSuffix(line, "\n"))
	}
	return all
}

func number(t *testing.T, text string) float64 {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	require.NoError(t, err)
	return n
}

func readOurs(t *testing.T, name string, out []byte) seen {
	found := seen{}
	for _, line := range lines(out) {
		var point struct {
			Name  string
			Tags  []string
			Kind  string
			Value float64
		}
		require.NoError(t, json.Unmarshal([]byte(line), &point), line)
		tags := strings.Join(point.Tags, ",")
		switch point.Name {
		case name + ".count":
			found[tags] += point.Value
		case name:
			if name == gaugeName {
				point.Value = 1
			}
			found[tags] += point.Value
		}
	}
	return found
}

func readDatadog(t *testing.T, name string, out []byte) seen {
	found := seen{}
	for _, line := range lines(out) {
		parts := strings.Split(line, "|")
		metric, values, _ := strings.Cut(parts[0], ":")
		if metric != name {
			continue
		}
		tags := parts[len(parts)-1]
		require.True(t, strings.HasPrefix(tags, "#"), line)
		switch parts[1] {
		case "c":
			found[tags] += number(t, values)
		case "g":
			found[tags]++
		case "h":
			kept, rate := float64(len(strings.Split(values, ":"))), 1.0
			if strings.HasPrefix(parts[2], "@") {
				rate = number(t, parts[2][1:])
			}
			found[tags] += kept / rate
		}
	}
	return found
}

func readPrometheus(format expfmt.Format) func(*testing.T, string, []byte) seen {
	return func(t *testing.T, name string, out []byte) seen {
		found := seen{}
		decoder := expfmt.NewDecoder(bytes.NewReader(out), format)
		for {
			var family dto.MetricFamily
			err := decoder.Decode(&family)
			if errors.Is(err, io.EOF) {
				return found
			}
			require.NoError(t, err)
			if family.GetName() != name {
				continue
			}
			for _, m := range family.GetMetric() {
				n := m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
				if m.Gauge != nil {
					n = 1
				}
				var labels []string
				for _, label := range m.GetLabel() {
					labels = append(labels, label.String())
				}
				found[strings.Join(labels, ",")] += n
			}
		}
	}
}

func readVictoria(t *testing.T, name string, out []byte) seen {
	found := seen{}
	for _, line := range lines(out) {
		metric, rest, _ := strings.Cut(line, "{")
		labels, value, ok := strings.Cut(rest, "} ")
		require.True(t, ok, line)
		switch {
		case metric == gaugeName && name == gaugeName:
			found[labels]++
		case metric == name, metric == name+"_count":
			found[labels] += number(t, value)
		}
	}
	return found
}

func readOTLP(t *testing.T, name string, out []byte) seen {
	found := seen{}
	request := pmetricotlp.NewExportRequest()
	require.NoError(t, request.UnmarshalProto(out))
	for _, resource := range request.Metrics().ResourceMetrics().All() {
		for _, scope := range resource.ScopeMetrics().All() {
			for _, m := range scope.Metrics().All() {
				if m.Name() != name {
					continue
				}
				switch m.Type() {
				case pmetric.MetricTypeSum:
					for _, p := range m.Sum().DataPoints().All() {
						found[attributes(p.Attributes().AsRaw())] += p.DoubleValue()
					}
				case pmetric.MetricTypeGauge:
					for _, p := range m.Gauge().DataPoints().All() {
						found[attributes(p.Attributes().AsRaw())]++
					}
				case pmetric.MetricTypeHistogram:
					for _, p := range m.Histogram().DataPoints().All() {
						found[attributes(p.Attributes().AsRaw())] += float64(p.Count())
					}
				}
			}
		}
	}
	return found
}

func attributes(raw map[string]any) string {
	text, _ := json.Marshal(raw) // sorted by key
	return string(text)
}

func readTally(t *testing.T, name string, out []byte) seen {
	found := seen{}
	for _, line := range lines(out) {
		metric, rest, _ := strings.Cut(line, ",")
		tags, value, _ := strings.Cut(rest, ":")
		value, kind, ok := strings.Cut(value, "|")
		require.True(t, ok, line)
		switch {
		case metric != name:
		case kind == "g":
			found[tags] = 1 // also if it was reported twice
		default:
			found[tags] += number(t, value)
		}
	}
	return found
}

func readHashicorp(t *testing.T, name string, out []byte) seen {
	found := seen{}
	type sampled struct {
		Name   string
		Count  float64
		Labels map[string]string
	}
	var summary struct{ Gauges, Counters, Samples []sampled }
	require.NoError(t, json.Unmarshal(out, &summary))
	for _, s := range summary.Gauges {
		s.Count = 1
		summary.Samples = append(summary.Samples, s)
	}
	for _, s := range append(summary.Counters, summary.Samples...) {
		if s.Name == name {
			tags, _ := json.Marshal(s.Labels)
			found[string(tags)] += s.Count
		}
	}
	return found
}

func readRcrowley(t *testing.T, name string, out []byte) seen {
	found := seen{}
	var of string
	scanner := bufio.NewScanner(bytes.NewReader(out))
	for scanner.Scan() {
		kind, value, _ := strings.Cut(strings.TrimSpace(scanner.Text()), " ")
		switch {
		case !strings.HasPrefix(scanner.Text(), " "):
			of = value
		case !strings.HasPrefix(of, name+"."):
		case kind == "count:":
			found[of] += number(t, value)
		case kind == "value:":
			found[of]++
		}
	}
	return found
}

func readCells(t *testing.T, _ string, out []byte) seen {
	found := seen{}
	for _, line := range lines(out) {
		id, value, _ := strings.Cut(line, " ")
		found[id] += number(t, value)
	}
	return found
}
