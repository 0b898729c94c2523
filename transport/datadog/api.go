package datadog

import (
	"fmt"
	"strings"
)

// API is a version of Datadog's API for points. Events and service checks go to
// version 1 whatever it is.
type API uint8

const (
	// V1 sends JSON to /api/v1/series and every value of a distribution to
	// /api/v1/distribution_points.
	V1 API = iota
	// V2 sends JSON or protobuf to /api/v2/series and distributions as sketches to
	// /api/beta/sketches.
	V2
	// V3 sends columns in protobuf to /api/intake/metrics/v3/series, which only
	// Datadog itself has, and distributions as V2 does.
	V3
)

// String returns the version as "v2".
func (a API) String() string {
	if a > V3 {
		return fmt.Sprintf("API %d", uint8(a))
	}
	return [...]string{"v1", "v2", "v3"}[a]
}

// Encoding is the form of the series of [V2]. The other versions have one each.
type Encoding uint8

const (
	JSON     Encoding = iota // what the public documentation shows
	Protobuf                 // what Datadog's Agent sends: half of the bytes before compression
)

// String returns the name of the encoding.
func (e Encoding) String() string {
	switch e {
	case JSON:
		return "json"
	case Protobuf:
		return "protobuf"
	}
	return fmt.Sprintf("encoding %d", uint8(e))
}

// Origin says what kind of program sends, in numbers that Datadog gives out: its
// Agent sends 10 as product and category for points of DogStatsD. The zero value
// sends none.
type Origin struct {
	Product, Category, Service uint32
}

// datadogDomains are where V3 is known to exist; sites are at or below them.
var datadogDomains = []string{"datadoghq.com", "datadoghq.eu", "ddog-gov.com"}

// isDatadog reports whether a host is one of Datadog's.
func isDatadog(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	for _, domain := range datadogDomains {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}
