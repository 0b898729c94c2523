package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/stats/lambdastats"
	"github.com/shardstats/shardstats/transport/datadog"
)

// intakeEnv is the URL that a function sends its metrics to.
const intakeEnv = "SHARDSTATS_E2E_INTAKE"

// order is the event of the functions.
type order struct {
	Value float64 `json:"value"`
	Do    string  `json:"do"` // "fail", "panic" or ""
}

// receipt is their answer.
type receipt struct {
	Paid float64 `json:"paid"`
}

// functions are the programs that the test binary can be.
var functions = map[string]func(){
	"context":    func() { serve(handle, stats.WithManualFlush()) },
	"background": func() { serve(handle, stats.WithFlushInterval(100*time.Millisecond), stats.WithFlushJitter(0)) },
	"no context": func() {
		c, _ := newFunctionClient(stats.WithManualFlush())
		lambda.Start(lambdastats.Wrap(c, func(o order) (receipt, error) {
			c.Distribution("orders.value", o.Value)
			return receipt{Paid: o.Value}, nil
		}))
	},
	"object": func() {
		c, _ := newFunctionClient(stats.WithManualFlush())
		lambda.StartWithOptions(lambdastats.Wrap(c, lambda.NewHandler(handle)))
	},
	"generic": func() {
		c, _ := newFunctionClient(stats.WithManualFlush())
		lambda.StartWithOptions(lambdastats.Func(c, handle), lambda.WithDisallowUnknownFields(true))
	},
	"nested": func() {
		c, _ := newFunctionClient(stats.WithManualFlush())
		inner := lambdastats.Func(c, handle)
		lambda.Start(lambdastats.Wrap(c, func(ctx context.Context, o order) (receipt, error) {
			r, err := inner(ctx, o)
			lambdastats.Metric(ctx, "orders.outer", 1) // what a flush of the inner one would miss
			return r, err
		}))
	},
	"warm": func() {
		c, t := newFunctionClient(stats.WithManualFlush())
		w := &warmer{t, make(chan struct{})}
		lambda.Start(lambdastats.Wrap(c, func(ctx context.Context, o order) (receipt, error) {
			<-w.done // work that takes as long as opening a connection
			return handle(ctx, o)
		}, lambdastats.WithWarmer(w)))
	},
	"wide margin": func() {
		c, _ := newFunctionClient(stats.WithManualFlush())
		lambda.Start(lambdastats.Wrap(c, handle, lambdastats.WithMargin(time.Second)))
	},
	"wrong shape": func() {
		c, _ := newFunctionClient(stats.WithManualFlush())
		lambda.Start(lambdastats.Wrap(c, func(order) receipt { return receipt{} }))
	},
}

// warmer is the transport, and tells when it is warm.
type warmer struct {
	*datadog.Transport
	done chan struct{}
}

func (w *warmer) Validate(ctx context.Context) error {
	defer close(w.done)
	return w.Transport.Validate(ctx)
}

func serve(h any, opts ...stats.Option) {
	c, _ := newFunctionClient(opts...)
	lambda.Start(lambdastats.Wrap(c, h))
}

func newFunctionClient(opts ...stats.Option) (*stats.Client, *datadog.Transport) {
	t, err := datadog.New(datadog.Config{APIKey: testKey, URL: os.Getenv(intakeEnv)})
	if err != nil {
		log.Fatal(err)
	}
	c, err := stats.New(append(opts, stats.WithTransport(t))...)
	if err != nil {
		log.Fatal(err)
	}
	return c, t
}

func handle(ctx context.Context, o order) (receipt, error) {
	lambdastats.Metric(ctx, "orders.value", o.Value, "shop:berlin")
	switch o.Do {
	case "fail":
		return receipt{}, errors.New("the shop is closed")
	case "panic":
		panic(errors.New("the shop is on fire"))
	}
	return receipt{Paid: o.Value}, nil
}

// encode returns the JSON of an event.
func encode(o order) []byte {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err) // two fields that always encode
	}
	return b
}
