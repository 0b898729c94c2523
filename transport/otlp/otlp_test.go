package otlp_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/wiretest"
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
			func(t transport.Transport) { of(t).Answers(0, wiretest.Cut) },
			func(t transport.Transport) { of(t).Ask(nil) },
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
	var ports wiretest.Ports
	transporttest.Run(t,
		func(t *testing.T) transport.Transport {
			return ports.Open(t, unstarted(), func(url string) transport.Transport { return open(t, url) })
		},
		transporttest.Received(func(t transport.Transport) []transporttest.Flat { return ports.Handler(t).(*receiver).flats() }),
		transporttest.Arrives(arrives),
		transporttest.OrderedWithinSeries(),
		ports.Outage(t))
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
