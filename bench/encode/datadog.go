package encode

import (
	"encoding/json"
	"net/http"

	"github.com/DataDog/agent-payload/v5/gogen"
	"github.com/DataDog/datadog-agent/pkg/util/quantile"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
)

// oursDatadog returns the constructor of a transport of one API.
func oursDatadog(change func(*datadog.Config)) func([]transport.Series) (*Encoder, error) {
	return func(series []transport.Series) (*Encoder, error) {
		in := &intake{status: http.StatusAccepted, header: http.Header{}}
		cfg := datadog.Config{APIKey: "0123456789abcdef0123456789abcdef", URL: "http://intake.invalid", Client: in.client(), Compression: datadog.None}
		change(&cfg)
		t, err := datadog.New(cfg)
		if err != nil {
			return nil, err
		}
		return sender(t, series, in), nil
	}
}

// plainJSON is a body of the v1 API in structs, as programs that speak it by
// themselves have it.
func plainJSON(series []transport.Series) (*Encoder, error) {
	type metric struct {
		Metric   string       `json:"metric"`
		Type     string       `json:"type"`
		Points   [][2]float64 `json:"points"`
		Interval int64        `json:"interval"`
		Tags     []string     `json:"tags"`
	}
	type body struct {
		Series []metric `json:"series"`
	}
	in := new(intake)
	encode := func() error {
		var b body
		for i := range series {
			s := &series[i]
			p := &s.Points[0]
			b.Series = append(b.Series, metric{s.Name, "count", [][2]float64{{float64(p.Unix), p.Value}}, 10, s.Tags})
		}
		text, err := json.Marshal(&b)
		in.take(text)
		return err
	}
	return encoder(in, encode, nothing), nil
}

// agentPayload is a body of the v2 API by the Agent's own generated code.
func agentPayload(series []transport.Series) (*Encoder, error) {
	in := new(intake)
	encode := func() error {
		p := new(gogen.MetricPayload)
		for i := range series {
			s := &series[i]
			p.Series = append(p.Series, &gogen.MetricPayload_MetricSeries{
				Metric: s.Name, Tags: s.Tags, Type: gogen.MetricPayload_COUNT, Interval: 10,
				Points: []*gogen.MetricPayload_MetricPoint{{Value: s.Points[0].Value, Timestamp: s.Points[0].Unix}},
			})
		}
		body, err := p.Marshal()
		in.take(body)
		return err
	}
	return encoder(in, encode, nothing), nil
}

// agentSketches makes a sketch of the samples of each series by the Agent's code,
// and a body of them.
func agentSketches(series []transport.Series) (*Encoder, error) {
	in := new(intake)
	config := quantile.Default()
	encode := func() error {
		p := new(gogen.SketchPayload)
		for i := range series {
			s := &series[i]
			sum := s.Points[0].Summary
			sketch := new(quantile.Sketch)
			for _, x := range sum.Samples {
				sketch.Insert(config, x.Value)
			}
			k, n := sketch.Cols()
			p.Sketches = append(p.Sketches, gogen.SketchPayload_Sketch{
				Metric: s.Name, Tags: s.Tags,
				Dogsketches: []gogen.SketchPayload_Sketch_Dogsketch{{
					Ts: s.Points[0].Unix, Cnt: int64(sum.Count), Min: sum.Min, Max: sum.Max, Avg: sum.Sum / sum.Count, Sum: sum.Sum, K: k, N: n,
				}},
			})
		}
		body, err := p.Marshal()
		in.take(body)
		return err
	}
	return encoder(in, encode, nothing), nil
}
