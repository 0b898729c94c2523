package stdout_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/stdout"
	"github.com/shardstats/shardstats/transport/transporttest"
)

// sink is a writer that may be read while it is written to.
type sink struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// line is the documented schema, as a reader would declare it.
type line struct {
	Time     int64    `json:"time"`
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`
	Value    *float64 `json:"value"`
	Tags     []string `json:"tags"`
	Host     *string  `json:"host"`
	Device   *string  `json:"device"`
	Unit     *string  `json:"unit"`
	Interval int64    `json:"interval"`
	Rev      uint32   `json:"rev"`

	Event    string `json:"event"`
	Text     string `json:"text"`
	Alert    string `json:"alert_type"`
	Priority string `json:"priority"`
	Key      string `json:"aggregation_key"`
	Source   string `json:"source_type_name"`
	Check    string `json:"check"`
	Status   string `json:"status"`
	Message  string `json:"message"`
}

func parse(t require.TestingT, text string) []line {
	var out []line
	for raw := range strings.Lines(text) {
		d := json.NewDecoder(strings.NewReader(raw))
		d.DisallowUnknownFields()
		var l line
		require.NoError(t, d.Decode(&l), "%q", raw)
		_, err := d.Token()
		require.ErrorIs(t, err, io.EOF, "one object on each line")
		require.True(t, strings.HasSuffix(raw, "}\n"))
		out = append(out, l)
	}
	return out
}

func TestContract(t *testing.T) {
	var sinks sync.Map // by transport
	transporttest.Run(t,
		func(*testing.T) transport.Transport {
			w := &sink{}
			out := stdout.New(w)
			sinks.Store(out, w)
			return out
		},
		transporttest.Received(func(tr transport.Transport) []transporttest.Flat {
			w, _ := sinks.Load(tr)
			var flats []transporttest.Flat
			for _, l := range parse(t, w.(*sink).String()) {
				if l.Value == nil {
					continue // an event or a check
				}
				f := transporttest.Flat{Name: l.Name, Tags: l.Tags, Unix: l.Time, Value: *l.Value}
				if l.Host != nil {
					f.Host = *l.Host
				}
				flats = append(flats, f)
			}
			return flats
		}),
		transporttest.ReceivedNotices(func(tr transport.Transport) []transporttest.Notice {
			w, _ := sinks.Load(tr)
			var all []transporttest.Notice
			for _, l := range parse(t, w.(*sink).String()) {
				if l.Value != nil {
					continue // a point
				}
				n := transporttest.Notice{
					Check: l.Check != "", Title: l.Event + l.Check, Text: l.Text + l.Message, Tags: l.Tags, Unix: l.Time,
				}
				if l.Host != nil {
					n.Host = *l.Host
				}
				all = append(all, n)
			}
			return all
		}))
}

func TestEventsAndChecksAreLines(t *testing.T) {
	var w bytes.Buffer
	out := stdout.New(&w)
	require.NoError(t, out.Send(t.Context(), &transport.Batch{
		Series: []transport.Series{{Name: "g", Kind: transport.KindGauge, Points: []transport.Point{{Unix: 1, Value: 2}}}},
		Events: []transport.Event{
			{
				Title: "deploy", Text: "one\ntwo", Time: time.Unix(100, 0), AlertType: transport.AlertInfo, Priority: transport.PriorityLow,
				AggregationKey: "k", SourceTypeName: "ci", Tags: []string{"a:b"}, Host: "h",
			},
			{Title: "plain"},
		},
		Checks: []transport.ServiceCheck{{Name: "db.up", Status: transport.CheckWarning, Message: "slow", Time: time.Unix(7, 0)}},
	}))
	assert.Equal(t, `{"time":1,"name":"g","kind":"gauge","value":2,"tags":[],"interval":0}
{"event":"deploy","text":"one\ntwo","time":100,"alert_type":"info","priority":"low","aggregation_key":"k","source_type_name":"ci","tags":["a:b"],"host":"h"}
{"event":"plain","text":"","tags":[]}
{"check":"db.up","status":"warning","time":7,"message":"slow","tags":[]}
`, w.String())
}

func gauge(name string, values ...float64) transport.Series {
	s := transport.Series{Name: name, Kind: transport.KindGauge, Interval: 10 * time.Second}
	for i, v := range values {
		s.Points = append(s.Points, transport.Point{Unix: 100 + 10*int64(i), Value: v})
	}
	return s
}

func batch(series ...transport.Series) *transport.Batch { return &transport.Batch{Series: series} }

func TestLines(t *testing.T) {
	everything := gauge("g", 1.5)
	everything.Tags, everything.Host, everything.HostSet = []string{"a:b", "c"}, "web1", true
	everything.Device, everything.Unit = "sda", "byte"
	everything.Points[0].Rev = 3
	emptyHost := gauge("g", 1)
	emptyHost.HostSet = true
	early := gauge("g", 1)
	early.Points[0].Unix = -20
	for _, c := range []struct {
		name string
		in   transport.Series
		want string
	}{
		{"all fields, in their order", everything,
			`{"time":100,"name":"g","kind":"gauge","value":1.5,"tags":["a:b","c"],"host":"web1","device":"sda","unit":"byte","interval":10,"rev":3}`},
		{"what is not set is left out", gauge("g", 1), `{"time":100,"name":"g","kind":"gauge","value":1,"tags":[],"interval":10}`},
		{"the empty host is a host", emptyHost, `{"time":100,"name":"g","kind":"gauge","value":1,"tags":[],"host":"","interval":10}`},
		{"a time before 1970", early, `{"time":-20,"name":"g","kind":"gauge","value":1,"tags":[],"interval":10}`},
		{"strange names stay in their quotes", gauge("a\"b\n\u2028\xff", 1),
			`{"time":100,"name":"a\"b\n\u2028\ufffd","kind":"gauge","value":1,"tags":[],"interval":10}`},
		{"what is no number is null", gauge("g", math.NaN()), `{"time":100,"name":"g","kind":"gauge","value":null,"tags":[],"interval":10}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w bytes.Buffer
			require.NoError(t, stdout.New(&w).Send(t.Context(), batch(c.in)))
			assert.Equal(t, c.want+"\n", w.String())
		})
	}
}

func TestEachWriteHasWholeLines(t *testing.T) {
	var writes []string
	w := writerFunc(func(p []byte) (int, error) {
		writes = append(writes, string(p))
		return len(p), nil
	})
	out := stdout.New(w)
	values := make([]float64, 3000)
	require.NoError(t, out.Send(t.Context(), batch(gauge("some.name", values...))))
	require.Greater(t, len(writes), 3)
	require.Less(t, len(writes), 20)
	for _, text := range writes {
		assert.True(t, strings.HasSuffix(text, "}\n"))
		assert.Less(t, len(text), 40<<10)
	}
	assert.Len(t, parse(t, strings.Join(writes, "")), len(values))

	writes = nil
	require.NoError(t, out.Send(t.Context(), batch()))
	assert.Empty(t, writes, "nothing to say, nothing written")
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// However a writer cuts what it gets, a sender that sends on from Delivered ends
// up with each point on a line of its own, once.
func TestLinesSurviveAWriterThatCuts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var got bytes.Buffer
		full := errors.New("disk full")
		out := stdout.New(writerFunc(func(p []byte) (int, error) {
			n := min(len(p), rapid.IntRange(0, 3*len(p)/2).Draw(t, "bytes that fit"))
			got.Write(p[:n])
			if n < len(p) {
				if rapid.Bool().Draw(t, "says so") {
					return n, full
				}
				return n, nil
			}
			return n, nil
		}))
		values := make([]float64, rapid.IntRange(1, 700).Draw(t, "points"))
		for i := range values {
			values[i] = float64(i)
		}
		left := values
		for range 1000 {
			se := transport.AsSendError(out.Send(context.Background(), batch(gauge("g", left...))))
			if se == nil {
				left = nil
				break
			}
			require.Equal(t, transport.Retry, se.Outcome)
			require.True(t, errors.Is(se, full) || errors.Is(se, io.ErrShortWrite), "%v", se)
			require.Less(t, se.Delivered, len(left))
			left = left[se.Delivered:]
		}
		require.Empty(t, left)

		var seen []float64
		for raw := range strings.Lines(got.String()) {
			var l line
			if json.Unmarshal([]byte(raw), &l) == nil {
				seen = append(seen, *l.Value)
			}
		}
		require.Equal(t, values, seen)
	})
}

func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want transport.Outcome
	}{
		{"a closed file takes nothing any more", os.ErrClosed, transport.Permanent},
		{"neither does a closed pipe", fmt.Errorf("write: %w", io.ErrClosedPipe), transport.Permanent},
		{"a full disk may have room later", errors.New("no space left on device"), transport.Retry},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := stdout.New(writerFunc(func([]byte) (int, error) { return 0, c.err }))
			se := transport.AsSendError(out.Send(t.Context(), batch(gauge("g", 1))))
			require.NotNil(t, se)
			assert.Equal(t, c.want, se.Outcome)
			assert.Zero(t, se.Delivered)
			require.ErrorIs(t, se, c.err)
			assert.Contains(t, se.Error(), "stdout: write: ")
		})
	}
}

func TestACancelledContextWritesNothingMore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var w bytes.Buffer
	out := stdout.New(writerFunc(func(p []byte) (int, error) {
		defer cancel() // while the first chunk is being written
		return w.Write(p)
	}))
	se := transport.AsSendError(out.Send(ctx, batch(gauge("g", make([]float64, 2000)...))))
	require.NotNil(t, se)
	assert.Equal(t, transport.Retry, se.Outcome)
	require.ErrorIs(t, se, context.Canceled)
	assert.Equal(t, len(parse(t, w.String())), se.Delivered)
	assert.NotZero(t, se.Delivered)
}

func TestDescription(t *testing.T) {
	out := stdout.New(io.Discard)
	assert.Equal(t, transport.Description{Name: "stdout", Events: true, Checks: true}, out.Describe())
	assert.Equal(t, transport.Overwrite, out.Temporality(transport.KindCount))
}

func FuzzLine(f *testing.F) {
	f.Add("name", "tag", "host", "unit", int64(100), 1.5, uint32(0))
	f.Add(`","value":7,"x":"`, "a\nb", "\u2028", "\xff", int64(-1), math.MaxFloat64, uint32(9))
	f.Fuzz(func(t *testing.T, name, tag, host, unit string, unix int64, value float64, rev uint32) {
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return
		}
		var w bytes.Buffer
		s := transport.Series{
			Name: name, Tags: []string{tag, "second"}, Host: host, HostSet: true, Device: unit, Unit: unit,
			Kind: transport.KindCount, Interval: time.Minute,
			Points: []transport.Point{{Unix: unix, Value: value, Rev: rev}},
		}
		require.NoError(t, stdout.New(&w).Send(t.Context(), batch(s)))
		lines := parse(t, w.String())
		require.Len(t, lines, 1)
		got := lines[0]
		assert.Equal(t, valid(name), got.Name)
		assert.Equal(t, []string{valid(tag), "second"}, got.Tags)
		assert.Equal(t, valid(host), *got.Host)
		assert.Equal(t, math.Float64bits(value), math.Float64bits(*got.Value))
		assert.Equal(t, unix, got.Time)
		assert.Equal(t, int64(60), got.Interval)
		assert.Equal(t, rev, got.Rev)
	})
}

// No text of an event or a check can forge a field or a line.
func FuzzNoticeLines(f *testing.F) {
	f.Add("title", "text", "tag", "host", int64(100))
	f.Add(`","check":"x`, "a\nb\r\u2028", `"],"host":"`, "\xff\x00", int64(-1))
	f.Fuzz(func(t *testing.T, title, text, tag, host string, unix int64) {
		when := time.Unix(max(-1<<40, min(unix, 1<<40)), 0)
		var w bytes.Buffer
		require.NoError(t, stdout.New(&w).Send(t.Context(), &transport.Batch{
			Events: []transport.Event{{
				Title: title, Text: text, Time: when, AlertType: transport.AlertType(title), Priority: transport.Priority(host),
				AggregationKey: text, SourceTypeName: tag, Tags: []string{tag, "second"}, Host: host,
			}},
			Checks: []transport.ServiceCheck{{
				Name: title, Status: transport.CheckCritical, Message: text, Time: when, Tags: []string{tag, "second"}, Host: host,
			}},
		}))
		lines := parse(t, w.String())
		require.Len(t, lines, 2)
		host, tags := valid(host), []string{valid(tag), "second"}
		want := []line{
			{
				Event: valid(title), Text: valid(text), Time: when.Unix(), Alert: valid(title), Priority: host,
				Key: valid(text), Source: valid(tag), Tags: tags,
			},
			{Check: valid(title), Status: "critical", Message: valid(text), Time: when.Unix(), Tags: tags},
		}
		for i := range want {
			if host != "" {
				want[i].Host = &host
			}
		}
		assert.Equal(t, want, lines)
	})
}

// valid is s with each byte outside UTF-8 replaced.
func valid(s string) string { return string([]rune(s)) }
