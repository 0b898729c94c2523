package otlp_test

import (
	"crypto/tls"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/otlp"
)

func TestAConfigThatCannotBeMeant(t *testing.T) {
	for _, c := range []struct {
		cfg  otlp.Config
		want string
	}{
		{otlp.Config{Endpoint: "localhost:4318"}, "Config.Endpoint has the wrong scheme: want http or https"},
		{otlp.Config{Endpoint: "collector"}, "Config.Endpoint has the wrong scheme"},
		{otlp.Config{Endpoint: "grpc://localhost:4317"}, "Config.Endpoint has the wrong scheme"},
		{otlp.Config{Endpoint: "http://"}, "Config.Endpoint has no host"},
		{otlp.Config{Endpoint: "http://me:secret@host"}, "Config.Endpoint has a user or password: set Headers"},
		{otlp.Config{Endpoint: "http://host?token=secret"}, "Config.Endpoint has a query"},
		{otlp.Config{Endpoint: "http://host#secret"}, "Config.Endpoint has a fragment"},
		{otlp.Config{Endpoint: "http://ho st"}, "Config.Endpoint has a blank"},
		{otlp.Config{Endpoint: "http://host/%zz"}, "Config.Endpoint is no valid URL"},
		{otlp.Config{Endpoint: "http://fine", MetricsURL: "ftp://host/v1/metrics"}, "Config.MetricsURL has the wrong scheme"},
		{otlp.Config{Headers: map[string]string{"Authorization": "Bearer secret\n"}}, `Config.Headers: the value of "Authorization" has a character that is not printable ASCII: look for a line end`},
		{otlp.Config{Headers: map[string]string{"X\r\nY": "secret"}}, `Config.Headers: "X\r\nY" is no name of a header`},
		{otlp.Config{Headers: map[string]string{"": "secret"}}, `Config.Headers: "" is no name of a header`},
		{otlp.Config{Headers: map[string]string{"content-length": "secret"}}, `Config.Headers: "content-length" is set by the transport`},
		{otlp.Config{Headers: map[string]string{"X": strings.Repeat("secret", 2000)}}, `the value of "X" has 12000 bytes: want at most 8192`},
		{otlp.Config{ServiceName: "\xff"}, "Config.ServiceName is"},
		{otlp.Config{Resource: map[string]string{"": "v"}}, `Config.Resource has the attribute "": want a key`},
		{otlp.Config{Resource: map[string]string{"k": "\xff"}}, `Config.Resource has the attribute "k"`},
		{otlp.Config{ServiceName: strings.Repeat("s", 2<<20)}, "Config.Resource and ServiceName take 20971"},
		{otlp.Config{Histograms: 9}, "Config.Histograms is histograms 9: want Summary or Exponential"},
		{otlp.Config{Compression: 9}, "Config.Compression is compression 9: want Gzip or None"},
		{otlp.Config{Quantiles: []float64{95}}, "Config.Quantiles has 95: want 0 to 1, as 0.95"},
		{otlp.Config{Quantiles: []float64{math.NaN()}}, "Config.Quantiles has NaN"},
		{otlp.Config{MaxBuckets: 100}, "Config.MaxBuckets is 100: want 160 to 524288, or 0 for 8192"},
		{otlp.Config{MaxRequestBytes: 100 << 20}, "Config.MaxRequestBytes is 104857600: want 65536 to 67108864, or 0 for 4194304"},
		{otlp.Config{Timeout: -1}, "Config.Timeout is -1ns: want more than 0, or 0 for 10s"},
		{otlp.Config{TLS: &tls.Config{}, Client: http.DefaultClient}, "Config.TLS and Client are both set"},
	} {
		_, err := otlp.New(c.cfg)
		require.ErrorContains(t, err, "otlp: Config.")
		require.ErrorContains(t, err, c.want)
		assert.NotContains(t, err.Error(), "secret")
	}
	_, err := otlp.New(otlp.Config{Endpoint: "x:", Timeout: -time.Second, Histograms: 7, MaxBuckets: 1})
	assert.Equal(t, 4, strings.Count(err.Error(), "otlp: Config."), "all at once: %v", err)
}

func TestTheZeroConfigIsValid(t *testing.T) {
	tr, err := otlp.New(otlp.Config{})
	require.NoError(t, err)
	require.NoError(t, tr.Close(t.Context()))
	assert.Equal(t, "gzip none compression 2", strings.Join([]string{otlp.Gzip.String(), otlp.None.String(), otlp.Compression(2).String()}, " "))
	assert.Equal(t, "summary exponential histograms 2", strings.Join([]string{otlp.Summary.String(), otlp.Exponential.String(), otlp.Histograms(2).String()}, " "))
}

// What the program changes after New has no effect.
func TestConfigIsCopied(t *testing.T) {
	in := newReceiver(t)
	cfg := otlp.Config{
		Endpoint: in.URL, Headers: map[string]string{"X-Tenant": "a"}, Resource: map[string]string{"k": "a"}, Quantiles: []float64{0.5},
	}
	tr, err := otlp.New(cfg)
	require.NoError(t, err)
	defer tr.Close(t.Context())
	cfg.Headers["X-Tenant"], cfg.Resource["k"], cfg.Quantiles[0] = "b", "b", 0.9
	require.NoError(t, tr.Send(t.Context(), batch(observed("h", 5, []float64{1}))))
	got := in.got()[0]
	assert.Equal(t, "a", got.header.Get("X-Tenant"))
	assert.Equal(t, "a", got.points[0].resource["k"])
	assert.Equal(t, [][2]float64{{0.5, 1}}, got.points[0].quantiles)
}
