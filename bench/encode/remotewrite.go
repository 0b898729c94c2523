package encode

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/s2"
	writev2 "github.com/prometheus/client_golang/exp/api/remote/genproto/v2"
	"github.com/prometheus/prometheus/prompb"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/remotewrite"
)

// oursRemoteWrite returns the constructor of a transport of one version. samples
// and histograms are how many each series becomes, which a receiver of version 2
// confirms.
func oursRemoteWrite(version remotewrite.Version, samples, histograms int) func([]transport.Series) (*Encoder, error) {
	return func(series []transport.Series) (*Encoder, error) {
		in := &intake{status: http.StatusNoContent, header: http.Header{}}
		if version == remotewrite.V2 {
			in.header.Set("X-Prometheus-Remote-Write-Samples-Written", strconv.Itoa(samples*len(series)))
			in.header.Set("X-Prometheus-Remote-Write-Histograms-Written", strconv.Itoa(histograms*len(series)))
			in.header.Set("X-Prometheus-Remote-Write-Exemplars-Written", "0")
		}
		t, err := remotewrite.New(remotewrite.Config{URL: "http://prometheus.invalid/api/v1/write", Version: version, Client: in.client()})
		if err != nil {
			return nil, err
		}
		return sender(t, series, in), nil
	}
}

// labels returns name and tags as labels in order, from scratch.
func labels(s *transport.Series) []prompb.Label {
	all := make([]prompb.Label, 0, len(s.Tags)+1)
	all = append(all, prompb.Label{Name: "__name__", Value: strings.ReplaceAll(s.Name, ".", "_") + "_total"})
	for _, tag := range s.Tags {
		key, value, _ := strings.Cut(tag, ":")
		all = append(all, prompb.Label{Name: key, Value: value})
	}
	slices.SortFunc(all, func(a, b prompb.Label) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func milliseconds(s *transport.Series) int64 {
	return time.Unix(s.Points[0].Unix, 0).Add(s.Interval).UnixMilli()
}

// prometheusWrite fills Prometheus' own structures of version 1 and has them
// marshalled and compressed.
func prometheusWrite(series []transport.Series) (*Encoder, error) {
	in := new(intake)
	var packed []byte
	encode := func() error {
		var r prompb.WriteRequest
		for i := range series {
			s := &series[i]
			r.Timeseries = append(r.Timeseries, prompb.TimeSeries{
				Labels:  labels(s),
				Samples: []prompb.Sample{{Value: s.Points[0].Value, Timestamp: milliseconds(s)}},
			})
		}
		body, err := r.Marshal()
		packed = s2.EncodeSnappy(packed[:cap(packed)], body)
		in.take(packed)
		return err
	}
	return encoder(in, encode, nothing), nil
}

// clientGolangWrite does the same with client_golang's structures of version 2.
func clientGolangWrite(series []transport.Series) (*Encoder, error) {
	in := new(intake)
	var packed []byte
	symbols := writev2.NewSymbolTable()
	encode := func() error {
		symbols.Reset()
		var r writev2.Request
		for i := range series {
			s := &series[i]
			var refs []uint32
			for _, l := range labels(s) {
				refs = append(refs, symbols.Symbolize(l.Name), symbols.Symbolize(l.Value))
			}
			r.Timeseries = append(r.Timeseries, &writev2.TimeSeries{
				LabelsRefs: refs,
				Samples:    []*writev2.Sample{{Value: s.Points[0].Value, Timestamp: milliseconds(s)}},
				Metadata:   &writev2.Metadata{Type: writev2.Metadata_METRIC_TYPE_COUNTER},
			})
		}
		r.Symbols = symbols.Symbols()
		body, err := r.MarshalVT()
		packed = s2.EncodeSnappy(packed[:cap(packed)], body)
		in.take(packed)
		return err
	}
	return encoder(in, encode, nothing), nil
}
