// Package prometheus is a transport for Prometheus to scrape: it keeps the newest
// value of each series and shows them as a page.
//
//	t, err := prometheus.New(prometheus.Config{})
//	if err != nil {
//		return err
//	}
//	client, err := stats.New(stats.WithTransport(t))
//	if err != nil {
//		return err
//	}
//	defer client.Close()
//	http.Handle("/metrics", t)
//	client.Count("orders", 1, "region:eu") // orders_total{region="eu"}
//
// # What is shown
//
// Running totals since the process first saw a series, as of the last flush, without times:
//
//	count               name_total, a counter
//	gauge, rate, set    name, a gauge; a set by its size
//	histogram           name, a summary: name_sum and name_count since the start, and
//	                    name{quantile="0.5"} of the last bucket with samples
//	timing              the same in seconds, as name_seconds
//	distribution        name, a histogram: native where the format has it, else with
//	                    buckets at powers of two
//
// A native histogram has Prometheus' finest schema, 8, if Config.MaxBuckets allows; values were
// rounded before, by 0.4 %, or 0.8 % if they are many and far apart. Its counts
// are whole numbers, or floats if a submission was sampled at an odd rate. They count what left
// a sample: an observation that only counted in a sum is in no bucket. In the text formats
// counts are rounded, and the bounds of a distribution are 64 powers of two at most, or of 4, 16 and
// so on if values are far apart; what left no sample is above all bounds but +Inf. A value below zero that is
// exactly such a bound counts below the next one.
//
// A series is shown until Config.Expiry after its last point; a total goes on where it was when
// its series comes back. A count that goes down looks like a restart to rate() and increase().
//
// # Formats
//
// The Accept header decides, by its q: the text format 0.0.4, OpenMetrics 1.0, or
// delimited protobuf messages (io.prometheus.client.MetricFamily), which alone carry native
// histograms. Prometheus asks for those if it is told to take native histograms:
// --enable-feature=native-histograms, or scrape_native_histograms in newer ones. Without
// Accept it is the text format. A page is packed with gzip if Accept-Encoding asks for it.
//
// # Names
//
// A rune that Prometheus does not know becomes _, and a digit in front gets one before
// it. A tag is cut at its first colon and becomes a label; a bare one has the value "true".
// Several underscores in front of a label become one; le and quantile become _le and
// _quantile. Labels without a value are left out. The host is the label host and a device
// the label device. Of a label that comes twice the values are joined by commas, in order.
// Series that become one by this are brought together by the flusher. A description is the
// HELP of its name, the first that came.
//
// The first kind under a name has it: points of others, and of those that would need the
// name for their parts, as h_sum, are rejected as a collision until its series have expired.
//
// # What it costs
//
// A scrape copies the values under a lock, about 100 bytes a series and 16 a sample of a
// distribution, and writes them without: Send waits for the copy, not for the scraper. At most
// Config.MaxScrapes run at a time. Config.MaxSeries and MaxBytes bound what is kept; points beyond
// are rejected, as are those that no format can carry.
//
// # What it does not do
//
// It opens no port and asks nobody for a password: that is the server's work. It shows
// neither times nor exemplars, and takes no events and no service checks. What came after the last
// scrape of a process is seen by nobody: a short job is better served by package
// remotewrite. After Close a scrape gets a 503.
//
// A page that is cut off, as by Config.Timeout, fails the scrape, but over HTTP/1.0, as
// some proxies speak it, where the text format 0.0.4 does not say that there was more.
// OpenMetrics and gzip do.
package prometheus
