package setting_test

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/internal/setting"
)

// config prints as one of a transport does.
type config struct {
	Key     string
	URL     string
	Headers map[string]string
	TLS     *tls.Config
}

type bare config

func (c config) Format(f fmt.State, _ rune) {
	setting.Hide(&c.Key)
	setting.HideURL(&c.URL, func(raw string) (int, string) {
		if raw != "fine" {
			return 0, "wrong"
		}
		return 0, ""
	})
	c.Headers = setting.HideValues(c.Headers)
	setting.Format(f, bare(c))
}

func TestSecretsAreHiddenWhateverTheVerb(t *testing.T) {
	c := config{Key: "secret", URL: "secret", Headers: map[string]string{"A": "secret", "B": ""}, TLS: &tls.Config{ServerName: "secret"}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%#x"} {
		text := fmt.Sprintf(verb, c)
		assert.NotContains(t, text, "secret", verb)
		assert.Contains(t, text, setting.Hidden, verb)
	}
	c.TLS = nil
	assert.Equal(t, "{*** *** map[A:*** B:***] <nil>}", fmt.Sprint(c))
	assert.Equal(t, "{*** *** map[A:*** B:***] <nil>}", fmt.Sprintf("%s", c))
	assert.Equal(t, "{Key: URL:fine Headers:map[] TLS:<nil>}", fmt.Sprintf("%+v", config{URL: "fine"}))
	assert.Equal(t, "secret", c.Headers["A"], "the Config itself stays as it is")
	assert.Nil(t, setting.HideValues(nil))
}

func TestJSON(t *testing.T) {
	doc, err := setting.JSON([]slog.Attr{slog.String("b", "x"), slog.Int("a", 1), slog.Any("list", []string{"y"})})
	require.NoError(t, err)
	assert.JSONEq(t, `{"a": 1, "b": "x", "list": ["y"]}`, string(doc))
	_, err = setting.JSON([]slog.Attr{slog.Any("channel", make(chan int))})
	assert.Error(t, err)
}
