// Package otlp is a transport that sends to an OpenTelemetry Collector, or to any
// other receiver of OTLP over HTTP.
//
//	t, err := otlp.New(otlp.Config{
//		Endpoint:    "https://otlp.example.com", // or http://localhost:4318, the default
//		Headers:     map[string]string{"Authorization": "Bearer " + token},
//		ServiceName: "checkout",
//	})
//	if err != nil {
//		return err
//	}
//	client, err := stats.New(stats.WithTransport(t))
//	if err != nil {
//		return err
//	}
//	defer client.Shutdown(context.Background())
//	client.Count("orders", 1, "region:eu")
//
// [ConfigFromEnv] takes what OpenTelemetry's variables say. A program that has its
// own figures can do without a client and call [Transport.Send] with a Batch made
// by hand.
//
// # What is sent
//
// Requests are ExportMetricsServiceRequests in protobuf, posted to <Endpoint>/v1/metrics
// and packed with gzip. The first is as large as Config.MaxRequestBytes allows, and so on. With
// [start, end) for a point's bucket:
//
//	count                Sum, delta, from start to end; monotonic unless it is negative
//	gauge, rate, set     Gauge at end; a set by its size
//	distribution         ExponentialHistogram, delta, from start to end, with sum, minimum and maximum
//	histogram, timing    Summary from start to end, with quantiles; or as a distribution
//	                     (Config.Histograms)
//
// A negative count would be a lie in a monotonic sum, so it goes into a sum of the same
// name that is not monotonic: deltas of both add up to the truth. Backends that make running totals may
// show them as two series; see Config.SignedCounts.
//
// Sums and exponential histograms are merged over hosts and time by what receives
// them; the quantiles of an exponential histogram are off by 0.14 % at most, and 0.92 % of a
// distribution that has gone on as a sketch. A wide one has coarser buckets, see
// Config.MaxBuckets. The quantiles of a summary are values that were observed, by nearest rank, and nobody can
// merge them. Its count and sum are those of its bucket, not totals.
//
// Weights that are not whole (see [transport.Sample]) are rounded such that each point's
// count is within 1 of the exact one, and right on average; a summary's count likewise. If the samples that were
// kept stand for fewer observations than there were, they are taken to stand for all. The sum of
// a histogram is sent for negative values too.
//
// # Names
//
// Any name is sent as it is. A tag is cut at its first colon and becomes an
// attribute; a bare one gets the value "true"; of a key that comes twice the
// values are joined by commas, in order; an empty key is "_". A device is the attribute
// "device". The host is the resource attribute host.name: there is one ResourceMetrics for each host in
// a request, and series without a host have that of Config.Resource, if any. Series that
// become one by this are brought together by the flusher ([transport.WireIdentifier]).
//
// Units are those of UCUM: "byte" is By, "millisecond" ms, "percent" %, and a word that
// it does not have is in braces, {request}. A rate has its unit per second. A timing is
// in ms.
//
// Two kinds under one name, or two units, are two streams to OTLP: they are sent, and the receiver may
// warn of them.
//
// # Late points and repetitions
//
// Sums and exponential histograms are deltas, which add up: a late part is sent alone, with the
// time of its bucket. A receiver that makes running totals may refuse what is older than the
// last it saw. Of gauges and summaries the whole is sent again, for of two with one time one
// stands. [Transport.Temporality] says so to the flusher.
//
// # Failures
//
//	2xx                        delivered; what partial_success rejects is rejected
//	400                        Poison
//	401, 403                   Denied
//	408, 429, 502, 503, 504    Retry, after what Retry-After asks for
//	413                        TooLarge
//	other 4xx and 5xx          Permanent: the protocol says they must not be repeated
//	3xx                        Retry; followed only as a 307 or 308 within one host
//	no connection              Retry
//	no answer, or half of one  Unknown
//
// A receiver that rejects some points says only how many: the last ones of its request
// are reported. An answer is read up to 64 KiB; one that is no protobuf, with a status of 2xx, has rejected
// nothing. If a request fails of a batch that takes several, those behind it are not tried, and stay Retry:
// where the failure is final, the points of that request alone are rejected.
//
// A point that cannot be sent is rejected and its neighbours are delivered: one with a value that is not
// finite, a time before 1970 or after 2262, or one that is too large for a request.
//
// # What it does not do
//
// It speaks neither gRPC nor JSON, sends no cumulative sums, no exemplars, no events and no service checks.
//
// # Secrets
//
// The values of Config.Headers are in the headers of each request and nowhere else: not in
// an error, a log or what fmt prints. An answer that quotes one is left out of the
// error. Redirects that would take them elsewhere are not followed.
package otlp
