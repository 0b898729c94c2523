package wiretest

import (
	"strings"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/prom"
	"github.com/shardstats/shardstats/transport/transporttest"
)

// Prometheus returns how a point of the contract's suite looks in Prometheus. That names
// and labels are spelled right has tests of its own.
func Prometheus(f transporttest.Flat) transporttest.Flat {
	s := transport.Series{Name: f.Name, Tags: f.Tags, Host: f.Host, Kind: kindOf(f.Name)}
	if strings.HasSuffix(f.Name, ".device") {
		s.Device = "sda"
	}
	f.Name, f.Tags, f.Host = string(prom.AppendName(nil, s.Name, s.Kind)), nil, ""
	for _, l := range new(prom.Labels).Of(&s) {
		f.Tags = append(f.Tags, l.Key+":"+l.Value)
	}
	f.Value = prom.Scale(s.Kind, f.Value)
	return f
}

// kindOf is the kind of a series of the suite, which names them so.
func kindOf(name string) transport.Kind {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "rate":
		return transport.KindRate
	case "gauge", "hosted", "nohost", "device":
		return transport.KindGauge
	case "set":
		return transport.KindSet
	case "histogram":
		return transport.KindHistogram
	case "timing":
		return transport.KindTiming
	case "distribution":
		return transport.KindDistribution
	}
	return transport.KindCount
}
