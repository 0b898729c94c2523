package transport_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/shardstats/shardstats/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBatchIDs(t *testing.T) {
	id := transport.BatchID{Process: 0xbeef, Seq: 12}
	assert.Equal(t, "000000000000beef-12", id.String())
	id.Part = 3
	assert.Equal(t, "000000000000beef-12.3", id.String())
}

func TestPoints(t *testing.T) {
	assert.Zero(t, (&transport.Batch{}).Points())
	b := &transport.Batch{Series: []transport.Series{{Points: make([]transport.Point, 2)}, {}, {Points: make([]transport.Point, 3)}}}
	assert.Equal(t, 5, b.Points())
}

func TestNamesOfValues(t *testing.T) {
	for v, want := range map[fmt.Stringer]string{
		transport.KindCount: "count", transport.KindRate: "rate", transport.KindGauge: "gauge", transport.KindSet: "set",
		transport.KindHistogram: "histogram", transport.KindTiming: "timing", transport.KindDistribution: "distribution",
		transport.Kind(0): "kind 0", transport.Kind(99): "kind 99",
		transport.Permanent: "permanent", transport.Retry: "retry", transport.Unknown: "unknown",
		transport.TooLarge: "too large", transport.Poison: "poison", transport.Denied: "denied",
		transport.Outcome(-1): "outcome -1", transport.Outcome(6): "outcome 6",
		transport.Additive: "additive", transport.Overwrite: "overwrite", transport.Temporality(7): "temporality 7",
	} {
		assert.Equal(t, want, v.String())
	}
}

func TestSendErrorSaysWhatHappened(t *testing.T) {
	cause := errors.New("no route to host")
	for _, c := range []struct {
		err  *transport.SendError
		want string
	}{
		{&transport.SendError{}, "transport: send: permanent"},
		{&transport.SendError{Outcome: transport.Unknown}, "transport: send: unknown"},
		{&transport.SendError{Outcome: transport.Retry, Err: cause, After: time.Second}, "no route to host"},
		{&transport.SendError{Err: cause, Delivered: 4}, "no route to host (after 4 points were delivered)"},
		{
			&transport.SendError{Err: cause, Delivered: 1, Rejected: []transport.Rejection{{Index: 1, Reason: "too large"}, {Index: 2}}},
			"no route to host (after 1 points were delivered) (2 points rejected, the first: too large)",
		},
		{
			&transport.SendError{Err: cause, Delivered: 2, Rejected: []transport.Rejection{{Index: 0, Reason: "refused"}, {Index: 1}}},
			"no route to host (2 points rejected, the first: refused)",
		},
	} {
		assert.Equal(t, c.want, c.err.Error())
	}
	require.ErrorIs(t, &transport.SendError{Err: cause}, cause)
}

func TestAsSendError(t *testing.T) {
	assert.Nil(t, transport.AsSendError(nil))

	plain := errors.New("plain")
	se := transport.AsSendError(plain)
	require.NotNil(t, se)
	assert.Equal(t, transport.Permanent, se.Outcome)
	require.ErrorIs(t, se, plain)

	retry := &transport.SendError{Outcome: transport.Retry}
	assert.Same(t, retry, transport.AsSendError(retry))
	assert.Same(t, retry, transport.AsSendError(fmt.Errorf("wrapped: %w", retry)))

	var none *transport.SendError
	assert.Nil(t, transport.AsSendError(none), "a nil SendError means no error")
}
