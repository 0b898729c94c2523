// Package remotewrite is a transport that sends to a Prometheus, or to any other
// receiver of its remote write: Mimir, Thanos, VictoriaMetrics.
//
//	t, err := remotewrite.New(remotewrite.Config{
//		URL:         "http://localhost:9090/api/v1/write",
//		BearerToken: token, // if the receiver asks for one
//	})
//	if err != nil {
//		return err
//	}
//	client, err := stats.New(stats.WithTransport(t), stats.WithHost(hostname))
//	if err != nil {
//		return err
//	}
//	defer client.Close()
//	client.Count("orders", 1, "region:eu") // orders_total{region="eu"}
//
// Give each process a host or a tag of its own: two that write the same series spoil it.
//
// # What is sent
//
// Requests of remote write 2.0, or 1.0, in protobuf and snappy. Values are running
// totals since the process first saw a series, at the end of a point's bucket:
//
//	count               name_total
//	gauge, rate, set    name; a set by its size
//	histogram           name_sum, name_count, and name{quantile="0.5"} of the bucket
//	timing              the same in seconds, as name_seconds
//	distribution        name, a native histogram
//
// A native histogram has Prometheus' finest schema, 8, if Config.MaxBuckets allows; values were
// rounded before, by 0.4 %, or 0.8 % if they are many and far apart. Its counts
// are whole numbers, or floats if a submission was sampled at an odd rate. They count what
// left a sample: an observation that only counted in a sum is in no bucket. Quantiles are
// values that were observed, by nearest rank; a bucket without samples has none.
//
// A count that goes down looks like a restart to rate() and increase().
//
// Distributions need a receiver that takes native histograms. A Prometheus 2 that was
// started without --enable-feature=native-histograms answers 500 to a request that has one.
// That is tried again, and again, and keeps back the counts and gauges beside it. A receiver
// of 1.0 that does not know them, as VictoriaMetrics 1.79, leaves them out and says that all
// is well. Submit histograms there, or keep distributions away with stats.OnlyMetrics.
//
// # Names
//
// A rune that Prometheus does not know becomes _, and a digit in front gets one before
// it. A tag is cut at its first colon and becomes a label; a bare one has the value "true".
// Several underscores in front of a label become one; le and quantile become _le and
// _quantile. Labels without a value are left out. The host is the label host and a device
// the label device. Of a label that comes twice the values are joined by commas, in order.
// Series that become one by this are brought together by the flusher.
//
// The first kind under a name has it: points of others, and of those that would need the name
// for their parts, as h_sum, are rejected as a collision. At 100,000 names this begins anew.
//
// # Times
//
// Receivers refuse what is older than the last they have of a series. The flusher sends
// ever newer times; a point that is older than one acknowledged is rejected as late_gauge,
// so that it does not cost its neighbours a request. A repetition does no harm.
//
// # Versions
//
// A receiver of 2.0 says how much it wrote; what is missing is rejected, as the last
// points of the request. One of 1.0 may answer 204 to 2.0 and store nothing. So with Config.Version
// Auto an answer that does not say so, and a 400, 406 or 415, make the transport go over to 1.0 and send the
// same again. It does not come back from there until the process starts anew.
//
// # Failures
//
//	2xx                        delivered
//	400                        Poison; with 2.0, what was not written is rejected
//	401, 403                   Denied
//	408, 429, 5xx              Retry, after what Retry-After asks for
//	413                        TooLarge
//	other 4xx                  Permanent
//	3xx                        Retry; followed only as a 307 or 308 within one host
//	no connection              Retry
//	no answer, or half of one  Unknown; sending again does no harm
//
// An answer is read up to 64 KiB. If a request fails of a batch that takes several, those
// behind it are not tried, and stay Retry: where the failure is final, the points of that
// request alone are rejected. A point that cannot be sent is rejected and its neighbours are
// delivered: one with a value that is not finite, or one that is too large for a request.
//
// # What it does not do
//
// It sends no exemplars, no classic histograms, no events and no service checks, and does
// not mark a series stale when it ends: Prometheus shows its last value for 5 minutes.
//
// # Secrets
//
// Config.BearerToken, Password and the values of Headers are in the headers of each request
// and nowhere else: not in an error, a log or what fmt prints. An answer that quotes one is
// left out of the error. Redirects that would take them elsewhere are not followed.
package remotewrite
