package datadog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/datadog"
)

func TestConfigsThatAreRefused(t *testing.T) {
	key := func(context.Context) (string, error) { return testKey, nil }
	for _, c := range []struct {
		name string
		cfg  datadog.Config
		says string
	}{
		{"no key", datadog.Config{}, "Config.APIKey is empty"},
		{"two sources of keys", datadog.Config{APIKey: testKey, APIKeyFunc: key}, "both set"},
		{"a key that ends the header", datadog.Config{APIKey: testKey + "\r\nX-Forged: 1"}, "not printable ASCII"},
		{"a key with the line end of its file", datadog.Config{APIKey: testKey + "\n"}, "not printable ASCII"},
		{"a key with a blank", datadog.Config{APIKey: " " + testKey}, "not printable ASCII"},
		{"a key beyond ASCII", datadog.Config{APIKey: testKey + "é"}, "not printable ASCII"},
		{"a key of 8 KiB", datadog.Config{APIKey: strings.Repeat("k", 8<<10)}, "has 8192 bytes: want at most 1024"},
		{"a site with a path", datadog.Config{APIKey: testKey, Site: "datadoghq.com/x"}, "no host name"},
		{"a site that leads elsewhere", datadog.Config{APIKey: testKey, Site: "datadoghq.com@evil"}, "no host name"},
		{"a site with a line end", datadog.Config{APIKey: testKey, Site: "datadoghq.com\r\n"}, "no host name"},
		{"a site with an empty label", datadog.Config{APIKey: testKey, Site: "datadoghq..com"}, "no host name"},
		{"a URL with a password", datadog.Config{APIKey: testKey, URL: "https://me:secret@host"}, "user or password"},
		{"a URL that leads elsewhere", datadog.Config{APIKey: testKey, URL: "https://api.datadoghq.com@evil"}, "user or password"},
		{"a URL with a query", datadog.Config{APIKey: testKey, URL: "https://host/?api_key=secret"}, "query"},
		{"a URL with an empty query", datadog.Config{APIKey: testKey, URL: "https://host/?"}, "query"},
		{"a URL with a fragment", datadog.Config{APIKey: testKey, URL: "https://host/#secret"}, "fragment"},
		{"a URL with a control byte", datadog.Config{APIKey: testKey, URL: "https://host/\x00secret"}, "control character"},
		{"a URL with a line end", datadog.Config{APIKey: testKey, URL: "https://host\r\nsecret"}, "control character"},
		{"a URL of a file", datadog.Config{APIKey: testKey, URL: "file:///secret"}, "scheme"},
		{"a URL without a scheme", datadog.Config{APIKey: testKey, URL: "host:80"}, "scheme"},
		{"a URL without a host", datadog.Config{APIKey: testKey, URL: "https:///secret"}, "no host"},
		{"a URL that is none", datadog.Config{APIKey: testKey, URL: "https://[secret"}, "no valid URL"},
		{"a compression that is none", datadog.Config{APIKey: testKey, Compression: 9}, "compression 9"},
		{"an API that is none", datadog.Config{APIKey: testKey, API: 4}, "API is API 4"},
		{"an encoding that is none", datadog.Config{APIKey: testKey, API: datadog.V2, Encoding: 2}, "Encoding is encoding 2"},
		{"protobuf for V1", datadog.Config{APIKey: testKey, Encoding: datadog.Protobuf}, "API v1 does not take"},
		{"zstd for V1", datadog.Config{APIKey: testKey, Compression: datadog.Zstd}, "API v1 does not take"},
		{"gzip for V3", datadog.Config{APIKey: testKey, API: datadog.V3, Compression: datadog.Gzip}, "API v3 is not known to take"},
		{"a name for zstd that forges", datadog.Config{APIKey: testKey, ZstdName: "zstd\r\nX-Forged: 1"}, `ZstdName is "zstd\r\nX-`},
		{"an origin beyond its field", datadog.Config{APIKey: testKey, API: datadog.V2, Origin: datadog.Origin{Service: 1 << 31}}, "31 bits"},
		{"V3 to a proxy", datadog.Config{APIKey: testKey, API: datadog.V3, URL: "https://secret.proxy"}, "URL leads to another host"},
		{"V3 to a site that is not Datadog's", datadog.Config{APIKey: testKey, API: datadog.V3, Site: "evildatadoghq.com"}, "Site leads to another host"},
		{"a negative timeout", datadog.Config{APIKey: testKey, Timeout: -time.Second}, "Timeout is -1s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dd, err := datadog.New(c.cfg)
			require.Error(t, err)
			assert.Nil(t, dd)
			assert.Contains(t, err.Error(), c.says)
			assert.Contains(t, err.Error(), "datadog: Config.")
			for _, secret := range []string{"secret", testKey, "\r", "kkkk"} {
				assert.NotContains(t, err.Error(), secret)
			}
			assert.NotContains(t, err.Error(), "\n", "one complaint, one line")
		})
	}
}

// V3 goes to Datadog's own hosts, and elsewhere if the program says so.
func TestHostsForV3(t *testing.T) {
	for _, cfg := range []datadog.Config{
		{}, {Site: "datadoghq.eu"}, {Site: "us3.datadoghq.com"}, {Site: "ap1.datadoghq.com"}, {Site: "ddog-gov.com"},
		{Site: "us2.ddog-gov.com"}, {URL: "https://API.DATADOGHQ.COM.:443/x"}, {URL: "http://127.0.0.1:1", AllowV3: true},
		{Site: "example.com", AllowV3: true},
	} {
		cfg.APIKey, cfg.API = testKey, datadog.V3
		dd, err := datadog.New(cfg)
		require.NoError(t, err, cfg)
		require.NoError(t, dd.Close(t.Context()))
	}
	for _, url := range []string{"https://datadoghq.com.evil", "https://notdatadoghq.com", "http://localhost", "https://[::1]/datadoghq.com"} {
		_, err := datadog.New(datadog.Config{APIKey: testKey, API: datadog.V3, URL: url})
		assert.ErrorContains(t, err, "AllowV3", url)
	}
	_, err := datadog.New(datadog.Config{APIKey: testKey, API: datadog.V2, URL: "http://localhost"})
	assert.NoError(t, err, "anybody may take V2")
}

func TestNamesOfEnumerations(t *testing.T) {
	assert.Equal(t, "v1 v2 v3 API 3", fmt.Sprint(datadog.V1, datadog.V2, datadog.V3, datadog.API(3)))
	assert.Equal(t, "json protobuf encoding 2", fmt.Sprint(datadog.JSON, datadog.Protobuf, datadog.Encoding(2)))
	assert.Equal(t, "zlib none gzip zstd compression 4", fmt.Sprint(datadog.Zlib, datadog.None, datadog.Gzip, datadog.Zstd, datadog.Compression(4)))
}

func TestAllComplaintsComeAtOnce(t *testing.T) {
	_, err := datadog.New(datadog.Config{Site: "a b", URL: "ftp://host", Compression: 7, Timeout: -1})
	require.Error(t, err)
	for _, field := range []string{"APIKey", "Site", "URL", "Compression", "Timeout"} {
		assert.Contains(t, err.Error(), "Config."+field)
	}
	assert.Len(t, strings.Split(err.Error(), "\n"), 5)
}

func TestSites(t *testing.T) {
	for _, c := range []struct {
		cfg  datadog.Config
		want string
	}{
		{datadog.Config{}, "api.datadoghq.com"},
		{datadog.Config{Site: "us5.datadoghq.com"}, "api.us5.datadoghq.com"},
		{datadog.Config{Site: "datadoghq.eu", URL: "http://127.0.0.1:1/v"}, "127.0.0.1:1"},
	} {
		c.cfg.APIKey = testKey
		var host string
		c.cfg.Client = clientThat(func(url string) { host = url })
		dd, err := datadog.New(c.cfg)
		require.NoError(t, err)
		failure(t, dd, batch(gauge("g", 1)))
		scheme := "https://"
		if c.cfg.URL != "" {
			scheme = "http://"
			c.want += "/v"
		}
		assert.Equal(t, scheme+c.want+"/api/v1/series", host)
	}
}
