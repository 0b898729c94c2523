package datadog_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
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
	// {"allow_v3":false,"api":"v1","api_key":"***","api_key_func":false,"app_key":"","client":false,"compression":"zlib","encoding":"json","fill_host":"","origin":"{0 0 0}","site":"datadoghq.eu","timeout":"0s","url":"","zstd_name":""}
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

// The API without a client: a batch made by hand, with points, an event and a
// service check. There is no queue and no retry; Send says what became of it.
func ExampleTransport_Send() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Println(r.URL.Path, string(body))
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	dd, err := datadog.New(datadog.Config{
		APIKey: "0123456789abcdef0123456789abcdef", URL: server.URL, Compression: datadog.None,
	})
	if err != nil {
		panic(err)
	}
	defer dd.Close(context.Background())

	const now = 1_700_000_000
	err = dd.Send(context.Background(), &transport.Batch{
		Series: []transport.Series{
			{
				Name: "jobs.done", Tags: []string{"queue:mail"}, Kind: transport.KindCount, Interval: 10 * time.Second,
				Points: []transport.Point{{Unix: now - 10, Value: 2}, {Unix: now, Value: 3}},
			},
			{
				Name: "jobs.size", Host: "web1", HostSet: true, Kind: transport.KindDistribution, Interval: 10 * time.Second,
				Points: []transport.Point{{Unix: now, Summary: &transport.Summary{
					Samples: []transport.Sample{{Value: 1.5, Weight: 1}, {Value: 4, Weight: 2}},
				}}},
			},
		},
		Events: []transport.Event{{Title: "Deployed", Text: "version 7", AlertType: transport.AlertInfo}},
		Checks: []transport.ServiceCheck{{Name: "mail.up", Status: transport.CheckOK, Host: "web1"}},
	})
	fmt.Println(err)
	// Output:
	// /api/v1/series {"series":[{"metric":"jobs.done","points":[[1699999990,2],[1700000000,3]],"type":"count","host":null,"device":null,"tags":["queue:mail"],"interval":10}]}
	// /api/v1/distribution_points {"series":[{"metric":"jobs.size","points":[[1700000000,[1.5,4,4]]],"type":"distribution","host":"web1","device":null,"tags":null,"interval":10}]}
	// /api/v1/events {"title":"Deployed","text":"version 7","alert_type":"info"}
	// /api/v1/check_run {"check":"mail.up","host_name":"web1","status":0}
	// <nil>
}
