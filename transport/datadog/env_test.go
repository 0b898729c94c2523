package datadog_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/datadog"
)

var envNames = []string{
	"DATADOG_API_KEY", "DD_API_KEY", "DATADOG_APP_KEY", "DD_APP_KEY", "DD_SITE", "DATADOG_HOST", "DD_DD_URL", "DD_URL",
}

func TestConfigFromEnv(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		want datadog.Config
	}{
		"nothing": {nil, datadog.Config{}},
		"the short names": {
			map[string]string{"DD_API_KEY": "k", "DD_APP_KEY": "a", "DD_SITE": "datadoghq.eu", "DD_URL": "https://proxy:8443/dd"},
			datadog.Config{APIKey: "k", AppKey: "a", Site: "datadoghq.eu", URL: "https://proxy:8443/dd"},
		},
		"the long names win": {
			map[string]string{
				"DATADOG_API_KEY": "K", "DATADOG_APP_KEY": "A", "DATADOG_HOST": "https://host",
				"DD_API_KEY": "k", "DD_APP_KEY": "a", "DD_URL": "https://other",
			},
			datadog.Config{APIKey: "K", AppKey: "A", URL: "https://host"},
		},
		"an empty one does not": {
			map[string]string{"DATADOG_API_KEY": " ", "DD_API_KEY": "k\n"}, datadog.Config{APIKey: "k"},
		},
		"a host without a scheme, with port and path": {
			map[string]string{"DD_URL": "proxy:8443/dd"}, datadog.Config{URL: "https://proxy:8443/dd"},
		},
		"the Agent's name for the URL": {
			map[string]string{"DD_DD_URL": "https://app.datadoghq.eu", "DD_URL": "https://other"}, datadog.Config{URL: "https://app.datadoghq.eu"},
		},
		"a host without a scheme": {
			map[string]string{"DATADOG_HOST": "api.datadoghq.eu"}, datadog.Config{URL: "https://api.datadoghq.eu"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, n := range envNames {
				t.Setenv(n, c.env[n])
			}
			got, err := datadog.ConfigFromEnv()
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestAnEnvironmentThatCannotBeMeant(t *testing.T) {
	for _, n := range envNames {
		t.Setenv(n, "")
	}
	t.Setenv("DD_SITE", "https://datadoghq.eu")
	t.Setenv("DATADOG_HOST", "ftp://me:secret@host")
	t.Setenv("DD_APP_KEY", "two words")
	_, err := datadog.ConfigFromEnv()
	for _, want := range []string{"Config.Site (DD_SITE)", "Config.URL (DATADOG_HOST)", "Config.AppKey (DD_APP_KEY)"} {
		assert.ErrorContains(t, err, want)
	}
	assert.NotContains(t, err.Error(), "secret")
	assert.NotContains(t, err.Error(), "two words")
	assert.NotContains(t, err.Error(), "APIKey", "that there is none is for New to say")
}

// A program sets what is to win over the environment; New wants some key.
func TestWhatTheProgramSetsWins(t *testing.T) {
	for _, n := range envNames {
		t.Setenv(n, "")
	}
	t.Setenv("DD_SITE", "datadoghq.eu")
	cfg, err := datadog.ConfigFromEnv()
	require.NoError(t, err)
	_, err = datadog.New(cfg)
	assert.ErrorContains(t, err, "Config.APIKey is empty")
	cfg.APIKeyFunc = func(context.Context) (string, error) { return testKey, nil }
	dd, err := datadog.New(cfg)
	require.NoError(t, err)
	require.NoError(t, dd.Close(t.Context()))
}
