package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What the runtime API writes into the journal.
const (
	sawNext     = "next asked" // the process is idle: Lambda may freeze it
	sawResponse = "response posted"
	sawError    = "error posted"
)

// outcome is how a function answered.
type outcome struct {
	failed bool
	body   string
	took   time.Duration // from the event to the answer, as the caller sees it
}

// invocation is an event on its way.
type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
	begun    time.Time
	outcome  chan outcome // capacity 1
}

// lambdaRuntime stands in for the Lambda runtime API:
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type lambdaRuntime struct {
	*httptest.Server
	journal *journal
	events  chan *invocation
	quit    chan struct{}
	number  atomic.Int64

	mu      sync.Mutex
	running map[string]*invocation
}

func newRuntime(t *testing.T, j *journal) *lambdaRuntime {
	rt := &lambdaRuntime{
		journal: j, events: make(chan *invocation, 16), quit: make(chan struct{}),
		running: map[string]*invocation{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", rt.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", rt.answered(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", rt.answered(true))
	rt.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		close(rt.quit)
		rt.Close()
	})
	return rt
}

// address is what AWS_LAMBDA_RUNTIME_API is set to.
func (rt *lambdaRuntime) address() string { return strings.TrimPrefix(rt.URL, "http://") }

func (rt *lambdaRuntime) next(w http.ResponseWriter, r *http.Request) {
	rt.journal.add(sawNext)
	select {
	case inv := <-rt.events:
		rt.mu.Lock()
		rt.running[inv.id] = inv
		rt.mu.Unlock()
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", inv.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:123456789012:function:e2e")
		w.Header().Set("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000")
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(inv.payload)
	case <-rt.quit:
		w.WriteHeader(http.StatusServiceUnavailable)
	case <-r.Context().Done(): // the process ended
	}
}

func (rt *lambdaRuntime) answered(failed bool) http.HandlerFunc {
	entry := sawResponse
	if failed {
		entry = sawError
	}
	return func(w http.ResponseWriter, r *http.Request) {
		rt.journal.add(entry) // at the first byte, so what came before it is before it here
		body, err := io.ReadAll(r.Body)
		rt.mu.Lock()
		inv := rt.running[r.PathValue("id")]
		delete(rt.running, r.PathValue("id"))
		rt.mu.Unlock()
		if err != nil || inv == nil {
			http.Error(w, fmt.Sprintf("invocation %q is not running: %v", r.PathValue("id"), err), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		inv.outcome <- outcome{failed, string(body), time.Since(inv.begun)}
	}
}

// send queues an event with a deadline of so much from now on.
func (rt *lambdaRuntime) send(payload []byte, timeout time.Duration) *invocation {
	now := time.Now()
	inv := &invocation{
		id: "request-" + strconv.FormatInt(rt.number.Add(1), 10), payload: payload,
		deadline: now.Add(timeout), begun: now, outcome: make(chan outcome, 1),
	}
	rt.events <- inv
	return inv
}
