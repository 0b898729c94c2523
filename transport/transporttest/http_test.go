package transporttest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/transporttest"
)

// poster is a transport that posts a word and judges the answer. Its fields break it.
type poster struct {
	url    string
	client *http.Client
	closed atomic.Bool

	readsAll      bool // of every answer
	quotesAll     bool // of an answer that says no
	ignoresCtx    bool
	believesAll   bool // takes any answer for a yes
	givesUpOnFail bool // sends nothing more after a failure
	failed        bool
}

func newPoster(url string, change func(*poster)) *poster {
	p := &poster{url: url, client: &http.Client{Transport: &http.Transport{MaxResponseHeaderBytes: 64 << 10}}}
	p.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if change != nil {
		change(p)
	}
	return p
}

func (p *poster) Close(context.Context) error {
	p.closed.Store(true)
	p.client.CloseIdleConnections()
	return nil
}

func (p *poster) Send(ctx context.Context, _ *transport.Batch) (err error) {
	fail := func(err error) error {
		p.failed = true
		text := strings.NewReplacer("\r", " ", "\n", " ").Replace(err.Error())
		return &transport.SendError{Outcome: transport.Unknown, Err: errors.New(text)}
	}
	if p.closed.Load() {
		return fail(transport.ErrClosed)
	}
	if p.givesUpOnFail && p.failed {
		return fail(errors.New("I do not play with you any more"))
	}
	if p.ignoresCtx {
		ctx = context.WithoutCancel(ctx)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader([]byte("word")))
	if err != nil {
		return fail(err)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		if p.believesAll {
			return nil
		}
		return fail(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return fail(errors.New(resp.Status)) // its body is the connection, which does not end with ctx
	}
	limit := int64(64 << 10)
	if p.readsAll {
		limit = 1 << 26
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	switch {
	case err != nil && !p.believesAll:
		return fail(err)
	case resp.StatusCode/100 != 2:
		text := string(body)
		if !p.quotesAll {
			text = text[:min(len(text), 200)]
		}
		return fail(errors.New(resp.Status + ": " + text))
	}
	return nil
}

var accepting = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.WriteHeader(http.StatusNoContent)
})

func TestACarefulTransportSurvivesHostilePeers(t *testing.T) {
	transporttest.RunHTTP(t, func(_ *testing.T, url string) transport.Transport { return newPoster(url, nil) }, accepting)
}

func TestHostilePeersFindCarelessTransports(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*poster)
		peer    string
		message string
	}{
		"reads all of a bomb":       {func(p *poster) { p.readsAll = true }, "says no in a gzip bomb", "MiB of memory"},
		"reads all of a yes":        {func(p *poster) { p.readsAll = true }, "says yes for 10 GB", "MiB of"},
		"quotes all of a no":        {func(p *poster) { p.quotesAll = true }, "has nonsense in a no", "the error has"},
		"does not look at its time": {func(p *poster) { p.ignoresCtx = true }, "says nothing", "when its context"},
		"believes anything":         {func(p *poster) { p.believesAll = true }, "hangs up", "says that all was delivered"},
		"gives up":                  {func(p *poster) { p.givesUpOnFail = true }, "announces two lengths", "when the peer is well again"},
	} {
		t.Run(name, func(t *testing.T) {
			found := transporttest.AuditHTTP(func(url string) transport.Transport { return newPoster(url, c.change) }, accepting, c.peer)
			assert.Contains(t, strings.Join(found[c.peer], "\n"), c.message)
		})
	}
}
