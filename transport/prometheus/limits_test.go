package prometheus_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/prometheus"
)

func names(t *testing.T, tr http.Handler) []string {
	t.Helper()
	p, err := scrape(tr, false)
	require.NoError(t, err)
	return p.order
}

func TestASeriesIsShownUntilItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := open(t, prometheus.Config{})
		require.NoError(t, tr.Send(t.Context(), batch(point("a", transport.KindGauge, 1), point("b", transport.KindGauge, 1), summed("a_x", transport.KindTiming, 1))))
		time.Sleep(5*time.Minute - time.Second)
		require.NoError(t, tr.Send(t.Context(), batch(point("b", transport.KindGauge, 2))))
		assert.Equal(t, []string{"a", "a_x_seconds", "b"}, names(t, tr))
		time.Sleep(time.Second)
		assert.Equal(t, []string{"b"}, names(t, tr), "also if nothing is sent")
		// Its name is free again.
		time.Sleep(time.Minute)
		require.NoError(t, tr.Send(t.Context(), batch(point("a", transport.KindSet, 3), point("a.x.seconds", transport.KindGauge, 4))))
		assert.Equal(t, []string{"a", "a_x_seconds", "b"}, names(t, tr))
	})
}

func TestLimits(t *testing.T) {
	tr := open(t, prometheus.Config{MaxSeries: 2, MaxBytes: 64 << 10})
	se := transport.AsSendError(tr.Send(t.Context(), batch(
		point("large", transport.KindGauge, 1, "k:"+strings.Repeat("x", 64<<10)), point("a", transport.KindGauge, 1),
		point("a", transport.KindGauge, 1, "k:v"), point("b", transport.KindGauge, 1), point("a", transport.KindGauge, 2))))
	require.NotNil(t, se)
	assert.Equal(t, []transport.Rejection{{Index: 0, Reason: "byte_budget"}, {Index: 3, Reason: "series_limit"}}, se.Rejected)
	assert.Equal(t, []string{"a"}, names(t, tr))

	tr = open(t, prometheus.Config{MaxBytes: 64 << 10})
	var values []float64
	for i := range 5000 {
		values = append(values, float64(i))
	}
	wide := summed("d", transport.KindDistribution, values...)
	wide.Points = append(wide.Points, wide.Points[0], wide.Points[0])
	se = transport.AsSendError(tr.Send(t.Context(), batch(wide, point("g", transport.KindGauge, 1))))
	require.NotNil(t, se)
	assert.Len(t, se.Rejected, 3)
	assert.Equal(t, "byte_budget", se.Rejected[0].Reason)
	assert.Equal(t, []string{"g"}, names(t, tr))
	require.NoError(t, tr.Send(t.Context(), batch(summed("d", transport.KindDistribution, 1))), "it has left nothing behind")
}

func TestWhatCannotBeShownIsRejectedAlone(t *testing.T) {
	tr := open(t, prometheus.Config{})
	b := batch(point("nan", transport.KindGauge, math.NaN()), point("", transport.KindGauge, 1), point("k", 77, 1), point("none", transport.KindTiming, 1), point("well", transport.KindGauge, 1))
	b.Checks = []transport.ServiceCheck{{Name: "c"}}
	se := transport.AsSendError(tr.Send(t.Context(), b))
	require.NotNil(t, se)
	assert.Equal(t, 6, se.Delivered)
	assert.Len(t, se.Rejected, 5)
	assert.Equal(t, []string{"well"}, names(t, tr))
}

func TestNewNamesAllThatIsWrong(t *testing.T) {
	_, err := prometheus.New(prometheus.Config{Quantiles: []float64{-1}, MaxBuckets: 1, Expiry: -1, MaxSeries: -1, MaxBytes: 1, MaxScrapes: -1, Timeout: -1})
	for _, field := range []string{"Quantiles has -1", "MaxBuckets", "Expiry", "MaxSeries", "MaxBytes", "MaxScrapes", "Timeout"} {
		assert.ErrorContains(t, err, "Config."+field)
	}
}

// A scraper that stops reading holds up neither Send nor, beyond its place, other
// scrapes; and loses its place in the end.
func TestASlowScraperHoldsUpNobody(t *testing.T) {
	tr := open(t, prometheus.Config{MaxScrapes: 1, Timeout: time.Hour})
	stall(t, tr)
	require.NoError(t, tr.Send(t.Context(), batch(point("other", transport.KindGauge, 2))))
	w := get(tr, "")
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, "1", w.Header().Get("Retry-After"))

	tr = open(t, prometheus.Config{MaxScrapes: 1, Timeout: 200 * time.Millisecond})
	stall(t, tr)
	assert.Eventually(t, func() bool { return get(tr, "").Code == http.StatusOK }, 30*time.Second, 20*time.Millisecond)
}

// large returns series for a page that is more than all buffers on the way take.
func large() (many []transport.Series) {
	for i := range 200 {
		many = append(many, point("g", transport.KindGauge, 1, fmt.Sprintf("k:%0100000d", i)))
	}
	return many
}

// stall begins a scrape of a large page, and reads no more of it until the test ends.
func stall(t *testing.T, tr *prometheus.Transport) {
	t.Helper()
	require.NoError(t, tr.Send(t.Context(), batch(large()...)))
	server := httptest.NewServer(tr)
	t.Cleanup(server.Close)
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	_, err = c.Read(make([]byte, 1)) // the page is being written, and is more than buffers take
	require.NoError(t, err)
}

// Each page has count and sum of one moment.
func TestScrapesBesideSendConcurrentSafe(t *testing.T) {
	tr := open(t, prometheus.Config{MaxScrapes: 8})
	var wg sync.WaitGroup
	done := make(chan struct{})
	for i := range 3 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				w := get(tr, []string{"", acceptOpen, acceptProto}[i])
				if i == 2 {
					continue
				}
				p, err := readPage(w.Body.String(), i == 1)
				if !assert.NoError(t, err) {
					return
				}
				for _, f := range p.flats() {
					assert.InDelta(t, f.Count, f.Value, 0, "each value is 1")
				}
			}
		})
	}
	for n := 1; n <= 300; n++ {
		s := summed("h", transport.KindHistogram, 1)
		d := summed("d", transport.KindDistribution, 1)
		for _, sum := range []*transport.Summary{s.Points[0].Summary, d.Points[0].Summary} {
			sum.Count, sum.Sum, sum.Samples[0].Weight = float64(n), float64(n), float64(n)
		}
		if !assert.NoError(t, tr.Send(t.Context(), batch(s, d))) {
			break
		}
	}
	close(done)
	wg.Wait()
}

// Bounds may get coarser as a distribution grows wider, and are then some of those before.
func TestClassicBucketsOfAWideDistribution(t *testing.T) {
	tr := open(t, prometheus.Config{})
	values := []float64{-math.MaxFloat64, -1e-300, 1e-300, 1, 3, 1e100, math.MaxFloat64 / 2}
	require.NoError(t, tr.Send(t.Context(), batch(summed("d", transport.KindDistribution, values...))))
	p, err := scrape(tr, true)
	require.NoError(t, err)
	assert.LessOrEqual(t, len(p.families["d"].samples), 2*64+6)
	below := 0.0
	for _, s := range p.families["d"].samples {
		if s.labels["le"] == "0.0" {
			below = s.value
		}
	}
	assert.InDelta(t, 2, below, 0)
}

// A scraper that is slower than Config.Timeout sees that the page it has is not whole.
// (Over HTTP/1.0 it cannot, but by what the format says.)
func TestAPageThatWasCutOffLooksCutOff(t *testing.T) {
	for name, multiplexed := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			tr := open(t, prometheus.Config{MaxScrapes: 1, Timeout: 200 * time.Millisecond})
			require.NoError(t, tr.Send(t.Context(), batch(large()...)))
			server := httptest.NewUnstartedServer(tr)
			if server.EnableHTTP2 = multiplexed; multiplexed {
				server.StartTLS()
			} else {
				server.Start()
			}
			defer server.Close()
			server.Client().Transport.(*http.Transport).DisableCompression = true // it would be a short page
			resp, err := server.Client().Get(server.URL)
			if err == nil { // else it was cut off before it began
				defer resp.Body.Close()
				assert.Equal(t, multiplexed, resp.ProtoMajor == 2)
				assert.Eventually(t, func() bool { return get(tr, "").Code == http.StatusOK }, 30*time.Second, 20*time.Millisecond, "its time is up")
				_, err = io.Copy(io.Discard, resp.Body)
			}
			assert.Error(t, err)
		})
	}
}

func TestAPageEndsWhereTheScraperLeaves(t *testing.T) {
	tr := open(t, prometheus.Config{})
	var many []transport.Series
	for i := range 2000 {
		many = append(many, point("g", transport.KindGauge, 1, fmt.Sprintf("k:%0100d", i)))
	}
	require.NoError(t, tr.Send(t.Context(), batch(many...)))
	w := &failing{ResponseRecorder: httptest.NewRecorder()}
	tr.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	assert.Equal(t, 1, w.writes)
	full := get(tr, "").Body.Bytes()
	assert.Equal(t, 2001, bytes.Count(full, []byte("\n")), "the next one gets all")
}

type failing struct {
	*httptest.ResponseRecorder
	writes int
}

func (f *failing) Write([]byte) (int, error) {
	f.writes++
	return 0, errors.New("gone")
}
