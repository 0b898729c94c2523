// Package stdout is a transport that writes each point, event and service check as
// a line of JSON: for development, for log collectors that read a container's
// output, and for files.
//
//	client, err := stats.New(stats.WithTransport(stdout.New(os.Stdout)))
//
// A line is one JSON object, its fields always in this order:
//
//	time      start of the roll-up bucket, in seconds since 1970
//	name      with namespace
//	kind      "count", "rate", "gauge" or "set"
//	value     shortest decimal that reads back as the same float64
//	tags      array of strings, sorted; [] if there are none
//	host      only if a host was set; it may be ""
//	device    only if there is one
//	unit      only if there is one
//	interval  length of the bucket in seconds
//	rev       only if not 0: the line replaces those with a lower rev, or none,
//	          and the same time, name, kind, tags, host and device
//
// An event or a service check is a line of its own; what is not set is left out,
// but for text and tags:
//
//	{"event":TITLE,"text":…,"time":…,"alert_type":…,"priority":…,"aggregation_key":…,"source_type_name":…,"tags":[…],"host":…}
//	{"check":NAME,"status":"ok",…,"message":…,"tags":[…],"host":…}
//
// Histograms, timings and distributions come expanded into gauges and counts;
// sets come as their size.
//
// No name, tag or text can forge a field or a second line: quotes, control characters
// and the line separators U+2028 and U+2029 are escaped, and bytes that are not
// UTF-8 become U+FFFD.
package stdout
