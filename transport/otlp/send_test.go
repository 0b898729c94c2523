package otlp_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/otlp"
)

// proto joins fields of a message: numbers for varints, strings for the rest.
func proto(fields ...any) string {
	var out []byte
	for i := 0; i < len(fields); i += 2 {
		number := protowire.Number(fields[i].(int))
		switch v := fields[i+1].(type) {
		case int:
			out = protowire.AppendVarint(protowire.AppendTag(out, number, protowire.VarintType), uint64(v))
		case int64:
			out = protowire.AppendVarint(protowire.AppendTag(out, number, protowire.VarintType), uint64(v))
		case string:
			out = protowire.AppendString(protowire.AppendTag(out, number, protowire.BytesType), v)
		}
	}
	return string(out)
}

const protobuf = "application/x-protobuf"

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		code   int
		header []string
		body   string
		want   transport.Outcome
		after  time.Duration
		says   string
	}{
		{400, []string{"Content-Type", protobuf}, proto(1, 3, 2, "bad \n point"), transport.Poison, 0, "status 400 Bad Request: bad   point"},
		{400, []string{"Content-Type", "text/plain; charset=utf-8"}, "bad text\n", transport.Poison, 0, "Bad Request: bad text"},
		{400, []string{"Content-Type", "application/json"}, `{"message":"bad"}`, transport.Poison, 0, `{"message":"bad"}`},
		{400, []string{"Content-Type", protobuf}, "no message", transport.Poison, 0, "status 400 Bad Request"},
		{400, []string{"Content-Type", protobuf}, strings.Repeat("x", 1<<17), transport.Poison, 0, "status 400 Bad Request"},
		{401, nil, "", transport.Denied, 0, "check Config.Headers"},
		{403, nil, "", transport.Denied, 0, "check Config.Headers"},
		{404, []string{"Content-Type", "text/html"}, "<html>", transport.Permanent, 0, "status 404 Not Found: check Config.Endpoint, which OTLP has to be served below"},
		{405, nil, "", transport.Permanent, 0, "check Config.Endpoint"},
		{408, nil, "", transport.Retry, 0, "status 408"},
		{413, nil, "", transport.TooLarge, 0, "status 413"},
		{415, nil, "", transport.Permanent, 0, "status 415"},
		{429, []string{"Retry-After", "7"}, "", transport.Retry, 7 * time.Second, "status 429"},
		{429, []string{"Retry-After", "soon"}, "", transport.Retry, 0, "status 429"},
		{429, []string{"Retry-After", "99999999999999999999"}, "", transport.Retry, time.Hour, "status 429"},
		{500, []string{"Retry-After", "7"}, "", transport.Permanent, 0, "status 500"},
		{501, nil, "", transport.Permanent, 0, "status 501"},
		{502, nil, "", transport.Retry, 0, "status 502"},
		{503, []string{"Retry-After", "120", "Content-Type", protobuf}, proto(1, 14, 2, "busy"), transport.Retry, 2 * time.Minute, "Unavailable: busy"},
		{504, nil, "", transport.Retry, 0, "status 504"},
		{301, []string{"Location", "/elsewhere"}, "", transport.Retry, 0, "the redirect is not followed"},
		{307, []string{"Location", "http://elsewhere.invalid/v1/metrics"}, "", transport.Retry, 0, "the redirect is not followed"},
		{600, nil, "", transport.Permanent, 0, "status 600"},
	} {
		t.Run(fmt.Sprint(c.code, " ", c.body[:min(len(c.body), 9)]), func(t *testing.T) {
			in := newReceiver(t)
			in.Answers(1, wiretest.Status(c.code, c.body, c.header...))
			tr := open(t, in.URL)
			se := failure(t, tr, batch(gauge("g", 1)))
			assert.Equal(t, c.want, se.Outcome)
			assert.Equal(t, c.after, se.After)
			assert.Zero(t, se.Delivered)
			assert.Empty(t, se.Rejected)
			assert.Contains(t, se.Error(), c.says)
			assert.NotContains(t, se.Error(), "\n")
			assert.Less(t, len(se.Error()), 1000)
			require.NoError(t, tr.Send(t.Context(), batch(gauge("g", 1))))
			assert.Len(t, in.got(), 1, "one attempt each")
		})
	}
}

func TestARedirectWithinTheHostIsFollowed(t *testing.T) {
	in := newReceiver(t)
	in.Answers(1, wiretest.Status(307, "", "Location", "/moved/here"))
	require.NoError(t, open(t, in.URL).Send(t.Context(), batch(gauge("g", 1))))
	require.Len(t, in.got(), 1)
	assert.Equal(t, "/moved/here", in.got()[0].path)
}

// The answers of servers that took a request and have something to say about it.
func TestPartialSuccess(t *testing.T) {
	partial := func(fields ...any) string { return proto(1, proto(fields...)) }
	for _, c := range []struct {
		name, body string
		rejected   int
		why        string
	}{
		{"empty", "", 0, ""},
		{"an empty partial success", proto(1, ""), 0, ""},
		{"a warning", partial(2, "this is deprecated"), 0, ""},
		{"none", partial(1, 0, 2, "all is well"), 0, ""},
		{"one", partial(1, 1, 2, "old\npoint"), 1, "old point"},
		{"one, no reason", partial(1, 1), 1, "rejected"},
		{"all", partial(1, 4, 2, "no"), 4, "no"},
		{"more than there were", partial(1, int64(1<<40), 2, "no"), 4, "no"},
		{"fewer than none", partial(1, -3, 2, "no"), 0, ""},
		{"of two the last holds", partial(1, 3) + partial(1, 2, 2, "no"), 2, "no"},
		{"fields of a later version", proto(7, "x", 1, proto(9, 1, 1, 1, 2, "no"), 8, 3), 1, "no"},
		{"a page", "<html>welcome</html>", 0, ""},
		{"JSON", `{"partialSuccess":{"rejectedDataPoints":"1"}}`, 0, ""},
		{"cut off", partial(1, 1, 2, "no")[:5], 0, ""},
		{"of another type", proto(1, proto(1, "1", 2, 3)), 0, ""},
		{"zeros", strings.Repeat("\x00", 100), 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := newReceiver(t)
			in.Answers(1, wiretest.Status(200, c.body, "Content-Type", protobuf))
			bad := gauge("bad", math.NaN())
			err := open(t, in.URL).Send(t.Context(), batch(gauge("a", 1, 2), bad, gauge("b", 3, 4), bad))
			se := transport.AsSendError(err)
			require.NotNil(t, se)
			assert.Equal(t, 6, se.Delivered)
			want := []transport.Rejection{{Index: 2, Reason: "bad_value"}, {Index: 5, Reason: "bad_value"}}
			for _, n := range []int{4, 3, 1, 0}[:c.rejected] { // the last of those that were sent
				want = append(want, transport.Rejection{Index: n, Reason: c.why})
			}
			assert.ElementsMatch(t, want, se.Rejected)
			for i := range se.Rejected[1:] {
				assert.Less(t, se.Rejected[i].Index, se.Rejected[i+1].Index)
			}
		})
	}
}

func TestAPointThatCannotBeSentIsRejectedAlone(t *testing.T) {
	bad := func(change func(*transport.Series)) transport.Series {
		s := observed("bad", transport.KindDistribution, []float64{1, 2})
		change(&s)
		return s
	}
	sum := func(change func(*transport.Summary)) transport.Series {
		return bad(func(s *transport.Series) { change(s.Points[0].Summary) })
	}
	for _, c := range []struct {
		name, why string
		s         transport.Series
	}{
		{"NaN", "bad_value", gauge("bad", math.NaN())},
		{"infinite", "bad_value", series("bad", transport.KindCount, math.Inf(-1))},
		{"no name", "bad_name", gauge("", 1)},
		{"no kind", "unsupported", series("bad", 0, 1)},
		{"a kind of the future", "unsupported", series("bad", 99, 1)},
		{"before 1970", "too_old", bad(func(s *transport.Series) { s.Points[0].Unix = -1 })},
		{"after 2262", "too_new", bad(func(s *transport.Series) { s.Points[0].Unix = math.MaxInt64 / 1_000_000_000 })},
		{"no summary", "unsupported", series("bad", transport.KindHistogram, 1)},
		{"no samples", "it has no samples", sum(func(s *transport.Summary) { s.Samples = nil })},
		{"a sum that is not finite", "bad_value", sum(func(s *transport.Summary) { s.Sum = math.Inf(1) })},
		{"a count of none", "bad_value", sum(func(s *transport.Summary) { s.Count = 0 })},
		{"a count of NaN", "bad_value", sum(func(s *transport.Summary) { s.Count = math.NaN() })},
		{"too many", "it has more than 2^53 observations", sum(func(s *transport.Summary) { s.Count = 1e16 })},
		{"a sample that is not finite", "bad_value", sum(func(s *transport.Summary) { s.Samples[1].Value = math.Inf(1) })},
		{"a weight of NaN", "bad_value", sum(func(s *transport.Summary) { s.Samples[1].Weight = math.NaN() })},
		{"a weight below 0", "bad_value", sum(func(s *transport.Summary) { s.Samples[1].Weight = -1 })},
		{"no weight", "its samples stand for nothing", sum(func(s *transport.Summary) {
			s.Samples = []transport.Sample{{Value: 1}}
		})},
		{"too much weight", "its samples stand for more than 2^53 observations", sum(func(s *transport.Summary) { s.Samples[1].Weight = 1e16 })},
		{"not sorted", "its samples are not sorted", sum(func(s *transport.Summary) { s.Samples[0].Value = 3 })},
		{"too large", "too_large", bad(func(s *transport.Series) { s.Name = strings.Repeat("n", 5<<20) })},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := newReceiver(t)
			se := failure(t, open(t, in.URL), batch(gauge("before", 1), c.s, gauge("after", 1)))
			assert.Equal(t, 3, se.Delivered)
			assert.Equal(t, []transport.Rejection{{Index: 1, Reason: c.why}}, se.Rejected)
			assert.Equal(t, []string{"before", "after"}, in.names())
		})
	}

	in := newReceiver(t)
	tr := open(t, in.URL)
	b := batch(gauge("before", 1))
	b.Events, b.Checks = make([]transport.Event, 1), make([]transport.ServiceCheck, 1)
	se := failure(t, tr, b)
	assert.Equal(t, []transport.Rejection{{Index: 1, Reason: "unsupported"}, {Index: 2, Reason: "unsupported"}}, se.Rejected)
	assert.Equal(t, []string{"before"}, in.names())

	se = failure(t, tr, batch(gauge("bad", math.NaN())))
	assert.Equal(t, 1, se.Delivered)
	assert.Len(t, se.Rejected, 1)
	assert.Len(t, in.got(), 1, "nothing to send, no request")
}

// numbered returns n series of a kind with one point each.
func numbered(n int, kind transport.Kind) (all []transport.Series) {
	for i := range n {
		all = append(all, series(fmt.Sprintf("%v.%04d", kind, i), kind, float64(i)))
	}
	return all
}

func TestALargeBatchTakesSeveralRequests(t *testing.T) {
	in := newReceiver(t)
	tr := open(t, in.URL, func(c *otlp.Config) { c.MaxRequestBytes = 64 << 10 })
	b := batch(numbered(3000, transport.KindCount)...)
	b.Series[10].Points = append(b.Series[10].Points, series("", transport.KindCount, make([]float64, 4000)...).Points...)
	require.NoError(t, tr.Send(t.Context(), b))
	got := in.got()
	assert.Greater(t, len(got), 4)
	for i, r := range got {
		assert.LessOrEqual(t, r.raw, 64<<10)
		if i < len(got)-1 {
			assert.Greater(t, r.raw, 60<<10, "requests are filled")
		}
	}
	names := in.names()
	require.Len(t, names, b.Points())
	assert.IsNonDecreasing(t, names)
}

// Of several requests one fails: what became of the points behind it, which were not
// tried, is not what became of its own.
func TestAFailureInTheMiddle(t *testing.T) {
	counts := func(n int) *transport.Batch { return batch(numbered(n, transport.KindCount)...) }
	mixture := func(n int) *transport.Batch {
		b := counts(n)
		for i := 1; i < n; i += 2 {
			b.Series[i].Kind = transport.KindGauge
		}
		return b
	}
	for _, c := range []struct {
		name     string
		b        *transport.Batch
		answer   http.HandlerFunc
		want     transport.Outcome
		rejected int // of 10 in the second request
		why      string
	}{
		{"busy", counts(30), wiretest.Status(503, ""), transport.Retry, 0, ""},
		{"denied", counts(30), wiretest.Status(401, ""), transport.Denied, 0, ""},
		{"poison", counts(30), wiretest.Status(400, ""), transport.Poison, 0, ""},
		{"too large", counts(30), wiretest.Status(413, ""), transport.TooLarge, 0, ""},
		{"permanent", counts(30), wiretest.Status(404, ""), transport.Retry, 10, "permanent"},
		{"permanent, a mixture", mixture(30), wiretest.Status(404, ""), transport.Retry, 10, "permanent"},
		{"lost", counts(30), wiretest.Cut, transport.Retry, 10, "unknown"},
		{"lost, a mixture", mixture(30), wiretest.Cut, transport.Retry, 5, "unknown"},
		{"lost, the last request", counts(20), wiretest.Cut, transport.Unknown, 0, ""},
		{"permanent, the last request", counts(20), wiretest.Status(404, ""), transport.Permanent, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := newReceiver(t)
			in.Answers(2, c.answer)
			tr := open(t, in.URL)
			tr.SetLimit(requestOf(t, c.b, 10))
			se := failure(t, tr, c.b)
			assert.Equal(t, c.want, se.Outcome, "%v", se)
			assert.Equal(t, 10, se.Delivered)
			assert.Len(t, in.points(), 10)
			assert.Equal(t, 2, in.Seen(), "what is behind is not tried")
			require.Len(t, se.Rejected, c.rejected)
			for i, r := range se.Rejected {
				assert.Equal(t, c.why, r.Reason)
				assert.Equal(t, 10+i*10/c.rejected, r.Index, "counts, which would count twice")
			}
		})
	}
}

// requestOf returns a limit at which the first n series of b, all of one size, fill
// a request.
func requestOf(t *testing.T, b *transport.Batch, n int) (limit int) {
	size := func(n int) (size int) {
		c := otlp.Config{ServiceName: "test", Compression: otlp.None}
		otlp.NewPacker(c, 0).Pack(batch(b.Series[:n]...), func(body []byte, _ int) { size = len(body) })
		return size
	}
	const roundedUp = 12 // what the packer takes for lengths
	return size(n) + roundedUp
}

func TestPartialSuccessOfSeveralRequests(t *testing.T) {
	in := newReceiver(t)
	b := batch(numbered(30, transport.KindCount)...)
	in.Answers(2, wiretest.Status(200, proto(1, proto(1, 2, 2, "no")), "Content-Type", protobuf))
	tr := open(t, in.URL)
	tr.SetLimit(requestOf(t, b, 10))
	se := failure(t, tr, b)
	assert.Equal(t, 30, se.Delivered)
	assert.Equal(t, []transport.Rejection{{Index: 18, Reason: "no"}, {Index: 19, Reason: "no"}}, se.Rejected)
	assert.Equal(t, 3, in.Seen())

	in.Answers(2, wiretest.Status(200, proto(1, proto(1, 17)), "Content-Type", protobuf))
	se = failure(t, tr, b)
	require.Len(t, se.Rejected, 10, "all of that request, and none of another")
	assert.Equal(t, []int{10, 19}, []int{se.Rejected[0].Index, se.Rejected[9].Index})
	require.NoError(t, tr.Send(t.Context(), b), "the next attempt begins anew")
}

func TestClosed(t *testing.T) {
	in := newReceiver(t)
	tr := open(t, in.URL)
	require.NoError(t, tr.Close(context.Background()))
	se := failure(t, tr, batch(gauge("g", 1)))
	require.ErrorIs(t, se, transport.ErrClosed)
	assert.Zero(t, in.Seen())
}

func TestRequests(t *testing.T) {
	in := newReceiver(t)
	tr := open(t, in.URL+"/proxy/", func(c *otlp.Config) { c.Headers = map[string]string{"X-Scope-OrgID": "7", "user-agent": "mine"} })
	require.NoError(t, tr.Send(t.Context(), batch(gauge("g", 1.5))))
	exact := open(t, "", func(c *otlp.Config) { c.MetricsURL, c.Compression = in.URL+"/here", otlp.None })
	require.NoError(t, exact.Send(t.Context(), batch(gauge("g", 1.5))))
	root := open(t, "", func(c *otlp.Config) { c.MetricsURL = in.URL })
	require.NoError(t, root.Send(t.Context(), batch(gauge("g", 1.5))))

	got := in.got()
	require.Len(t, got, 3)
	assert.Equal(t, "/proxy/v1/metrics", got[0].path)
	assert.Equal(t, "/here", got[1].path, "taken as it is")
	assert.Equal(t, "/", got[2].path)
	assert.Equal(t, "gzip", got[0].header.Get("Content-Encoding"))
	assert.Empty(t, got[1].header.Get("Content-Encoding"))
	assert.Equal(t, "7", got[0].header.Get("X-Scope-OrgID"))
	assert.Equal(t, "mine", got[0].header.Get("User-Agent"))
	assert.Contains(t, got[1].header.Get("User-Agent"), "shardstats")
	for _, r := range got {
		assert.Equal(t, "identity", r.header.Get("Accept-Encoding"))
	}
	require.NoError(t, tr.Send(t.Context(), batch(gauge("empty"))))
	require.NoError(t, tr.Send(t.Context(), batch()))
	assert.Len(t, in.got(), 3, "no points, no request")
}
