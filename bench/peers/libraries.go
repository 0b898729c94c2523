package peers

// Libraries returns ours, first, and the peers, those of one module side by side.
func Libraries() []Library {
	return []Library{
		Shardstats(),
		Datadog(), DatadogSharded(),
		Prometheus(), PrometheusLabels(), PrometheusNative(),
		Victoria(), VictoriaFormatted(),
		OTel(),
		Tally(),
		Hashicorp(),
		Rcrowley(), RcrowleyDecaying(),
		XSync(), Crlib(), Atomic(),
		HDR(),
	}
}

// ourName is the name of ours in tables.
const ourName = "shardstats"
