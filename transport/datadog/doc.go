// Package datadog is a transport that sends to Datadog's HTTP API, version 1,
// without an Agent.
//
//	t, err := datadog.New(datadog.Config{APIKey: key, Site: "datadoghq.eu"})
//	…
//	client, err := stats.New(stats.WithTransport(t))
//
// [ConfigFromEnv] takes key, site and URL from the environment;
// [Transport.Validate] asks whether the key is valid. A program that has its own
// figures can do without a client and call [Transport.Send] with a Batch made by
// hand.
//
// # What is sent
//
// Counts, rates and gauges go to /api/v1/series, and so do sets, by their size,
// and histograms and timings, expanded by the flusher. Distributions go to
// /api/v1/distribution_points with every value that was kept. Bodies are JSON,
// compressed with zlib, each at most 3,200,000 bytes, 62,914,560 before
// compression; a batch takes as many requests as that needs. A point that does
// not fit alone is rejected. A value that stands for several (see
// [transport.Sample]) is repeated; weights that are not whole are rounded such
// that each point's total is within 1 of the exact one, and right on average.
//
// An event goes to /api/v1/events and a service check to /api/v1/check_run, one
// request for each, never compressed. Datadog shows the first 4,000 characters of
// an event and the first 500 of a check's message, and takes aggregation keys of
// up to 100.
//
// The host, the device and the tags of a series that has none are null. See
// [Config].FillHost for hosts that are set and empty.
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
// itself. Distribution points are never sent again after they arrived.
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
// # The key
//
// The API key is sent in the header DD-API-KEY of each request, an application key
// in DD-APPLICATION-KEY, and they are nowhere else: not in a URL, an error, a log
// or what fmt prints. An answer that quotes one is left out of the error. Redirects that would take it elsewhere are not
// followed.
package datadog
