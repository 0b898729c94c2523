package prometheus_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/prometheus"
)

func Example() {
	t, err := prometheus.New(prometheus.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer t.Close(context.Background())
	mux := http.NewServeMux()
	mux.Handle("/metrics", t)
	server := httptest.NewServer(mux) // in a program: http.ListenAndServe
	defer server.Close()

	// A client does this; see package stats.
	err = t.Send(context.Background(), &transport.Batch{Series: []transport.Series{{
		Name: "orders", Description: "Orders taken.", Kind: transport.KindCount, Tags: []string{"region:eu"},
		Points: []transport.Point{{Unix: 1_800_000_000, Value: 12}},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}

	resp, err := http.Get(server.URL + "/metrics") // Prometheus does this
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	page, _ := io.ReadAll(resp.Body)
	fmt.Print(string(page))
	// Output:
	// # HELP orders_total Orders taken.
	// # TYPE orders_total counter
	// orders_total{region="eu"} 12
}
