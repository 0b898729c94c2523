package prometheus

import (
	"io"
	"net/http"
	"time"

	"github.com/klauspost/compress/gzip"
)

const chunkBytes = 32 << 10 // that a page is written in

// ServeHTTP answers a GET with a page of all series, in the format and encoding that the
// scraper asks for. Other methods get a 405; a scrape too many, or after Close, a 503.
func (t *Transport) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "only GET is served here", http.StatusMethodNotAllowed)
		return
	}
	var sc *scrape
	select {
	case sc = <-t.scrapes:
	default:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "too many scrapes at a time", http.StatusServiceUnavailable)
		return
	}
	if sc == nil {
		sc = t.newOne()
	}
	defer func() {
		sc.release()
		t.scrapes <- sc
	}()
	if !t.store.copyTo(sc, time.Now()) {
		http.Error(w, "the metrics are closed", http.StatusServiceUnavailable)
		return
	}
	// A scraper that does not read would keep its place for good.
	controller := http.NewResponseController(w)
	_ = controller.SetWriteDeadline(time.Now().Add(t.timeout))
	defer func() {
		_ = controller.Flush()
		_ = controller.SetWriteDeadline(time.Time{}) // a server sets its own for each request
	}()
	sc.serve(w, negotiate(r.Header), takesGzip(r.Header))
}

// serve writes the page.
func (sc *scrape) serve(w http.ResponseWriter, f format, gzipped bool) {
	h := w.Header()
	h.Set("Content-Type", contentTypes[f])
	h.Set("Vary", "Accept, Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	to := io.Writer(w)
	if gzipped {
		h.Set("Content-Encoding", "gzip")
		if sc.zip == nil {
			sc.zip, _ = gzip.NewWriterLevel(w, gzip.BestSpeed) // a level that there is
		}
		sc.zip.Reset(w)
		to = sc.zip
	}
	var failed error
	write := func(atLeast int) {
		if len(sc.out) >= atLeast {
			if failed == nil && len(sc.out) > 0 {
				_, failed = to.Write(sc.out)
			}
			sc.out = sc.out[:0]
		}
	}
	sc.write(f, func() { write(chunkBytes) })
	write(0)
	if gzipped {
		if failed == nil {
			_ = sc.zip.Close() // the scraper is gone, if this fails
		}
		sc.zip.Reset(io.Discard)
	}
}

// write appends the page to sc.out, and calls flush between series.
func (sc *scrape) write(f format, flush func()) {
	sc.out = sc.out[:0]
	if f == protobuf {
		(&protoWriter{sc, flush}).page()
		return
	}
	(&textWriter{sc, f == openMetrics, flush}).page()
}
