package prometheus_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/prometheus"
)

const acceptProto = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"

// message reads the fields of a message: numbers as bits, the rest as bytes.
func message(b []byte) (map[protowire.Number][]any, error) {
	all := map[protowire.Number][]any{}
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		b = b[n:]
		var v any
		switch kind {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			var bits uint64
			bits, n = protowire.ConsumeFixed64(b)
			v = math.Float64frombits(bits)
		case protowire.BytesType:
			v, n = protowire.ConsumeBytes(b)
		default:
			return nil, errors.New("an odd type")
		}
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		b = b[n:]
		all[number] = append(all[number], v)
	}
	return all, nil
}

func TestProtobuf(t *testing.T) {
	tr := open(t, prometheus.Config{Quantiles: []float64{0.5}})
	hits := point("hits", transport.KindCount, 3, "a:b")
	hits.Description = "Hits."
	odd := summed("odd", transport.KindDistribution, 2)
	odd.Points[0].Summary.Samples[0].Weight = 1.5
	require.NoError(t, tr.Send(t.Context(), batch(hits, point("load", transport.KindGauge, -0.5), summed("wait", transport.KindTiming, 1000, 3000),
		summed("d", transport.KindDistribution, -1, 0, 1, 2, 2), odd)))
	w := get(tr, acceptProto)
	assert.Equal(t, "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited", w.Header().Get("Content-Type"))
	type metric = map[protowire.Number][]any
	var families []metric
	read := func(raw any) metric {
		m, err := message(raw.([]byte))
		require.NoError(t, err)
		return m
	}
	for b := w.Body.Bytes(); len(b) > 0; {
		one, n := protowire.ConsumeBytes(b)
		require.Positive(t, n)
		b = b[n:]
		families = append(families, read(one))
	}
	require.Len(t, families, 5)
	nameAndType := func(f metric) string { return fmt.Sprintf("%s %v", f[1][0], f[3][0]) }
	assert.Equal(t, "d 4", nameAndType(families[0]))
	h := read(read(families[0][4][0])[7][0])
	assert.Equal(t, metric{
		1: {uint64(5)}, 2: {4.0}, 5: {uint64(16)}, 6: {0x1p-128}, 7: {uint64(1)},
		9: {[]byte{8, 0, 16, 1}}, 10: {[]byte{2}}, // -1 is in bucket 0
		12: {[]byte{8, 0, 16, 1}, []byte{8, 0xfe, 3, 16, 1}}, 13: {[]byte{2, 2}}, // 1 in 0, 2 twice in 256
	}, h)
	assert.Equal(t, "hits_total 0", nameAndType(families[1]))
	assert.Equal(t, []any{[]byte("Hits.")}, families[1][2])
	m := read(families[1][4][0])
	assert.Equal(t, metric{1: {[]byte("a")}, 2: {[]byte("b")}}, read(m[1][0]))
	assert.Equal(t, metric{1: {3.0}}, read(m[3][0]))
	assert.Equal(t, "load 1", nameAndType(families[2]))
	assert.Equal(t, metric{1: {-0.5}}, read(read(families[2][4][0])[2][0]))
	assert.Equal(t, "odd 4", nameAndType(families[3]))
	h = read(read(families[3][4][0])[7][0])
	assert.Equal(t, []any{1.5}, h[4])
	assert.Equal(t, []any{0.0}, h[8])
	assert.Equal(t, "wait_seconds 2", nameAndType(families[4]))
	assert.Equal(t, []any{[]byte("seconds")}, families[4][5])
	s := read(read(families[4][4][0])[4][0])
	assert.Equal(t, []any{uint64(2)}, s[1])
	assert.Equal(t, []any{4.0}, s[2])
	assert.Equal(t, metric{1: {0.5}, 2: {1.0}}, read(s[3][0]))
}
