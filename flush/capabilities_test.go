package flush_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/memory"
)

// bare has no capabilities.
type bare struct{}

func (bare) Send(context.Context, *transport.Batch) error { return nil }
func (bare) Close(context.Context) error                  { return nil }

// asked counts how often it is asked, and may panic instead.
type asked struct {
	bare
	times  int
	panics bool
}

func (a *asked) Describe() transport.Description {
	a.times++
	if a.panics {
		panic("not now")
	}
	return transport.Description{Name: "asked"}
}

func TestNamesOfTransports(t *testing.T) {
	var names []string
	r := manual(t, func(c *flush.Config) {
		c.Transports = []flush.TransportConfig{
			{Transport: memory.New()},
			{Transport: bare{}},
			{Transport: memory.New()},
			{Transport: &asked{}, Name: "mine"},
			{Transport: memory.New(), Name: "memory#3"},
			{Transport: memory.New()},
		}
	})
	for _, b := range r.Books() {
		names = append(names, b.Transport)
	}
	assert.Equal(t, []string{"memory", "flush_test", "memory#2", "mine", "memory#3", "memory#4"}, names)
}

func TestATransportIsAskedOnce(t *testing.T) {
	a := &asked{}
	r := manual(t, nil, a)
	r.src.count(r.cat.add(transport.KindCount, "c"), 1)
	r.flushAll()
	assert.Equal(t, 1, a.times)
	assert.Equal(t, "asked", r.Books()[0].Transport)
}

func TestATransportThatPanicsWhenAsked(t *testing.T) {
	f, err := flush.New(flush.Config{
		Percentiles: []float64{0.5, 0.5},
		Transports:  []flush.TransportConfig{{Transport: &asked{panics: true}}, {Transport: bare{}}},
	})
	assert.Nil(t, f)
	require.ErrorContains(t, err, "flush: transport *flush_test.asked panics in Describe or Temporality: not now")
	assert.ErrorContains(t, err, "both named", "all complaints at once")
}
