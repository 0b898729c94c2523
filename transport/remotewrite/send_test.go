package remotewrite_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/remotewrite"
)

func status(code int, header ...string) http.HandlerFunc {
	return wiretest.Status(code, "the reason\nin two lines\n", append(header, "Content-Type", "text/plain")...)
}

func TestWhatAnswersMean(t *testing.T) {
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		outcome transport.Outcome
		after   time.Duration
	}{
		"400":                    {status(400), transport.Poison, 0},
		"401":                    {status(401), transport.Denied, 0},
		"403":                    {status(403), transport.Denied, 0},
		"404":                    {status(404), transport.Permanent, 0},
		"405":                    {status(405), transport.Permanent, 0},
		"408":                    {status(408), transport.Retry, 0},
		"413":                    {status(413), transport.TooLarge, 0},
		"422":                    {status(422), transport.Permanent, 0},
		"429 that asks to wait":  {status(429, "Retry-After", "7"), transport.Retry, 7 * time.Second},
		"429 that asks for long": {status(429, "Retry-After", "99999999999999999999"), transport.Retry, time.Hour},
		"500":                    {status(500), transport.Retry, 0},
		"503":                    {status(503, "Retry-After", "soon"), transport.Retry, 0},
		"302":                    {status(302, "Location", "/elsewhere"), transport.Retry, 0},
		"the connection is cut":  {wiretest.Cut, transport.Unknown, 0},
		"the answer is cut": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusOK)
			panic(http.ErrAbortHandler)
		}, transport.Unknown, 0},
	} {
		for _, v := range []remotewrite.Version{remotewrite.V1, remotewrite.V2} {
			t.Run(name+"/"+v.String(), func(t *testing.T) {
				in := newReceiver(t)
				in.Answers(0, c.answer)
				se := failure(t, open(t, in.URL, version(v)), batch(point("n", transport.KindCount, 1)))
				assert.Equal(t, c.outcome, se.Outcome, "%v", se)
				assert.Equal(t, c.after, se.After)
				assert.Zero(t, se.Delivered)
				assert.Empty(t, se.Rejected)
				assert.NotContains(t, se.Error(), "\n")
				if c.outcome != transport.Unknown {
					assert.Contains(t, se.Error(), "the reason in two lines")
				}
			})
		}
	}
}

// An answer without the headers means that nothing was stored.
func TestV2TakesNoSilenceForDelivery(t *testing.T) {
	in := newReceiver(t)
	in.v1only = true
	se := failure(t, open(t, in.URL, version(remotewrite.V2)), batch(point("n", transport.KindCount, 1)))
	assert.Equal(t, transport.Retry, se.Outcome)
	assert.Contains(t, se.Error(), "Config.Version")
	assert.Empty(t, in.series())
}

func TestAutoGoesOverToV1(t *testing.T) {
	for _, code := range []int{200, 204, 400, 406, 415} {
		in := newReceiver(t)
		in.Answers(0, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Prometheus-Remote-Write-Version") == "2.0.0" {
				w.WriteHeader(code)
				return
			}
			in.take(w, r)
		})
		tr := open(t, in.URL, func(c *remotewrite.Config) { c.MaxSamples = 2 })
		b := batch(point("a", transport.KindCount, 1), point("b", transport.KindGauge, math.NaN()), point("c", transport.KindGauge, 2), point("d", transport.KindGauge, 3))
		se := failure(t, tr, b)
		assert.Equal(t, 4, se.Delivered)
		assert.Equal(t, []transport.Rejection{{Index: 1, Reason: "bad_value"}}, se.Rejected, "once only")
		assert.Len(t, in.series(), 3)
		for _, h := range in.headers {
			assert.Equal(t, "0.1.0", h.Get("X-Prometheus-Remote-Write-Version"))
		}
	}
}

// A server that knows 2.0 and then does not any more, as behind a balancer.
func TestAutoGoesOverToV1Later(t *testing.T) {
	in := newReceiver(t)
	tr := open(t, in.URL)
	require.NoError(t, tr.Send(t.Context(), batch(point("a", transport.KindCount, 1))))
	in.mu.Lock()
	in.v1only = true
	in.mu.Unlock()
	require.NoError(t, tr.Send(t.Context(), batch(point("b", transport.KindCount, 1))))
	assert.Len(t, in.series(), 2)
}

func TestWhatWasNotWrittenIsRejected(t *testing.T) {
	const samples, histograms = "X-Prometheus-Remote-Write-Samples-Written", "X-Prometheus-Remote-Write-Histograms-Written"
	b := batch(point("a", transport.KindCount, 1), summed("d", transport.KindDistribution, 1), summed("h", transport.KindHistogram, 1), point("z", transport.KindGauge, 1))
	for name, c := range map[string]struct {
		answer   http.HandlerFunc
		rejected []int
	}{
		"all of it":              {status(200, samples, "7", histograms, "1"), nil},
		"more than there was":    {status(200, samples, "700", histograms, "9"), nil},
		"a sample less":          {status(200, samples, "6", histograms, "1"), []int{3}},
		"two less":               {status(200, samples, "5", histograms, "1"), []int{2, 3}},
		"not the histogram":      {status(200, samples, "7", histograms, "0"), []int{1}},
		"it says nothing of one": {status(200, samples, "7"), []int{1}},
		"nothing":                {status(200, samples, "0", histograms, "0"), []int{0, 1, 2, 3}},
		"some, and it is a 400":  {status(400, samples, "6", histograms, "1"), []int{3}},
	} {
		in := newReceiver(t)
		in.Answers(0, c.answer)
		err := transport.AsSendError(open(t, in.URL).Send(t.Context(), b))
		if c.rejected == nil {
			assert.Nil(t, err, name)
			continue
		}
		require.NotNil(t, err, name)
		assert.Equal(t, 4, err.Delivered, name)
		var got []int
		for _, r := range err.Rejected {
			got = append(got, r.Index)
			assert.Equal(t, "the reason in two lines", r.Reason)
		}
		assert.Equal(t, c.rejected, got, name)
	}
	in := newReceiver(t)
	in.Answers(0, status(400, samples, "0", histograms, "0"))
	assert.Equal(t, transport.Poison, failure(t, open(t, in.URL), b).Outcome, "all of it may be well but for one point")
}

// The requests of one batch: those before the failed one are delivered, those behind it
// are not tried.
func TestARequestOfSeveralFails(t *testing.T) {
	var series []transport.Series
	for i := range 10 {
		series = append(series, point(fmt.Sprintf("n%d", i), transport.KindGauge, 1))
	}
	series[1].Points[0].Value = math.Inf(1)
	for code, want := range map[int]struct {
		outcome  transport.Outcome
		rejected []int
	}{
		503: {transport.Retry, []int{1}}, 404: {transport.Retry, []int{1, 4, 5, 6}}, 413: {transport.TooLarge, []int{1}},
		403: {transport.Denied, []int{1}}, 400: {transport.Poison, []int{1}},
	} {
		in := newReceiver(t)
		requests := 0
		in.Answers(0, func(w http.ResponseWriter, r *http.Request) {
			if requests++; requests == 2 {
				status(code)(w, r)
				return
			}
			in.take(w, r)
		})
		tr := open(t, in.URL, version(remotewrite.V1), func(c *remotewrite.Config) { c.MaxSamples = 3 })
		se := failure(t, tr, batch(series...))
		assert.Equal(t, want.outcome, se.Outcome, code)
		assert.Equal(t, 4, se.Delivered, code)
		var got []int
		for _, r := range se.Rejected {
			got = append(got, r.Index)
		}
		assert.Equal(t, want.rejected, got, code)
		assert.Equal(t, 2, requests)
		assert.Len(t, in.series(), 3)
	}
}

func TestWhatCannotBeSentIsRejectedAloneAndNeighboursArrive(t *testing.T) {
	in := newReceiver(t)
	tr := open(t, in.URL, func(c *remotewrite.Config) { c.MaxRequestBytes = 64 << 10 })
	old, none, unsorted := point("old", transport.KindGauge, 1), point("none", transport.KindTiming, 1), summed("unsorted", transport.KindDistribution, 2, 1)
	old.Points[0].Unix = -1
	far := point("far", transport.KindGauge, 1)
	far.Points[0].Unix = math.MaxInt64
	empty := summed("empty", transport.KindDistribution, 1)
	empty.Points[0].Summary.Samples = nil
	b := batch(
		point("nan", transport.KindGauge, math.NaN()), point("", transport.KindGauge, 1), point("kind", 99, 1), old, far, none, unsorted, empty,
		point("large", transport.KindGauge, 1, "k:"+strings.Repeat("x", 70<<10)), point("well", transport.KindGauge, 1))
	b.Events = []transport.Event{{Title: "e"}}
	se := failure(t, tr, b)
	assert.Equal(t, 11, se.Delivered)
	var reasons []string
	for i, r := range se.Rejected {
		assert.Equal(t, min(i, 8)+max(0, i-8)*2, r.Index)
		reasons = append(reasons, r.Reason)
	}
	assert.Equal(t, []string{"bad_value", "bad_name", "unsupported", "too_old", "too_new", "unsupported", "its samples are not sorted",
		"it has no samples", "too_large", "unsupported"}, reasons)
	require.Len(t, in.series(), 1)
	assert.Equal(t, "well", in.series()[0].get("__name__"))
}

// 10 GB of answer are cut off, with any status.
func TestEndlessAnswers(t *testing.T) {
	for _, code := range []int{200, 400, 500} {
		in := newReceiver(t)
		done := make(chan int, 1)
		in.Answers(0, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(code)
			n := 0
			for chunk := []byte(strings.Repeat("nonsense", 1<<10)); ; n += len(chunk) {
				if _, err := w.Write(chunk); err != nil || int64(n) > 10<<30 {
					break
				}
			}
			done <- n
		})
		_ = open(t, in.URL, version(remotewrite.V1)).Send(t.Context(), batch(point("n", transport.KindCount, 1)))
		assert.Less(t, <-done, 64<<20, "what the kernel buffers and no more")
	}
}

func TestRequestsWithoutAnAnswer(t *testing.T) {
	wiretest.Posting{
		New: func(t *testing.T, url string, client *http.Client, timeout time.Duration) transport.Transport {
			return open(t, url, func(c *remotewrite.Config) { c.Client, c.Timeout = client, timeout })
		},
		Take:    unstarted().Take,
		Batch:   batch(point("n", transport.KindCount, 1)),
		Timeout: 30 * time.Second,
	}.Run(t)
}
