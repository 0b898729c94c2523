package remotewrite_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/remotewrite"
)

func Example() {
	// In a program this is a Prometheus with --web.enable-remote-write-receiver.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req, _, err := readHTTP(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for _, s := range req.series {
			fmt.Println(s.labels, s.samples[0].value)
		}
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", fmt.Sprint(len(req.series)))
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()

	t, err := remotewrite.New(remotewrite.Config{URL: server.URL + "/api/v1/write"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer t.Close(context.Background())

	// A client does this; see package stats.
	err = t.Send(context.Background(), &transport.Batch{Series: []transport.Series{{
		Name: "orders", Kind: transport.KindCount, Tags: []string{"region:eu"}, Host: "web1", HostSet: true,
		Points: []transport.Point{{Unix: 1_800_000_000, Value: 12}},
	}}})
	fmt.Println(err)
	// Output:
	// [{__name__ orders_total} {host web1} {region eu}] 12
	// <nil>
}
