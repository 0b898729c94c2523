package datadog_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/datadog"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
)

func TestRequestsWithoutAnAnswer(t *testing.T) {
	wiretest.Posting{
		New: func(t *testing.T, url string, client *http.Client, timeout time.Duration) transport.Transport {
			return open(t, url, func(c *datadog.Config) { c.Client, c.Timeout = client, timeout })
		},
		Take:    unstarted().Take,
		Batch:   batch(gauge("g", 1)),
		Timeout: 15 * time.Second,
	}.Run(t)
}

func TestAnAnswerOfAnySizeIsReadInPart(t *testing.T) {
	endless := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusAccepted)
		chunk := bytes.Repeat([]byte{' '}, 1<<16)
		for {
			if _, err := w.Write(chunk); err != nil {
				return // the client has read enough
			}
		}
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(make([]byte, 8<<20))
	_ = z.Close()
	bomb := func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "identity", r.Header.Get("Accept-Encoding"))
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write(packed.Bytes())
	}
	for name, answer := range map[string]http.HandlerFunc{"it does not end": endless, "it unpacks to 8 MiB": bomb} {
		t.Run(name, func(t *testing.T) {
			in := newIntake(t)
			in.Answers(1, answer)
			require.NoError(t, open(t, in.URL).Send(t.Context(), batch(gauge("g", 1))))
			require.NoError(t, open(t, in.URL, func(c *datadog.Config) { c.Client = http.DefaultClient }).Send(t.Context(), batch(gauge("g", 1))))
		})
	}
	http.DefaultClient.CloseIdleConnections()
}

// An early answer leaves the client reading the body while the next one is
// packed; the race detector watches.
func TestAnEarlyAnswerDoesNotSpoilTheNextBody(t *testing.T) {
	in := newIntake(t)
	dd := open(t, in.URL, func(c *datadog.Config) { c.Compression = datadog.None })
	dd.SetLimits(3_000_000, 1<<30)
	large := noisyBatch(10, 4000, 3, base64Letters)
	var want []string
	for range 3 {
		in.Answers(1, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
		assert.NotEqual(t, transport.Permanent, failure(t, dd, large).Outcome)
		require.NoError(t, dd.Send(t.Context(), batch(gauge("next", 1))))
		want = append(want, "next")
	}
	assert.Equal(t, want, in.names())
}

func TestKeysCanChange(t *testing.T) {
	in := newIntake(t)
	keys := []string{"first-key-0123456789", "second-key-0123456789"}
	dd := open(t, in.URL, func(c *datadog.Config) {
		c.APIKey = ""
		c.APIKeyFunc = func(context.Context) (string, error) {
			key := keys[0]
			keys = keys[1:]
			return key, nil
		}
	})
	require.NoError(t, dd.Send(t.Context(), mixed()))
	got := in.got()
	assert.Equal(t, "first-key-0123456789", got[0].header.Get("DD-API-KEY"))
	assert.Equal(t, "second-key-0123456789", got[1].header.Get("DD-API-KEY"))
}

func TestKeysThatCannotBeHad(t *testing.T) {
	vault := errors.New("the vault is sealed")
	for _, c := range []struct {
		name string
		key  string
		err  error
		want transport.Outcome
	}{
		{"the function fails", "", vault, transport.Retry},
		{"an empty key", "", nil, transport.Denied},
		{"a key that would end the header", "key\r\nX-Forged: 1", nil, transport.Denied},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := newIntake(t)
			dd := open(t, in.URL, func(cfg *datadog.Config) {
				cfg.APIKey = ""
				cfg.APIKeyFunc = func(context.Context) (string, error) { return c.key, c.err }
			})
			se := failure(t, dd, batch(gauge("g", 1)))
			assert.Equal(t, c.want, se.Outcome)
			assert.Contains(t, se.Error(), "Config.APIKeyFunc")
			assert.NotContains(t, se.Error(), "Forged")
			assert.Zero(t, in.Seen())
			if c.err != nil {
				require.ErrorIs(t, se, c.err)
			}
		})
	}
}

func TestCloseLeavesTheConnectionsOfOthersAlone(t *testing.T) {
	in := newIntake(t)
	inner := &http.Transport{}
	defer inner.CloseIdleConnections()
	client := &http.Client{Transport: inner, CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
	for range 2 {
		dd := open(t, in.URL, func(c *datadog.Config) { c.Client = client })
		require.NoError(t, dd.Send(t.Context(), batch(gauge("g", 1))))
		require.NoError(t, dd.Close(t.Context()))
		require.ErrorIs(t, dd.Send(t.Context(), batch(gauge("g", 1))), transport.ErrClosed)
	}
	addresses := in.addresses()
	require.Len(t, addresses, 2)
	assert.Equal(t, addresses[0], addresses[1], "the connection was kept over Close")
	assert.NoError(t, client.CheckRedirect(nil, nil), "the client itself is unchanged")
}

// The steady state: the memory of one body serves for all, and one connection.
func TestConnectionsAreReused(t *testing.T) {
	in := newIntake(t)
	dd := open(t, in.URL)
	for i := range 10 {
		require.NoError(t, dd.Send(t.Context(), batch(gauge(fmt.Sprint("g", i), 1), distribution("d", []float64{1}))))
	}
	addresses := in.addresses()
	assert.Len(t, addresses, 20)
	assert.Len(t, slices.Compact(addresses), 1)
}

// clientThat tells where each request goes and sends none.
func clientThat(see func(url string)) *http.Client {
	return &http.Client{Transport: wiretest.RoundTripper(func(r *http.Request) (*http.Response, error) {
		r.Body.Close()
		see(r.URL.String())
		return nil, errors.New("not sent")
	})}
}
