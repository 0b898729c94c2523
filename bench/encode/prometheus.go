package encode

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/prometheus"
)

// scrape measures how a handler answers a scrape: it is what encodes in pull.
func scrape(h http.Handler, accept string, end func() error) *Encoder {
	in := new(intake)
	request, err := http.NewRequest(http.MethodGet, "http://shop.invalid/metrics", nil)
	encode := func() error {
		if err != nil {
			return err
		}
		page := &page{header: http.Header{}, in: in}
		h.ServeHTTP(page, request)
		if page.status != 0 && page.status != http.StatusOK {
			return errors.New(http.StatusText(page.status))
		}
		return nil
	}
	if err == nil {
		request.Header.Set("Accept", accept)
	}
	return encoder(in, encode, end)
}

// page is a ResponseWriter that counts.
type page struct {
	header http.Header
	in     *intake
	status int
}

func (p *page) Header() http.Header         { return p.header }
func (p *page) WriteHeader(status int)      { p.status = status }
func (p *page) Write(b []byte) (int, error) { return p.in.Write(b) }

// SetWriteDeadline lets handlers that want a deadline have one.
func (p *page) SetWriteDeadline(time.Time) error { return nil }

const (
	acceptText     = "text/plain;version=0.0.4"
	acceptProtobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
)

func oursPrometheus(accept string) func([]transport.Series) (*Encoder, error) {
	return func(series []transport.Series) (*Encoder, error) {
		t, err := prometheus.New(prometheus.Config{})
		if err != nil {
			return nil, err
		}
		if err := t.Send(context.Background(), &transport.Batch{Series: series}); err != nil {
			return nil, err
		}
		return scrape(t, accept, func() error { return t.Close(context.Background()) }), nil
	}
}

// oursPrometheusSend measures the whole way: a Send, which makes names and labels of
// new series only, and a scrape as text.
func oursPrometheusSend(series []transport.Series) (*Encoder, error) {
	t, err := prometheus.New(prometheus.Config{})
	if err != nil {
		return nil, err
	}
	e := scrape(t, acceptText, func() error { return t.Close(context.Background()) })
	show, batch := e.Encode, &transport.Batch{Series: series}
	e.Encode = func() error {
		if err := t.Send(context.Background(), batch); err != nil {
			return err
		}
		return show()
	}
	return e, e.Encode()
}

// clientGolang has counters of the same names and labels in a registry of its own.
func clientGolang(accept string) func([]transport.Series) (*Encoder, error) {
	return func(series []transport.Series) (*Encoder, error) {
		registry := client.NewRegistry()
		vectors := map[string]*client.CounterVec{}
		for i := range series {
			s := &series[i]
			values := client.Labels{}
			var names []string
			for _, tag := range s.Tags {
				key, value, _ := strings.Cut(tag, ":")
				values[key], names = value, append(names, key)
			}
			v := vectors[s.Name]
			if v == nil {
				v = client.NewCounterVec(client.CounterOpts{Name: strings.ReplaceAll(s.Name, ".", "_") + "_total"}, names)
				if err := registry.Register(v); err != nil {
					return nil, err
				}
				vectors[s.Name] = v
			}
			v.With(values).Add(s.Points[0].Value)
		}
		return scrape(promhttp.HandlerFor(registry, promhttp.HandlerOpts{DisableCompression: true}), accept, nothing), nil
	}
}
