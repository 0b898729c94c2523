package main

import (
	"bytes"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const seriesPath, distributionPath = "/api/v1/series", "/api/v1/distribution_points"

func startReceiver(t *testing.T, f fault) *receiver {
	t.Helper()
	r, err := newReceiver(f)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, r.Close()) })
	return r
}

// post sends a body the way a client of the API would; edit may spoil the request.
func post(t *testing.T, r *receiver, path, body string, edit func(*http.Request)) (status int, answer string) {
	t.Helper()
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	_, err := io.WriteString(w, body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+path, &packed)
	require.NoError(t, err)
	req.Header.Set("DD-API-KEY", r.key)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Content-Encoding", "deflate")
	if edit != nil {
		edit(req)
	}
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(got)
}

const oneCount = `{"series":[{"metric":"m","points":[[10,2]],"type":"count","host":null,"device":null,"tags":["b:2","a:1"],"interval":1}]}`

func TestReceiverKeepsTheLastValueOfATimeAndAddsUpDistributions(t *testing.T) {
	r := startReceiver(t, faultNone)
	for _, body := range []string{oneCount, strings.Replace(oneCount, "[10,2]", "[10,5],[11,1.5]", 1)} {
		status, answer := post(t, r, seriesPath, body, nil)
		require.Equal(t, http.StatusAccepted, status, answer)
	}
	for _, values := range []string{"[1,2]", "[3]"} {
		status, answer := post(t, r, distributionPath, `{"series":[{"metric":"d","type":"distribution","points":[[10,`+values+`]]}]}`, nil)
		require.Equal(t, http.StatusAccepted, status, answer)
	}

	assert.Equal(t, map[int64][]float64{10: {5}, 11: {1.5}}, r.intake.values("m", "count", "a:1"))
	assert.Empty(t, r.intake.values("m", "count", "a:2"), "a tag it does not have")
	assert.Empty(t, r.intake.values("m", "gauge"), "another kind is another series")
	assert.Equal(t, map[int64][]float64{10: {1, 2, 3}}, r.intake.samples("d"))
	assert.Equal(t, 1, r.intake.replacedAt(10))
	assert.Zero(t, r.intake.replacedAt(11))
	assert.Equal(t, []int64{10, 11}, r.intake.buckets())
	assert.Equal(t, 5, r.intake.received())
}

func TestReceiverTreatsTagOrderAsOneSeries(t *testing.T) {
	r := startReceiver(t, faultNone)
	post(t, r, seriesPath, oneCount, nil)
	post(t, r, seriesPath, strings.Replace(oneCount, `"b:2","a:1"`, `"a:1","b:2"`, 1), nil)
	assert.Len(t, r.intake.keys(), 1)
}

func TestReceiverRefuses(t *testing.T) {
	tests := map[string]struct {
		body string
		edit func(*http.Request)
		want int
	}{
		"a wrong key":                {oneCount, func(req *http.Request) { req.Header.Set("DD-API-KEY", "other") }, http.StatusForbidden},
		"no key":                     {oneCount, func(req *http.Request) { req.Header.Del("DD-API-KEY") }, http.StatusForbidden},
		"an unknown encoding":        {oneCount, func(req *http.Request) { req.Header.Set("Content-Encoding", "br") }, http.StatusUnsupportedMediaType},
		"another content type":       {oneCount, func(req *http.Request) { req.Header.Set("Content-Type", "text/plain") }, http.StatusUnsupportedMediaType},
		"compressed data named raw":  {oneCount, func(req *http.Request) { req.Header.Del("Content-Encoding") }, http.StatusBadRequest},
		"half a document":            {oneCount[:40], nil, http.StatusBadRequest},
		"two documents":              {oneCount + oneCount, nil, http.StatusBadRequest},
		"an unknown field":           {strings.Replace(oneCount, `"host"`, `"hosst"`, 1), nil, http.StatusBadRequest},
		"an unknown type":            {strings.Replace(oneCount, `"count"`, `"counter"`, 1), nil, http.StatusBadRequest},
		"no metric":                  {strings.Replace(oneCount, `"m"`, `""`, 1), nil, http.StatusBadRequest},
		"no points":                  {strings.Replace(oneCount, `[10,2]`, ``, 1), nil, http.StatusBadRequest},
		"a point of three":           {strings.Replace(oneCount, `[10,2]`, `[10,2,3]`, 1), nil, http.StatusBadRequest},
		"more raw bytes than agreed": {strings.Repeat(" ", maxRaw) + oneCount, nil, http.StatusRequestEntityTooLarge},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := startReceiver(t, faultNone)
			status, answer := post(t, r, seriesPath, test.body, test.edit)
			assert.Equal(t, test.want, status, answer)
			assert.Contains(t, answer, `"errors"`)
			assert.Zero(t, r.intake.received())
			assert.EqualValues(t, 1, r.refused.Load())
		})
	}
}

func TestReceiverThatDropsForgetsOneRequest(t *testing.T) {
	r := startReceiver(t, faultDrop)
	for range 3 {
		status, _ := post(t, r, seriesPath, oneCount, nil)
		require.Equal(t, http.StatusAccepted, status)
	}
	assert.EqualValues(t, 1, r.dropped.Load())
	assert.Equal(t, 2, r.intake.received())
}

func TestReceiverThatIsBusyTakesTheNextTry(t *testing.T) {
	r := startReceiver(t, faultBusy)
	var got []int
	for range 4 {
		status, _ := post(t, r, seriesPath, oneCount, nil)
		got = append(got, status)
	}
	assert.Equal(t, []int{503, 202, 202, 503}, got)
	assert.Equal(t, 2, r.intake.received())
}
