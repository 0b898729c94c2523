package otlp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/internal/wiretest"
	"github.com/shardstats/shardstats/transport/otlp"
)

// environment sets what is given, with OTEL_EXPORTER_OTLP_ for "…", and nothing else.
func environment(t *testing.T, set map[string]string) {
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "OTEL_") {
			t.Setenv(name, "")
		}
	}
	for name, value := range set {
		t.Setenv(strings.Replace(name, "…", "OTEL_EXPORTER_OTLP_", 1), value)
	}
}

func TestConfigFromEnv(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		want otlp.Config
	}{
		"nothing": {nil, otlp.Config{}},
		"the names for all signals": {
			map[string]string{
				"…ENDPOINT": "https://otlp.example.com/otlp", "…HEADERS": "Authorization=Bearer%20abc, x-tenant = 7 ,", "…TIMEOUT": "2500",
				"…COMPRESSION": "none", "…PROTOCOL": "http/protobuf", "OTEL_SERVICE_NAME": "shop",
				"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=prod,service.name=other,note=a%2Cb%3D%25",
			},
			otlp.Config{
				Endpoint: "https://otlp.example.com/otlp", Headers: map[string]string{"Authorization": "Bearer abc", "x-tenant": "7"},
				Timeout: 2500 * time.Millisecond, Compression: otlp.None, ServiceName: "shop",
				Resource: map[string]string{"deployment.environment": "prod", "service.name": "other", "note": "a,b=%"},
			},
		},
		"those for metrics win": {
			map[string]string{
				"…ENDPOINT": "http://all", "…METRICS_ENDPOINT": " http://metrics:4318/in ", "…HEADERS": "a=1,b=2", "…METRICS_HEADERS": "a=3",
				"…TIMEOUT": "1", "…METRICS_TIMEOUT": "2", "…COMPRESSION": "none", "…METRICS_COMPRESSION": "gzip",
				"…PROTOCOL": "grpc", "…METRICS_PROTOCOL": "http/protobuf",
			},
			otlp.Config{
				Endpoint: "http://all", MetricsURL: "http://metrics:4318/in", Headers: map[string]string{"a": "3"}, Timeout: 2 * time.Millisecond,
			},
		},
		"what is the same here": {map[string]string{"…METRICS_TEMPORALITY_PREFERENCE": "LowMemory"}, otlp.Config{}},
		"delta":                 {map[string]string{"…METRICS_TEMPORALITY_PREFERENCE": "delta"}, otlp.Config{}},
		"what is not read":      {map[string]string{"…INSECURE": "true", "OTEL_SDK_DISABLED": "true"}, otlp.Config{}},
		"a plus is a plus":      {map[string]string{"…HEADERS": "k=a+b=="}, otlp.Config{Headers: map[string]string{"k": "a+b=="}}},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, c.env)
			got, err := otlp.ConfigFromEnv()
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestAnEnvironmentThatCannotBeMeant(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"…ENDPOINT", "localhost:4318", "otlp: Config.Endpoint (OTEL_EXPORTER_OTLP_ENDPOINT) has the wrong scheme"},
		{"…METRICS_ENDPOINT", "http://me:secret@host", "otlp: Config.MetricsURL (OTEL_EXPORTER_OTLP_METRICS_ENDPOINT) has a user or password"},
		{"…HEADERS", "fine=1,secret", "otlp: OTEL_EXPORTER_OTLP_HEADERS has no key=value as number 2"},
		{"…METRICS_HEADERS", "=secret", "otlp: OTEL_EXPORTER_OTLP_METRICS_HEADERS has no key=value as number 1"},
		{"…HEADERS", "k=secret%zz", "otlp: OTEL_EXPORTER_OTLP_HEADERS is not percent-encoded right in number 1"},
		{"…HEADERS", "k=secret%0d%0aX:y", `otlp: Config.Headers: the value of "k" has a character`},
		{"…TIMEOUT", "10s", `otlp: OTEL_EXPORTER_OTLP_TIMEOUT is "10s": want milliseconds`},
		{"…TIMEOUT", "0", `otlp: OTEL_EXPORTER_OTLP_TIMEOUT is "0": want milliseconds, from 1 to 86400000`},
		{"…METRICS_COMPRESSION", "zstd", `otlp: OTEL_EXPORTER_OTLP_METRICS_COMPRESSION is "zstd": want gzip or none`},
		{"…PROTOCOL", "grpc", `otlp: OTEL_EXPORTER_OTLP_PROTOCOL is "grpc": only http/protobuf is built`},
		{"…METRICS_PROTOCOL", "http/json", `otlp: OTEL_EXPORTER_OTLP_METRICS_PROTOCOL is "http/json": only http/protobuf is built`},
		{"…METRICS_TEMPORALITY_PREFERENCE", "cumulative", `otlp: OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE is "cumulative": only delta is built`},
		{"…METRICS_TEMPORALITY_PREFERENCE", "both", `is "both": want delta`},
		{"…CERTIFICATE", "/no/such/file", "otlp: OTEL_EXPORTER_OTLP_CERTIFICATE names a file that cannot be read"},
		{"…METRICS_CERTIFICATE", os.Args[0], "which has no certificate in PEM form"},
		{"…CLIENT_KEY", "/some/key", "otlp: OTEL_EXPORTER_OTLP_CLIENT_KEY is set and there is no client certificate"},
		{"…CLIENT_CERTIFICATE", "/some/cert", "otlp: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE is set and there is no client key"},
		{"OTEL_RESOURCE_ATTRIBUTES", "a=b,c", "otlp: OTEL_RESOURCE_ATTRIBUTES has no key=value as number 2"},
		{"OTEL_RESOURCE_ATTRIBUTES", "a=%ff", "otlp: OTEL_RESOURCE_ATTRIBUTES is not percent-encoded right in number 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			environment(t, map[string]string{c.name: c.value})
			_, err := otlp.ConfigFromEnv()
			require.ErrorContains(t, err, c.want)
			assert.NotContains(t, err.Error(), "secret")
		})
	}
	environment(t, map[string]string{"…TIMEOUT": "x", "…PROTOCOL": "grpc", "…ENDPOINT": "x"})
	_, err := otlp.ConfigFromEnv()
	assert.Equal(t, 3, strings.Count(err.Error(), "otlp: "), "all at once: %v", err)
	environment(t, map[string]string{"…CLIENT_KEY": "/no/key", "…CLIENT_CERTIFICATE": "/no/certificate"})
	_, err = otlp.ConfigFromEnv()
	assert.ErrorContains(t, err, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and the client key are no pair that can be loaded")
}

// certificate writes a self-signed certificate and its key, as PEM files.
func certificate(t *testing.T) (certPath, keyPath string, pair tls.Certificate) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	certPath, keyPath = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(certPath, certPEM, 0o600))
	require.NoError(t, os.WriteFile(keyPath, keyPEM, 0o600))
	pair, err = tls.X509KeyPair(certPEM, keyPEM)
	require.NoError(t, err)
	return certPath, keyPath, pair
}

// A server that wants a certificate, and whose own only the environment trusts.
func TestCertificatesFromEnv(t *testing.T) {
	certPath, keyPath, pair := certificate(t)
	trusted := x509.NewCertPool()
	trusted.AddCert(pair.Leaf)
	in := unstarted()
	in.Server.Server = httptest.NewUnstartedServer(in)
	in.Config.ErrorLog = wiretest.QuietLog
	in.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: trusted, ClientAuth: tls.RequireAndVerifyClientCert}
	in.StartTLS()
	defer in.Close()

	environment(t, map[string]string{
		"…ENDPOINT": in.URL, "…CERTIFICATE": certPath, "…CLIENT_CERTIFICATE": certPath, "…CLIENT_KEY": keyPath,
	})
	cfg, err := otlp.ConfigFromEnv()
	require.NoError(t, err)
	tr, err := otlp.New(cfg)
	require.NoError(t, err)
	defer tr.Close(t.Context())
	require.NoError(t, tr.Send(t.Context(), batch(gauge("g", 1))))
	assert.Equal(t, []string{"g"}, in.names())

	cfg.TLS.Certificates = nil
	stranger, err := otlp.New(cfg)
	require.NoError(t, err)
	defer stranger.Close(t.Context())
	require.Error(t, stranger.Send(t.Context(), batch(gauge("g", 1))))
}
