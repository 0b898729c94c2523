package otlp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/otlp"
)

// A client whose counts and distributions go to a Collector; here a server stands
// in for it.
func Example() {
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL.Path, r.Header.Get("Content-Type"), r.Header.Get("Content-Encoding"))
	}))
	defer collector.Close()

	t, err := otlp.New(otlp.Config{Endpoint: collector.URL, ServiceName: "checkout"})
	if err != nil {
		panic(err)
	}
	client, err := stats.New(stats.WithTransport(t), stats.WithTags("region:eu"))
	if err != nil {
		panic(err)
	}
	client.Count("orders", 3, "method:card")
	client.Distribution("order.value", 19.90, "method:card")
	fmt.Println(client.Shutdown(context.Background()))
	// Output:
	// POST /v1/metrics application/x-protobuf gzip
	// <nil>
}

// A Config can be logged: its headers do not show.
func ExampleConfig() {
	cfg := otlp.Config{Headers: map[string]string{"Authorization": "Bearer 0123456789abcdef"}}
	text, _ := json.Marshal(cfg)
	fmt.Println(string(text))
	_, err := otlp.New(otlp.Config{Endpoint: "localhost:4318", Timeout: -time.Second})
	fmt.Println(err)
	// Output:
	// {"client":false,"compression":"gzip","endpoint":"","headers":{"Authorization":"***"},"histograms":"summary","max_buckets":0,"max_request_bytes":0,"metrics_url":"","quantiles":null,"resource":null,"service_name":"","signed_counts":false,"timeout":"0s","tls":false}
	// otlp: Config.Endpoint has the wrong scheme: want http or https, as in https://otlp.example.com:4318
	// otlp: Config.Timeout is -1s: want more than 0, or 0 for 10s
}

// The transport without a client: a batch made by hand. There is no queue and no
// retry; Send says what became of it.
func ExampleTransport_Send() {
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer busy.Close()
	t, err := otlp.New(otlp.Config{MetricsURL: busy.URL + "/ingest"})
	if err != nil {
		panic(err)
	}
	defer t.Close(context.Background())

	failed := transport.AsSendError(t.Send(context.Background(), &transport.Batch{Series: []transport.Series{{
		Name: "queue.length", Tags: []string{"queue:mail"}, Kind: transport.KindGauge, Interval: 10 * time.Second,
		Points: []transport.Point{{Unix: time.Now().Unix(), Value: 12}},
	}}}))
	fmt.Println(failed.Outcome, failed.After)
	// Output:
	// retry 5s
}
