package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// without returns the entries but for those that say that the function is idle.
func without(entries []string) []string {
	return slices.DeleteFunc(entries, func(e string) bool { return e == sawNext })
}

func TestMetricsArriveBeforeTheAnswer(t *testing.T) {
	for _, function := range []string{"context", "no context", "object", "generic", "background"} {
		t.Run(function, func(t *testing.T) {
			e := startFunction(t, function)
			for n := 1; n <= 2; n++ {
				out := e.invoke(order{Value: 2.5}, time.Minute)
				assert.False(t, out.failed)
				assert.JSONEq(t, `{"paid":2.5}`, out.body)
				assert.InDelta(t, 2.5*float64(n), e.intake.sum("orders.value"), 0)
			}
			entries, _ := e.journal.all()
			assert.Equal(t, []string{sawPoints, sawResponse, sawPoints, sawResponse}, without(entries))
		})
	}
}

// TestTheAnswerWaitsForTheIntakes has the intake hold its answer back: the order
// above cannot be luck.
func TestTheAnswerWaitsForTheIntakes(t *testing.T) {
	e := startFunction(t, "context")
	resume := e.intake.stall()
	defer resume()
	inv := e.runtime.send(encode(order{Value: 1}), time.Minute)
	e.await("points", func() bool { return e.journal.count(sawPoints) == 1 })
	e.journal.add("intake answers")
	resume()
	assert.False(t, e.outcome(inv).failed)
	entries, _ := e.journal.all()
	assert.Equal(t, []string{sawPoints, "intake answers", sawResponse}, without(entries))
}

func TestMetricsOfAFailedHandlerArriveBeforeItsError(t *testing.T) {
	e := startFunction(t, "context")
	out := e.invoke(order{Value: 3, Do: "fail"}, time.Minute)
	assert.True(t, out.failed)
	assert.Contains(t, out.body, "the shop is closed")
	assert.False(t, e.invoke(order{Value: 4}, time.Minute).failed, "the process goes on")
	assert.InDelta(t, 7, e.intake.sum("orders.value"), 0)
	entries, _ := e.journal.all()
	assert.Equal(t, []string{sawPoints, sawError, sawPoints, sawResponse}, without(entries))
}

func TestMetricsOfAPanicArriveBeforeItsError(t *testing.T) {
	e := startFunction(t, "context")
	out := e.invoke(order{Value: 3, Do: "panic"}, time.Minute)
	assert.True(t, out.failed)
	assert.Contains(t, out.body, "the shop is on fire")
	assert.InDelta(t, 3, e.intake.sum("orders.value"), 0)
	entries, _ := e.journal.all()
	assert.Equal(t, []string{sawPoints, sawError}, without(entries))
	select {
	case <-e.exited:
		assert.False(t, e.state.Success(), "aws-lambda-go ends a process that panicked")
	case <-time.After(patience):
		assert.Fail(t, "the process did not end")
	}
}

func TestNestedWrappersFlushOnce(t *testing.T) {
	e := startFunction(t, "nested")
	assert.False(t, e.invoke(order{Value: 5}, time.Minute).failed)
	assert.InDelta(t, 5, e.intake.sum("orders.value"), 0)
	assert.InDelta(t, 1, e.intake.sum("orders.outer"), 0)
	assert.Equal(t, 1, e.journal.count(sawPoints))
}

func TestAHangingIntakeCostsNoAnswer(t *testing.T) {
	e := startFunction(t, "wide margin") // of 1 s, for a machine with other work
	resume := e.intake.stall()
	defer resume()
	const timeout = 3 * time.Second
	out := e.invoke(order{Value: 1}, timeout)
	assert.False(t, out.failed)
	assert.JSONEq(t, `{"paid":1}`, out.body)
	assert.Less(t, out.took, timeout, "Lambda would have ended the process")
	assert.GreaterOrEqual(t, out.took, timeout-1100*time.Millisecond, "the flush has all but the margin")
	e.logged("transport=datadog") // who holds it up

	// The intake has taken the first value, and its answer is lost: sent again,
	// it would count twice.
	resume()
	assert.False(t, e.invoke(order{Value: 1}, time.Minute).failed)
	assert.InDelta(t, 2, e.intake.sum("orders.value"), 0)
}

func TestConcurrentInvocationsEachWaitForTheirMetrics(t *testing.T) {
	e := startFunction(t, "context", "AWS_LAMBDA_MAX_CONCURRENCY=4")
	e.idle(4)
	const each = 25
	var sent []*invocation
	for range 4 * each {
		sent = append(sent, e.runtime.send(encode(order{Value: 1}), time.Minute))
	}
	for n, inv := range sent {
		assert.False(t, e.outcome(inv).failed)
		assert.GreaterOrEqual(t, e.intake.sum("orders.value"), float64(n+1))
	}
	assert.InDelta(t, 4*each, e.intake.sum("orders.value"), 0)
}

func TestTheWarmUpOpensAConnectionOnce(t *testing.T) {
	e := startFunction(t, "warm")
	for range 3 {
		assert.False(t, e.invoke(order{Value: 1}, time.Minute).failed)
	}
	assert.InDelta(t, 3, e.intake.sum("orders.value"), 0)
	entries, _ := e.journal.all()
	assert.Equal(t, []string{
		sawValidate, sawPoints, sawResponse, sawPoints, sawResponse, sawPoints, sawResponse,
	}, without(entries))
	assert.Equal(t, 1, e.intake.connectionCount(), "and the flush uses it")
}

func TestAWrongHandlerSaysWhyAtEachInvocation(t *testing.T) {
	e := startFunction(t, "wrong shape")
	e.logged("want an error") // before any event
	for range 2 {
		out := e.invoke(order{}, time.Minute)
		require.True(t, out.failed)
		assert.Contains(t, out.body, "want an error")
	}
}
