package remotewrite

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/post"
)

// verdict is what a peer says about a request that it took.
type verdict struct {
	older               bool // it does not speak 2.0, and has stored nothing
	samples, histograms int  // that it did not write
	why                 string
}

// hint says what the user should do about a refusal.
func hint(r *post.Refusal) string {
	switch {
	case r.Status/100 == 2:
		return "the answer does not say what was written, so nothing was: set Config.Version to V1 or Auto"
	case r.Status/100 == 3:
		return "the redirect is not followed, check Config.URL"
	case r.Outcome == transport.Denied:
		return "check Config.BearerToken, Username and Password"
	case r.Status == http.StatusNotFound, r.Status == http.StatusMethodNotAllowed:
		return "check Config.URL, and that the peer receives remote write"
	}
	return ""
}

// Headers in which a 2.0 receiver says how much it wrote.
const (
	samplesWritten    = "X-Prometheus-Remote-Write-Samples-Written"
	histogramsWritten = "X-Prometheus-Remote-Write-Histograms-Written"
)

// judge returns what became of the request: what the peer did not write of it, or why
// it did not take it.
func (t *Transport) judge(answer *post.Answer) (verdict, *post.Refusal) {
	status := answer.Status
	r := answer.Refuse(t.secrets.Hide(answer.Plain()))
	if t.packer.version == V2 {
		left, said := t.notWritten(answer.Header)
		left.why = r.Text
		if left.why == "" {
			left.why = string(transport.ReasonRejected)
		}
		switch {
		case said && status/100 == 2:
			return left, nil
		case said && status == http.StatusBadRequest && left.wrote(t.packer.units):
			return left, nil // it refused some and took the rest
		case !said && t.version == Auto && older(status):
			return verdict{older: true}, nil
		case status/100 == 2:
			r.Outcome = transport.Retry // somebody's mistake, which may be mended
		}
	} else if status/100 == 2 {
		return verdict{}, nil
	}
	r.Hint = hint(r)
	return verdict{}, r
}

// older reports whether an answer that does not say how much was written may be that of a
// peer that does not speak 2.0: it took nothing of what it did not know for nothing, or
// refused the content.
func older(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusNotAcceptable, http.StatusUnsupportedMediaType:
		return true
	}
	return status/100 == 2
}

// notWritten returns how many samples and histograms of the request are missing from what
// the peer says it wrote, and whether it says anything.
func (t *Transport) notWritten(h http.Header) (verdict, bool) {
	var left verdict
	for i := range t.packer.units {
		left.samples += t.packer.units[i].samples
		left.histograms += t.packer.units[i].histograms
	}
	samples, one := written(h, samplesWritten)
	histograms, other := written(h, histogramsWritten)
	left.samples = max(0, left.samples-samples)
	left.histograms = max(0, left.histograms-histograms)
	return left, one || other
}

// written reads one of the headers.
func written(h http.Header, name string) (int, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(h.Get(name)), 10, 31)
	return int(n), err == nil
}

// wrote reports whether any of what was sent was written.
func (v verdict) wrote(units []unit) bool {
	sent := 0
	for i := range units {
		sent += units[i].samples + units[i].histograms
	}
	return v.samples+v.histograms < sent
}
