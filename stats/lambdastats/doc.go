// Package lambdastats flushes a client within each invocation of an AWS Lambda
// function. It imports nothing of AWS: it wraps what lambda.Start of
// aws-lambda-go takes.
//
//	client, err := stats.New(stats.WithTransport(t), stats.WithManualFlush())
//	…
//	lambda.Start(lambdastats.Wrap(client, handle))
//
//	func handle(ctx context.Context, order Order) (Receipt, error) {
//		lambdastats.Metric(ctx, "orders.value", order.Total, "shop:"+order.Shop)
//		…
//	}
//
// # What it promises
//
//   - What a handler submitted is flushed, open bucket included, before its answer
//     is returned: also when it returns an error, panics or ends its goroutine. The
//     panic goes on afterwards with its own value.
//   - Metrics never cost the answer. A flush ends a margin before the invocation's
//     deadline (see [WithMargin]), its errors are logged and never returned, and
//     what it did not get to send stays queued for the next one. Of a request given
//     up half-way it is unknown whether it arrived: the client's ledger counts it so.
//   - Wrappers that call each other within one invocation flush once, when the
//     outermost returns. Invocations that run at the same time know nothing of each
//     other, and each flushes.
//
// # What it does not promise
//
// What is submitted after the handler has returned, by a goroutine it left behind
// or while a streamed answer is read, waits for the next invocation's flush, and
// may never see it: Lambda drops idle environments without a word.
//
// Nesting and the deadline are seen through the context. A wrapper around a
// function without one flushes at each call, and within the time that
// [WithFlushTimeout] names.
//
// # Which client
//
// Lambda freezes the process between two invocations, for seconds or hours. Make
// the client with stats.WithManualFlush: it then has no goroutine and no timer that
// could be frozen half-way through a request and thaw into another hour.
//
// Without it nothing is counted twice either, for each flush takes what it sends
// out of the open bucket under one lock; but a request that the background flusher
// had under way when the process froze fails at the thaw, its connection long gone,
// and its outcome is unknown: such points are dropped where the backend adds up and
// sent again where it keeps the last value (see stats.RetryUnknown).
//
// Environments of one function run side by side and share host and tags, so use
// distributions, which add up: of two counts or gauges for one series and time
// Datadog keeps the one that came last.
package lambdastats
