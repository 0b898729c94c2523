package encode

import (
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
	"github.com/shardstats/shardstats/transport/otlp"
	"github.com/shardstats/shardstats/transport/remotewrite"
)

// goalNS is the largest cost of a counter series on any wire.
const goalNS = 250

// Cases returns what is measured, in the order of the table.
func Cases() []Case {
	return []Case{
		// Fewer series than elsewhere: ours pauses after 64 KiB for the receiver's sake.
		of(400, counters("DogStatsD, UDP", goalNS,
			ours(oursDogStatsD),
			Subject{"datadog-go", "a call for each series, then Flush; without aggregation, telemetry and origin", datadogGo})),
		of(40, histograms("DogStatsD, UDP",
			ours(oursDogStatsD),
			Subject{"datadog-go", "a call and a line for each sample", datadogGo})),
		counters("statsd, UDP", goalNS,
			ours(oursStatsd),
			Subject{"go-statsd-client", "a call for each series; its paths have the tags in them, and are not checked", cactusStatsd}),
		histograms("statsd, UDP", ours(oursStatsd)),
		counters("Datadog v1, JSON", goalNS,
			ours(oursDatadog(func(*datadog.Config) {})),
			Subject{"encoding/json", "structs filled and marshalled, no request", plainJSON}),
		counters("Datadog v1, JSON, zlib", 0,
			ours(oursDatadog(func(c *datadog.Config) { c.Compression = datadog.Zlib }))),
		counters("Datadog v2, JSON", goalNS,
			ours(oursDatadog(func(c *datadog.Config) { c.API = datadog.V2 }))),
		counters("Datadog v2, protobuf", goalNS,
			ours(oursDatadog(func(c *datadog.Config) { c.API, c.Encoding = datadog.V2, datadog.Protobuf })),
			Subject{"agent-payload", "structures filled and marshalled, no request", agentPayload}),
		counters("Datadog v2, protobuf, zstd", 0,
			ours(oursDatadog(func(c *datadog.Config) {
				c.API, c.Encoding, c.Compression = datadog.V2, datadog.Protobuf, datadog.Zstd
			}))),
		counters("Datadog v3", goalNS,
			ours(oursDatadog(func(c *datadog.Config) { c.API, c.AllowV3 = datadog.V3, true }))),
		distributions("Datadog sketches",
			ours(oursDatadog(func(c *datadog.Config) { c.API = datadog.V2 })),
			Subject{"the Agent's quantile", "each sample inserted, structures filled and marshalled, no request", agentSketches}),
		counters("OTLP", goalNS,
			ours(oursOTLP(otlp.None)),
			Subject{"Collector pdata", "structures filled and marshalled, no request", pdata}),
		histograms("OTLP, summaries",
			ours(oursOTLP(otlp.None)),
			Subject{"Collector pdata", "structures filled and marshalled, no request", pdata}),
		distributions("OTLP, exponential histograms", ours(oursOTLP(otlp.None))),
		counters("OTLP, gzip", 0, ours(oursOTLP(otlp.Gzip))),
		counters("Prometheus, a scrape as text", goalNS,
			ours(oursPrometheus(acceptText)),
			Subject{"promhttp", "gathering and sorting a registry, then the same", clientGolang(acceptText)}),
		counters("Prometheus, a scrape as protobuf", goalNS,
			ours(oursPrometheus(acceptProtobuf)),
			Subject{"promhttp", "gathering and sorting a registry, then the same", clientGolang(acceptProtobuf)}),
		counters("Prometheus, a Send and a scrape as text", goalNS, ours(oursPrometheusSend)),
		histograms("Prometheus, a scrape as text", ours(oursPrometheus(acceptText))),
		distributions("Prometheus, a scrape as protobuf", ours(oursPrometheus(acceptProtobuf))),
		counters("remote write 1.0", goalNS,
			ours(oursRemoteWrite(remotewrite.V1, 1, 0)),
			Subject{"Prometheus prompb", "labels made, structures filled, marshalled and compressed, no request", prometheusWrite}),
		counters("remote write 2.0", goalNS,
			ours(oursRemoteWrite(remotewrite.V2, 1, 0)),
			Subject{"client_golang/exp", "labels made, structures filled, marshalled and compressed, no request", clientGolangWrite}),
		histograms("remote write 2.0, quantiles", ours(oursRemoteWrite(remotewrite.V2, 5, 0))),
		distributions("remote write 2.0, native histograms", ours(oursRemoteWrite(remotewrite.V2, 0, 1))),
	}
}

func ours(encoder func([]transport.Series) (*Encoder, error)) Subject {
	return Subject{Name: "shardstats", New: encoder}
}

func counters(wire string, goal float64, subjects ...Subject) Case {
	return Case{Wire: wire, Kind: transport.KindCount, Series: 1000, GoalNS: goal, Subjects: subjects}
}

// of returns c with so many series.
func of(n int, c Case) Case {
	c.Series = n
	return c
}

func histograms(wire string, subjects ...Subject) Case {
	return Case{Wire: wire, Kind: transport.KindHistogram, Series: 100, Samples: 100, Subjects: subjects}
}

func distributions(wire string, subjects ...Subject) Case {
	return Case{Wire: wire, Kind: transport.KindDistribution, Series: 100, Samples: 100, Subjects: subjects}
}
