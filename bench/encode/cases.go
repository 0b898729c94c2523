package encode

import (
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
	"github.com/shardstats/shardstats/transport/otlp"
)

// goalNS is the largest cost of a counter series on any wire.
const goalNS = 250

// Cases returns what is measured, in the order of the table.
func Cases() []Case {
	return []Case{
		counters("DogStatsD, UDP", goalNS,
			ours(oursDogStatsD),
			Subject{"datadog-go", "a call for each series, then Flush; without aggregation, telemetry and origin", datadogGo}),
		histograms("DogStatsD, UDP",
			ours(oursDogStatsD),
			Subject{"datadog-go", "a call and a line for each sample", datadogGo}),
		counters("statsd, UDP", goalNS,
			ours(oursStatsd),
			Subject{"go-statsd-client", "a call for each series; its paths have the tags in them, and are not checked", cactusStatsd}),
		histograms("statsd, UDP", ours(oursStatsd)),
		counters("Datadog v1, JSON", goalNS,
			ours(oursDatadog(func(*datadog.Config) {})),
			Subject{"encoding/json", "structs filled and marshalled, no request", plainJSON}),
		counters("Datadog v1, JSON, zlib", 0,
			ours(oursDatadog(func(c *datadog.Config) { c.Compression = datadog.Zlib }))),
		counters("OTLP", goalNS,
			ours(oursOTLP(otlp.None)),
			Subject{"Collector pdata", "structures filled and marshalled, no request", pdata}),
		histograms("OTLP, summaries",
			ours(oursOTLP(otlp.None)),
			Subject{"Collector pdata", "structures filled and marshalled, no request", pdata}),
		distributions("OTLP, exponential histograms", ours(oursOTLP(otlp.None))),
		counters("OTLP, gzip", 0, ours(oursOTLP(otlp.Gzip))),
	}
}

func ours(encoder func([]transport.Series) (*Encoder, error)) Subject {
	return Subject{Name: "shardstats", New: encoder}
}

func counters(wire string, goal float64, subjects ...Subject) Case {
	return Case{Wire: wire, Kind: transport.KindCount, Series: 1000, GoalNS: goal, Subjects: subjects}
}

func histograms(wire string, subjects ...Subject) Case {
	return Case{Wire: wire, Kind: transport.KindHistogram, Series: 100, Samples: 100, Subjects: subjects}
}

func distributions(wire string, subjects ...Subject) Case {
	return Case{Wire: wire, Kind: transport.KindDistribution, Series: 100, Samples: 100, Subjects: subjects}
}
