package servers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// PrometheusServer is a Prometheus with an empty store of its own, or what
// [VictoriaMetrics] shows of one. It takes remote write at URL/api/v1/write.
type PrometheusServer struct {
	*Process
	URL string // http://host:port
}

// PrometheusConfig says what it does beside answering.
type PrometheusConfig struct {
	// Targets are the host:port that it scrapes.
	Targets []string
	// Interval of scrapes. Default: 1 s.
	Interval time.Duration
	// Scrape has more lines for the scrape configuration, each indented by two
	// blanks, as "  scrape_classic_histograms: true".
	Scrape string
	// Config has more YAML at the top level, as "storage: {tsdb: {…}}".
	Config string
	// Args are more flags.
	Args []string
}

// Prometheus2 starts Debian's 2.42: native histograms are on, it speaks remote
// write 1.0, and answers 204 to 2.0, of which it stores nothing.
func Prometheus2(t testing.TB, config ...PrometheusConfig) *PrometheusServer {
	t.Helper()
	return startPrometheus(t, "prometheus", "prometheus", config, "--enable-feature=native-histograms")
}

// Prometheus3 starts a Prometheus 3: remote write 1.0 and 2.0, and OTLP at
// URL/api/v1/otlp, whose delta sums and histograms it adds up.
func Prometheus3(t testing.TB, config ...PrometheusConfig) *PrometheusServer {
	t.Helper()
	return startPrometheus(t, "prometheus3", "prometheus3", config,
		"--web.enable-otlp-receiver", "--enable-feature=native-histograms,otlp-deltatocumulative")
}

func startPrometheus(t testing.TB, server, name string, config []PrometheusConfig, args ...string) *PrometheusServer {
	t.Helper()
	path := program(t, server, name)
	dir, addr := t.TempDir(), address(t)
	file := filepath.Join(dir, "prometheus.yml")
	var text bytes.Buffer
	for _, c := range config {
		if c.Interval == 0 {
			c.Interval = time.Second
		}
		if len(c.Targets) > 0 {
			targets, err := json.Marshal(c.Targets) // which is YAML, too
			if err != nil {
				t.Fatalf("servers: targets of Prometheus: %v", err)
			}
			fmt.Fprintf(&text, "scrape_configs:\n- job_name: test\n  scrape_interval: %v\n  scrape_timeout: %[1]v\n  static_configs: [{targets: %s}]\n%s\n",
				c.Interval, targets, c.Scrape)
		}
		fmt.Fprintln(&text, c.Config)
		args = append(args, c.Args...)
	}
	if err := os.WriteFile(file, text.Bytes(), 0o644); err != nil {
		t.Fatalf("servers: %v", err)
	}
	p := &PrometheusServer{URL: "http://" + addr}
	p.Process = launch(t, server, path, answers(p.URL+"/-/ready"), append([]string{
		"--config.file=" + file, "--storage.tsdb.path=" + filepath.Join(dir, "data"),
		"--web.listen-address=" + addr, "--web.enable-remote-write-receiver", "--log.level=warn"}, args...)...)
	return p
}

// PromSeries is a series in the answer to a query.
type PromSeries struct {
	Metric map[string]string // labels, and the name as __name__
	Points []PromPoint       // one for an instant, all for a range as m[5m]
}

// PromPoint is one value of it.
type PromPoint struct {
	UnixMilli int64
	Value     float64
	Histogram *PromHistogram // set instead of Value for a native histogram
}

// PromHistogram is a native histogram as the query API shows it.
type PromHistogram struct {
	Count, Sum float64
	Buckets    []PromBucket
}

// PromBucket counts values between its bounds.
type PromBucket struct{ Lower, Upper, Count float64 }

// Query evaluates an expression at a time. The series are ordered by their labels.
func (p *PrometheusServer) Query(expr string, at time.Time) []PromSeries {
	p.t.Helper()
	all, err := query(p.URL, expr, at)
	if err != nil {
		p.t.Errorf("servers: query Prometheus for %s: %v", expr, err)
	}
	return all
}

func query(base, expr string, at time.Time) ([]PromSeries, error) {
	var answer struct {
		Data struct {
			ResultType string            `json:"resultType"`
			Result     []json.RawMessage `json:"result"`
		} `json:"data"`
	}
	args := url.Values{"query": {expr}, "time": {strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', 3, 64)}}
	if err := getJSON(base+"/api/v1/query?"+args.Encode(), &answer); err != nil {
		return nil, err
	}
	if kind := answer.Data.ResultType; kind != "vector" && kind != "matrix" {
		return nil, fmt.Errorf("the answer is a %s: want a vector or a matrix", kind)
	}
	var all []PromSeries
	for _, raw := range answer.Data.Result {
		var s struct {
			Metric     map[string]string `json:"metric"`
			Value      *promValue        `json:"value"`
			Values     []promValue       `json:"values"`
			Histogram  *promNative       `json:"histogram"`
			Histograms []promNative      `json:"histograms"`
		}
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, fmt.Errorf("%w in %s", err, tail(string(raw)))
		}
		if s.Value != nil {
			s.Values = append(s.Values, *s.Value)
		}
		if s.Histogram != nil {
			s.Histograms = append(s.Histograms, *s.Histogram)
		}
		series := PromSeries{Metric: s.Metric}
		for _, v := range s.Values {
			series.Points = append(series.Points, PromPoint(v))
		}
		for _, h := range s.Histograms {
			series.Points = append(series.Points, PromPoint(h))
		}
		slices.SortStableFunc(series.Points, func(a, b PromPoint) int { return int(a.UnixMilli - b.UnixMilli) })
		all = append(all, series)
	}
	slices.SortFunc(all, func(a, b PromSeries) int {
		x, _ := json.Marshal(a.Metric) // maps of strings; json sorts the keys
		y, _ := json.Marshal(b.Metric)
		return bytes.Compare(x, y)
	})
	return all, nil
}

// Promtool has promtool check a page of metrics. It returns what it printed, and
// an error if it ended with one, which complaints about names alone do, too.
func Promtool(t testing.TB, page []byte) (string, error) {
	t.Helper()
	cmd := exec.Command(program(t, "prometheus", "promtool"), "check", "metrics")
	cmd.Stdin = bytes.NewReader(page)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
