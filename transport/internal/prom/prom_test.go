package prom_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/prom"
)

func TestNames(t *testing.T) {
	for _, c := range []struct {
		name string
		kind transport.Kind
		want string
	}{
		{"http.requests", transport.KindCount, "http_requests_total"},
		{"http.requests_total", transport.KindCount, "http_requests_total"},
		{"http.requests.total", transport.KindCount, "http_requests_total"},
		{"total", transport.KindCount, "total_total"},
		{"_total", transport.KindCount, "_total_total"},
		{".total", transport.KindCount, "_total_total"},
		{"x_total", transport.KindGauge, "x_total"},
		{"wait", transport.KindTiming, "wait_seconds"},
		{"wait.seconds", transport.KindTiming, "wait_seconds"},
		{"wait_ms", transport.KindTiming, "wait_ms_seconds"},
		{"wait", transport.KindHistogram, "wait"},
		{"a:b", transport.KindGauge, "a:b"},
		{"9lives", transport.KindSet, "_9lives"},
		{"über", transport.KindGauge, "_ber"},
		{"日本", transport.KindGauge, "__"},
		{"\xff\xfe", transport.KindGauge, "__"},
		{"a\n b", transport.KindRate, "a__b"},
		{"__name__", transport.KindGauge, "__name__"},
	} {
		assert.Equal(t, c.want, string(prom.AppendName(nil, c.name, c.kind)), "%q as a %v", c.name, c.kind)
	}
}

func TestLabelNames(t *testing.T) {
	for key, want := range map[string]string{
		"env": "env", "Env_2": "Env_2", "_x": "_x", "_": "_", "": "_", "a.b": "a_b", "a:b": "a_b", "9": "_9", "__name__": "_name__",
		"___": "_", "__": "_", ".._x": "_x", "_.x": "_x", "le": "_le", "quantile": "_quantile", "le.": "le_", "é": "_", "__9": "_9", "\xff9": "_9",
	} {
		assert.Equal(t, want, prom.LabelName(key), "%q", key)
		assert.Equal(t, want, prom.LabelName(want), "a spelling stays")
	}
}

func TestLabels(t *testing.T) {
	var l prom.Labels
	for _, c := range []struct {
		s    transport.Series
		want []prom.Label
	}{
		{transport.Series{}, nil},
		{transport.Series{Tags: []string{"b:2", "a:1:2", "c"}}, []prom.Label{{"a", "1:2"}, {"b", "2"}, {"c", "true"}}},
		{transport.Series{Tags: []string{"k:w", "k:v", "k:w:"}}, []prom.Label{{"k", "v,w,w:"}}},
		{transport.Series{Tags: []string{"k.", "k_:true", "k-:x"}}, []prom.Label{{"k_", "true,x"}}},
		{transport.Series{Tags: []string{"host:a"}, Host: "b", HostSet: true, Device: "sda"}, []prom.Label{{"device", "sda"}, {"host", "a,b"}}},
		{transport.Series{Tags: []string{"host:a"}, Host: "a", HostSet: true}, []prom.Label{{"host", "a"}}},
		{transport.Series{Tags: []string{"k:", ":"}, HostSet: true}, nil},
		{transport.Series{Tags: []string{"a:\xffx"}}, []prom.Label{{"a", "\uFFFDx"}}},
		// What is remembered of joined values must not pass for a key.
		{transport.Series{Tags: []string{"x:1", "x:2", "1,2:y"}}, []prom.Label{{"_1_2", "y"}, {"x", "1,2"}}},
	} {
		for range 2 { // the second time from memory
			assert.Equal(t, c.want, append([]prom.Label(nil), l.Of(&c.s)...), "%+v", c.s)
		}
	}
}

var labelOf = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

func TestLabelsAreSortedDistinctAndDoNotDependOnTheOrderOfTags(t *testing.T) {
	var l prom.Labels
	rapid.Check(t, func(t *rapid.T) {
		tags := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.StringMatching(`[_ab.]{0,3}:?[xy]?`)), 0, 50).Draw(t, "tags")
		s := transport.Series{Name: "n", Kind: transport.KindGauge, Tags: tags, Host: rapid.String().Draw(t, "host")}
		got := append([]prom.Label(nil), l.Of(&s)...)
		for i, label := range got {
			if !labelOf.MatchString(label.Key) || strings.HasPrefix(label.Key, "__") || label.Key == "le" || label.Key == "quantile" ||
				label.Value == "" || !utf8.ValidString(label.Value) || i > 0 && got[i-1].Key >= label.Key {
				t.Fatalf("%q of %q", got, tags)
			}
		}
		var fresh prom.Labels
		if want := fresh.Of(&s); !slices.Equal(want, got) {
			t.Fatalf("%q become %q, and %q after other tags", tags, want, got)
		}
		id := prom.AppendIdentity(nil, &s)
		s.Tags = rapid.Permutation(tags).Draw(t, "permuted")
		if again := prom.AppendIdentity(nil, &s); string(again) != string(id) {
			t.Fatalf("%q is %q, and was %q", s.Tags, again, id)
		}
	})
}

// A label of lengths around those that take two bytes is what protowire makes of it.
func TestAppendLabels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(55, 70), rapid.IntRange(115, 140), rapid.IntRange(0, 20_000))
		label := prom.Label{Key: strings.Repeat("k", length.Draw(t, "key")), Value: strings.Repeat("v", length.Draw(t, "value"))}
		inner := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), label.Key)
		inner = protowire.AppendString(protowire.AppendTag(inner, 2, protowire.BytesType), label.Value)
		want := protowire.AppendBytes(protowire.AppendTag([]byte("x"), 7, protowire.BytesType), inner)
		if got := prom.AppendLabels([]byte("x"), 7, []prom.Label{label}); !bytes.Equal(want, got) {
			t.Fatalf("%x, not %x", got, want)
		}
	})
}

func series(name string, kind transport.Kind) *transport.Series {
	return &transport.Series{Name: name, Kind: kind}
}

func TestFamilies(t *testing.T) {
	f := prom.NewFamilies(100)
	h := f.Of(series("h", transport.KindDistribution))
	require.NotNil(t, h)
	assert.Equal(t, [4]string{"h", "h_sum", "h_count", "h_bucket"}, [4]string{h.Name, h.Sum, h.Count, h.Bucket})
	assert.Same(t, h, f.Of(series("h", transport.KindDistribution)))
	for _, taken := range []string{"h", "h_sum", "h_count", "h.bucket"} {
		assert.Nil(t, f.Of(series(taken, transport.KindGauge)), taken)
	}
	assert.NotNil(t, f.Of(series("h_count", transport.KindCount)), "its samples are h_count_total")
	assert.Nil(t, f.Of(series("h", transport.KindCount)), "OpenMetrics calls both h")
	dot, dash := f.Of(series("a.b", transport.KindGauge)), f.Of(series("a-b", transport.KindGauge))
	assert.Same(t, dot, dash)
	f.Release(h)
	assert.NotNil(t, f.Of(series("h_sum", transport.KindGauge)))
	assert.Nil(t, f.Of(series("h", transport.KindDistribution)), "a part of it is another's now")
	f.Release(dot)
	assert.NotSame(t, dot, f.Of(series("a-b", transport.KindGauge)))
	for i := range 1000 {
		require.NotNil(t, f.Of(series(strings.Repeat("n", i+1), transport.KindGauge)), "at its bound it begins anew")
	}
}

// Whatever the samples, the buckets of a later total have no less than those of an
// earlier one: Prometheus would take it for a restart.
func TestNativeHistogramsOnlyGrow(t *testing.T) {
	fields := prom.NativeFields{Count: 1, CountFloat: 2, Sum: 3, Schema: 4, ZeroThreshold: 5, Zero: 6, ZeroFloat: 7,
		NegativeSpans: 8, NegativeDeltas: 9, NegativeCounts: 10, PositiveSpans: 11, PositiveDeltas: 12, PositiveCounts: 13}
	n := prom.Native{Fields: fields, MaxBuckets: 200}
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfNDistinct(rapid.Float64Range(-1e9, 1e9), 1, 40, rapid.ID).Draw(t, "values")
		before, total := 0.0, 0.0
		schema := int64(8)
		for upTo := 1; upTo <= len(values); upTo++ {
			sum := &transport.Summary{}
			for _, v := range values[:upTo] {
				sum.Samples = append(sum.Samples, transport.Sample{Value: v, Weight: 2})
			}
			sortSamples(sum.Samples)
			total += 2
			sum.Count = total
			b, count := n.Append(nil, sum)
			if count != total || count < before {
				t.Fatalf("%v after %v of %v", count, before, total)
			}
			before = count
			for len(b) > 0 {
				number, kind, size := protowire.ConsumeTag(b)
				b = b[size:]
				if number == fields.Schema {
					v, _ := protowire.ConsumeVarint(b)
					if now := protowire.DecodeZigZag(v); now > schema || now < -4 {
						t.Fatalf("schema %d after %d", now, schema)
					} else {
						schema = now
					}
				}
				b = b[protowire.ConsumeFieldValue(number, kind, b):]
			}
		}
	})
}

func sortSamples(all []transport.Sample) {
	for i := 1; i < len(all); i++ {
		for j := i; j > 0 && all[j].Value < all[j-1].Value; j-- {
			all[j], all[j-1] = all[j-1], all[j]
		}
	}
}
