package datadog

import "github.com/shardstats/shardstats/transport"

// endpoint is one of the two that points go to.
type endpoint uint8

const (
	seriesEndpoint endpoint = iota
	distributionEndpoint
	endpoints
)

func endpointOf(k transport.Kind) endpoint {
	if k == transport.KindDistribution {
		return distributionEndpoint
	}
	return seriesEndpoint
}

// route is how points get to one endpoint of one version of the API.
type route struct {
	path        string
	contentType string
	compression Compression
	encoding    string // Content-Encoding, "" for none
	maxBody     int    // bytes as sent
	maxRaw      int    // bytes before compression
	maxPoints   int    // in one body; 0 for no limit

	// A body is head, units with sep between them, and tail. appendUnit appends
	// points of one series as a unit. It is nil where a body is columns instead.
	head, sep, tail []byte
	appendUnit      func(e *encoder, dst []byte, s *transport.Series, points []transport.Point) []byte
}

const (
	jsonType     = "application/json"
	protobufType = "application/x-protobuf"
)

// routesOf returns the routes for a cfg that was checked.
func routesOf(cfg Config) [endpoints]route {
	v1 := route{
		contentType: jsonType, maxBody: maxBodyBytes, maxRaw: maxRawBytes,
		head: []byte(`{"series":[`), sep: []byte(","), tail: []byte("]}"), appendUnit: (*encoder).appendV1,
	}
	series, distributions := v1, v1
	series.path = "/api/v1/series"
	distributions.path = "/api/v1/distribution_points"
	if cfg.API != V1 {
		distributions = route{
			path: "/api/beta/sketches", contentType: protobufType, maxBody: maxBodyBytes, maxRaw: maxRawBytes,
			appendUnit: (*encoder).appendSketches,
		}
		series = route{contentType: protobufType, maxBody: maxBodyBytesV2, maxRaw: maxRawBytesV2}
	}
	switch {
	case cfg.API == V3:
		series.path, series.maxPoints = "/api/intake/metrics/v3/series", maxPointsV3
	case cfg.API == V2 && cfg.Encoding == Protobuf:
		series.path, series.appendUnit = "/api/v2/series", (*encoder).appendV2Proto
	case cfg.API == V2:
		series.path, series.contentType = "/api/v2/series", jsonType
		series.head, series.sep, series.tail = v1.head, v1.sep, v1.tail
		series.appendUnit = (*encoder).appendV2JSON
	}
	series.compress(cfg, cfg.Compression)
	if cfg.Compression == Gzip { // which no endpoint for distributions is known to take
		distributions.compress(cfg, Zlib)
	} else {
		distributions.compress(cfg, cfg.Compression)
	}
	return [endpoints]route{series, distributions}
}

// compress sets c, and what HTTP calls it.
func (r *route) compress(cfg Config, c Compression) {
	r.compression = c
	r.encoding = [compressions]string{Zlib: "deflate", Gzip: "gzip", Zstd: cfg.ZstdName}[c]
}

// encoder has what encoding series needs besides them. Its memory is used again
// for each.
type encoder struct {
	sketches  bool   // distributions go as sketches
	fillHost  string // Config.FillHost
	origin    Origin
	spellings spellings
	about     [transport.KindDistribution + 1]aboutV1
	date      dateV1

	bins    sketchBins
	message []byte // the innermost message that is not yet appended
	series  []byte // the one around it
}
