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
//	defer client.Close()
//	client.Count("orders", 1, "region:eu")
//
// [ConfigFromEnv] takes what OpenTelemetry's variables say. A program that has its
// own figures can do without a client and call [Transport.Send] with a Batch made
// by hand.
//
// # What is sent
//
// Requests are ExportMetricsServiceRequests in protobuf, packed with gzip, posted to
// <Endpoint>/v1/metrics. Each has at most Config.MaxRequestBytes before compression;
// a batch takes as many as that needs. With start and end of a point's bucket:
//
//	count              Sum, delta, from start to end; monotonic unless it is negative
//	gauge, rate, set   Gauge, at end; a set by its size
//	distribution       ExponentialHistogram, delta, from start to end, with sum, min and max
//	histogram, timing  Summary with quantiles, from start to end; or, with
//	                   Config.Histograms, what a distribution is
//
// A negative count would be a lie in a monotonic sum, so it goes into a sum of the
// same name that is not monotonic; the deltas of both add up to the truth. A backend
// that makes running totals may show them as two series, see Config.SignedCounts.
//
// Whoever receives sums and exponential histograms merges them over hosts and time.
// The quantiles of an exponential histogram are off by 0.14 % at most, by 0.92 % of a
// distribution that has gone on as a sketch; a very wide one has coarser buckets, see
// Config.MaxBuckets. The quantiles of a summary are observed values, by nearest rank,
// and nobody can merge them; its count and sum are those of its bucket, not totals.
// The sum is sent for negative observations too.
//
// Weights that are not whole (see [transport.Sample]) are rounded such that a point's
// count is within 1 of the exact one and right on average; so is the count of a
// summary. Where fewer observations were kept than there were, those that were kept
// stand for all.
//
// # Names
//
// Any name is sent as it is. A tag is cut at its first colon and becomes an
// attribute; a bare one gets the value "true"; of a key that comes more than once the
// distinct values are sorted and joined by commas; an empty key is "_". The device is
// the attribute "device". The host is the resource attribute host.name: a request has one
// ResourceMetrics for each host, and series without one have that of Config.Resource,
// if any. Series that become one by this are brought together by the flusher
// ([transport.WireIdentifier]).
//
// Units are those of UCUM: "byte" is By, "millisecond" ms, "percent" %; a word that it
// does not have is in braces, as {request}. That of a rate is per second, as By/s.
//
// Two kinds or two units under one name are two streams to OTLP. They are sent; the
// receiver may warn of them.
//
// # Late points and repetitions
//
// Deltas add up, so a late part of a sum or an exponential histogram is sent alone,
// with the time of its bucket. A receiver that makes running totals may refuse what
// is older than the last that it has seen. Of two gauges or summaries with one time
// one stands, so the merged whole is sent again. [Transport.Temporality] says so to
// the flusher.
//
// # Failures
//
//	2xx                      delivered; what its partial_success rejects is rejected
//	400                      Poison
//	401, 403                 Denied
//	408, 429, 502, 503, 504  Retry, after what Retry-After asks for
//	413                      TooLarge
//	other 4xx and 5xx        Permanent: the protocol forbids to repeat them
//	3xx                      Retry; followed only as a 307 or 308 within one host
//	no connection            Retry
//	no answer, or half of it Unknown
//
// A receiver that rejects some points says only how many; the last ones of its
// request are reported. Of an answer 64 KiB are read, and one with a status of 2xx
// that is no protobuf has rejected nothing.
//
// If one of several requests fails, those behind it are not tried, and their points
// are Retry. Where the failure is final, the points of the failed request are reported
// as permanent; after a lost answer those that would count twice as unknown.
//
// A point that cannot be sent is rejected and its neighbours are delivered: one that
// is not finite, has a time before 1970 or after 2262, or is larger than a request.
//
// # What it does not do
//
// It speaks neither gRPC nor JSON, and sends no running totals, exemplars, events or
// service checks.
//
// # Secrets
//
// The values of Config.Headers are in the header of each request and nowhere else: not
// in an error, a log or what fmt prints. An answer that quotes one is left out of the
// error. Redirects that would take them elsewhere are not followed.
package otlp
