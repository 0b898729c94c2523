// Package replay holds this library against datadogpy's ThreadStats: it feeds a
// real client with a log of submissions and shows what a Datadog server would get,
// flush by flush, under the ThreadStats profile and under the default one. Command
// replay prints it. The tests compare it with what datadogpy itself put out
// (testdata/threadstats.json) and with a model of datadogpy on random scenarios.
//
// # A log
//
// A log has one JSON object on each line. Its fields are named as the arguments of
// datadogpy's methods are, so that a service can write down its calls as they are:
//
//	# lines like this one, and empty ones, are left out
//	{"op":"increment","metric_name":"page.views","timestamp":1577872801.5,"tags":["env:prod"]}
//	{"op":"decrement","metric_name":"in.flight","value":2,"timestamp":1577872802}
//	{"op":"gauge","metric_name":"queue.depth","value":17,"timestamp":1577872803,"host":"web-1"}
//	{"op":"histogram","metric_name":"body.bytes","value":512,"sample_rate":0.5}
//	{"op":"timing","metric_name":"query.ms","value":12.5}
//	{"op":"distribution","metric_name":"cart.total","value":99.9,"timestamp":1577872805}
//	{"op":"set","metric_name":"users","value":"alice"}
//	{"op":"rate","metric_name":"bytes.in","value":1048576,"timestamp":1577872806}
//	{"op":"event","title":"deployed","message":"1.2.3","alert_type":"info","tags":["env:prod"]}
//	{"op":"service_check","check":"db","status":0,"message":"fine","hostname":"web-1"}
//	{"op":"flush","at":1577872810}
//
// Times are Unix seconds, with fractions if need be. A submission may have a
// timestamp, tags, a host ("" is a host, null is none) and a sample_rate; the value
// of increment and decrement is 1 if it is left out. An event may have alert_type,
// priority, aggregation_key, source_type_name, date_happened, tags and hostname. A
// flush without "at", or at "inf", takes everything, as datadogpy's at its exit.
// What is left at the end of a log is flushed.
//
// A submission without a timestamp, or with 0, counts as made just before the next
// flush, and not before the last one. It is kept in memory until then. Before a
// flush at "inf" it counts as made at the latest time that the log had, or now.
//
// A line that is wrong (no JSON, a field that its operation does not have, no name)
// is a [LineError] with its number; the next line can be read.
//
// # How it is submitted
//
// Each line is one call of [stats.Client], with a timestamp Client.At, with a host
// Client.OnHost, with a sampling rate Client.Sampled. Whole numbers go through Count,
// others through CountFloat. The member of a set may be any JSON value: two members
// are one if their values are. A timing goes through Client.Timing where a scenario
// gives its metric whole nanoseconds only; else, and in a log, whose end is not
// known, through Client.Histogram, which sends the same and does not round.
//
// The transports are real, too: they send over HTTP to a server in this process.
// Timestamps of any age are taken. A late point is merged into its bucket for as
// long as Config.LateWindow says, by the time of the flushes.
//
// # Golden scenarios
//
// A file of scenarios is one JSON object:
//
//	{"source": "datadogpy 0.53", "scenarios": [
//	  {"name": "late", "ctor": {"namespace": "ns", "constant_tags": ["k:v"]},
//	   "start": {"roll_up_interval": 10, "device": "dev0", "disabled": false},
//	   "env": {"DD_ENV": "staging"},
//	   "ops": [{"op": "increment", "metric_name": "c", "timestamp": 100}],
//	   "flushes": [{"after": 1, "at": 110}, {"at": "inf"}],
//	   "expect": [{"at": 110, "series": […], "distribution_points": […], "events": […]}, …]}]}
//
// A flush is done after so many operations, or after all of them. env is all that
// the client finds in the environment. expect holds what datadogpy put out, for
// each flush; without it nothing is compared. [Compare] says what counts as equal,
// and [KnownDifferences] which of the bundled scenarios come out otherwise on
// purpose, and how.
package replay
