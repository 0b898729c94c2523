package prometheus

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// format is what a page is written as.
type format uint8

const (
	text format = iota
	openMetrics
	protobuf
)

var contentTypes = [...]string{
	text:        "text/plain; version=0.0.4; charset=utf-8",
	openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
	protobuf:    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
}

const maxOffers = 64 // entries of a header that are looked at

// negotiate returns the format that the scraper likes best, and text if it names none
// that there is. Of two that it likes alike it gets the one that carries more.
func negotiate(h http.Header) format {
	best, bestQ := text, 0.0
	for _, offer := range offers(h.Values("Accept")) {
		f, ok := formatOf(offer)
		if q := quality(offer.params); ok && (q > bestQ || q == bestQ && q > 0 && f > best) {
			best, bestQ = f, q
		}
	}
	return best
}

// offer is an entry of a header: what, and its parameters.
type offer struct {
	what   string
	params map[string]string
}

func offers(headers []string) (all []offer) {
	for _, header := range headers {
		for entry := range strings.SplitSeq(header, ",") {
			if len(all) == maxOffers {
				return all
			}
			if what, params, err := mime.ParseMediaType(entry); err == nil {
				all = append(all, offer{what, params})
			}
		}
	}
	return all
}

func formatOf(o offer) (format, bool) {
	version := o.params["version"]
	switch o.what {
	case "application/vnd.google.protobuf":
		return protobuf, o.params["proto"] == "io.prometheus.client.MetricFamily" && o.params["encoding"] == "delimited"
	case "application/openmetrics-text":
		return openMetrics, version == "" || version == "1.0.0"
	case "text/plain":
		return text, version == "" || version == "0.0.4"
	case "text/*", "*/*":
		return text, true
	}
	return text, false
}

// quality reads q, which is 1 if it is not there and 0 if it makes no sense.
func quality(params map[string]string) float64 {
	q, there := params["q"]
	if !there {
		return 1
	}
	v, err := strconv.ParseFloat(q, 64)
	if err != nil || !(v >= 0 && v <= 1) {
		return 0
	}
	return v
}

// takesGzip reports whether the scraper wants the page packed.
func takesGzip(h http.Header) bool {
	for _, o := range offers(h.Values("Accept-Encoding")) {
		if o.what == "gzip" {
			return quality(o.params) > 0
		}
	}
	return false
}
