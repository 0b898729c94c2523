package otlp_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/otlp"
	"github.com/shardstats/shardstats/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	var receivers sync.Map // by transport
	of := func(t transport.Transport) *receiver {
		in, _ := receivers.Load(t)
		return in.(*receiver)
	}
	opts := []transporttest.Option{
		transporttest.Received(func(t transport.Transport) []transporttest.Flat { return of(t).flats() }),
		transporttest.Arrives(arrives),
		transporttest.OrderedWithinSeries(), // a request is grouped by host
		transporttest.Outage(
			func(t transport.Transport) {
				in := of(t)
				in.mu.Lock()
				defer in.mu.Unlock()
				in.answer = func(int, http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }
			},
			func(t transport.Transport) { of(t).answers(-1, nil) },
		),
	}
	for name, change := range map[string]func(*otlp.Config){
		"defaults":                func(*otlp.Config) {},
		"exponential, not zipped": func(c *otlp.Config) { c.Histograms, c.Compression = otlp.Exponential, otlp.None },
	} {
		t.Run(name, func(t *testing.T) {
			transporttest.Run(t, func(t *testing.T) transport.Transport {
				in := newReceiver(t)
				tr := open(t, in.URL, change)
				receivers.Store(tr, in)
				return tr
			}, opts...)
		})
	}
}

// The outage above cuts connections. Here the port is closed.
func TestContractWithAPortThatCloses(t *testing.T) {
	var mu sync.Mutex
	servers := map[transport.Transport]*httptest.Server{}
	receivers := map[transport.Transport]*receiver{}
	listen := func(in *receiver, address string) *httptest.Server {
		s := httptest.NewUnstartedServer(in)
		if address != "" {
			s.Listener.Close()
			l, err := net.Listen("tcp", address)
			require.NoError(t, err)
			s.Listener = l
		}
		s.Start()
		return s
	}
	transporttest.Run(t,
		func(t *testing.T) transport.Transport {
			in := &receiver{}
			s := listen(in, "")
			tr := open(t, s.URL)
			mu.Lock()
			defer mu.Unlock()
			servers[tr], receivers[tr] = s, in
			t.Cleanup(func() {
				mu.Lock()
				defer mu.Unlock()
				servers[tr].Close()
			})
			return tr
		},
		transporttest.Received(func(t transport.Transport) []transporttest.Flat {
			mu.Lock()
			defer mu.Unlock()
			return receivers[t].flats()
		}),
		transporttest.Arrives(arrives),
		transporttest.OrderedWithinSeries(),
		transporttest.Outage(
			func(t transport.Transport) {
				mu.Lock()
				defer mu.Unlock()
				servers[t].CloseClientConnections()
				servers[t].Close()
			},
			func(t transport.Transport) {
				mu.Lock()
				defer mu.Unlock()
				servers[t] = listen(receivers[t], servers[t].Listener.Addr().String())
			},
		))
}

func TestDescription(t *testing.T) {
	for _, form := range []otlp.Histograms{otlp.Summary, otlp.Exponential} {
		tr := open(t, "", func(c *otlp.Config) { c.Histograms = form })
		assert.Equal(t, transport.Description{Name: "otlp", Summaries: true, Sketches: true}, tr.Describe())
		observed := map[otlp.Histograms]transport.Temporality{otlp.Summary: transport.Overwrite, otlp.Exponential: transport.Additive}[form]
		for k, want := range map[transport.Kind]transport.Temporality{
			transport.KindCount: transport.Additive, transport.KindDistribution: transport.Additive,
			transport.KindGauge: transport.Overwrite, transport.KindRate: transport.Overwrite, transport.KindSet: transport.Overwrite,
			transport.KindHistogram: observed, transport.KindTiming: observed,
		} {
			assert.Equal(t, want, tr.Temporality(k), "%v as %v", k, form)
		}
	}
}
