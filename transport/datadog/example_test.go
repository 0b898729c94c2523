package datadog_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
)

// A Config can be logged: its key does not show.
func ExampleConfig() {
	cfg := datadog.Config{APIKey: "0123456789abcdef0123456789abcdef", Site: "datadoghq.eu"}
	text, _ := json.Marshal(cfg)
	fmt.Println(string(text))
	_, err := datadog.New(datadog.Config{APIKey: "pasted with its line end\n", Timeout: -time.Second})
	fmt.Println(err)
	// Output:
	// {"api_key":"***","api_key_func":false,"app_key":"","client":false,"compression":"zlib","fill_host":"","site":"datadoghq.eu","timeout":"0s","url":""}
	// datadog: Config.APIKey has a character that is not printable ASCII: look for a line end or a blank at its ends
	// datadog: Config.Timeout is -1s: want more than 0, or 0 for 15s
}

// With URL a transport sends through a proxy of one's own, or to a test server.
func ExampleNew() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL.Path, r.Header.Get("Content-Encoding"))
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()

	dd, err := datadog.New(datadog.Config{APIKey: "0123456789abcdef0123456789abcdef", URL: server.URL})
	if err != nil {
		panic(err)
	}
	defer dd.Close(context.Background())
	err = dd.Send(context.Background(), &transport.Batch{Series: []transport.Series{{
		Name: "jobs.done", Tags: []string{"queue:mail"}, Kind: transport.KindCount, Interval: 10 * time.Second,
		Points: []transport.Point{{Unix: time.Now().Unix(), Value: 3}},
	}}})
	fmt.Println(err)
	// Output:
	// POST /api/v1/series deflate
	// <nil>
}
