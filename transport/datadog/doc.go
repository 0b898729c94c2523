// Package datadog is a transport that sends to Datadog's HTTP API without an Agent.
//
//	t, err := datadog.New(datadog.Config{APIKey: key, Site: "datadoghq.eu"})
//	if err != nil {
//		return err
//	}
//	client, err := stats.New(stats.WithTransport(t))
//	if err != nil {
//		return err
//	}
//	defer client.Close()
//	client.Count("orders", 1, "shop:berlin")
//
// [ConfigFromEnv] takes key, site and URL from the environment;
// [Transport.Validate] asks whether the key is valid. A program that has its own
// figures can do without a client and call [Transport.Send] with a Batch made by
// hand.
//
// # What is sent
//
// Counts, rates and gauges go to an endpoint for series, and so do sets, by their size,
// and histograms and timings, expanded by the flusher. Distributions go to an
// endpoint of their own. [Config].API says which:
//
//	     series                            distributions                  form
//	V1   /api/v1/series                    /api/v1/distribution_points    JSON
//	V2   /api/v2/series                    /api/beta/sketches             JSON or protobuf; protobuf
//	V3   /api/intake/metrics/v3/series     /api/beta/sketches             protobuf
//
// V1 is the default, and what the original ThreadStats speaks; it takes distributions
// value by value, which bounds how many there can be. V2 and V3 take sketches, of which
// Datadog makes the same percentiles, without a bound. V3 sends columns, with each name and tag
// once in a body, and is for Datadog's own hosts only, unless [Config].AllowV3 is set.
// Hosts are https://api.<Site> for all of them, or those of [Config].URL.
//
// Bodies are compressed with zlib, or as [Config].Compression says, and are
// cut into as many requests as the limits ask for:
//
//	                        bytes as sent   before compression   points   compression
//	V1 series                   3,200,000           62,914,560            zlib, gzip
//	V1 distributions            3,200,000           62,914,560            zlib
//	V2 series                     512,000            5,242,880            zlib, gzip, zstd
//	V3 series                     512,000            5,242,880   10,000   zlib, zstd
//	sketches                    3,200,000           62,914,560            zlib, zstd
//
// Where Gzip is set and an endpoint does not take it, that one gets zlib. A point that
// does not fit alone is rejected, as [transport.ReasonTooLarge].
//
// A value that stands for several (see [transport.Sample]) comes as often in V1 and
// counts as often in a sketch; weights that are not whole are rounded such that each
// point's total is within 1 of the exact one, and right on average.
//
// # Sketches
//
// A sketch has the count, the sum, the minimum and the maximum of a distribution, exactly,
// and the number of values in each bin. The bins are the same that Datadog's Agent makes of
// these values, so that Datadog can add up both: each bin is 1/64 above the one before,
// which puts a value within 0.78 % of itself. There are 4,096 at most; beyond that the
// smallest values become one bin. A count above 65,535 takes several bins with one key.
// Values closer to 0 than 1e-9 are in the bin of 0, those beyond some 1e211 in that of
// infinity. A sketch stands for 68,718,428,160 values at most. A device goes along as
// a tag. A Summary made by hand needs sorted samples; without a count it gets the
// totals of these.
//
// An event goes to /api/v1/events and a service check to /api/v1/check_run, one
// request for each, never compressed, after the points of the same batch. Fields
// that are not set are left out, but for the title and text of an event and the
// name, host and status of a check. A text longer than the API takes is cut, its last
// character then being "…": a title at 500 characters, a text at 4,000, a check's
// message at 500. An aggregation key is cut at 100 and then ends with "…" and a
// hash of the whole, so that two long keys stay two.
//
// The host, the device and the tags of a series that has none are null in V1, and left
// out in V2 and V3, where host and device are resources. The unit of a series is
// sent from V2 on, and so is [Config].Origin; sketches have no unit. A host that is set
// and empty is filled with [Config].FillHost, and so is the host of an event or a check
// without one; a series without a host stays without.
//
// # Names
//
// Datadog changes what it does not like and then cannot tell two series apart
// that have become one: of their values it keeps the last. So the names are
// changed here, where the flusher sees it ([transport.WireNamer]) and adds them
// up:
//
//   - A metric's name keeps ASCII letters, digits, underscores and dots; any
//     other character becomes an underscore. One that does not begin with a
//     letter gets "m_" before it, so that "1.a" and "2.a" stay two. It is cut
//     at 200 bytes. Upper and lower case stay.
//   - A tag keeps letters and digits of any script, and _ - : . /; any other
//     character becomes an underscore. It is in lower case, a run of
//     underscores is one, underscores at the end go, and it is cut at 200
//     characters.
//
// # Late points and repetitions
//
// Datadog keeps the last value for a series and a time, but adds up the values
// of distributions; [Transport.Temporality] says so, and the flusher sends late
// points accordingly. Within one Send all series go before all distributions,
// in as few requests as possible. If a distribution request then fails, the
// flusher may send some series again that had arrived: that replaces a value by
// itself. Distribution points are never sent again after they arrived. A point that cannot
// be sent is rejected alone, and all others of the batch go out.
//
// # Failures
//
//	2xx                        delivered; with an "errors" list in the body: Permanent
//	400                        Poison
//	401, 403                   Denied
//	408, 429, 5xx              Retry, after what Retry-After asks for
//	413                        TooLarge
//	other 4xx                  Permanent
//	3xx                        Retry; followed only as a 307 or 308 within one host
//	no connection              Retry
//	no answer, or half of one  Unknown
//
// They hold for points, events and checks alike, and for [Transport.Validate]. Of a
// batch made by hand that mixes them, what a failed request says is about that
// request: if it was an event or a check and others were not tried, it is reported
// as rejected and the others as Retry.
//
// # The keys
//
// The API key is sent in the header DD-API-KEY of each request, an application key
// in DD-APPLICATION-KEY, and they are nowhere else: not in a URL, an error, a log
// or what fmt prints. An answer that quotes one is left out of the error. Redirects
// that would take them elsewhere are not followed.
package datadog
