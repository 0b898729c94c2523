package e2e

import (
	"compress/zlib"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// What the intake writes into the journal.
const (
	sawPoints   = "points arrived"
	sawValidate = "validate asked"
)

// intake stands in for Datadog: it keeps the last value of a count, and adds up
// distributions.
type intake struct {
	*httptest.Server
	journal *journal

	mu            sync.Mutex
	hang          chan struct{}      // while it is not nil, nobody gets an answer
	counts        map[string]float64 // by series and time
	distributions map[string]float64 // by name
	names         map[string]string  // of a count's key
	connections   map[string]bool
}

func newIntake(t *testing.T, j *journal) *intake {
	in := &intake{
		journal: j, counts: map[string]float64{}, distributions: map[string]float64{},
		names: map[string]string{}, connections: map[string]bool{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/validate", in.validate)
	mux.HandleFunc("POST /api/v1/series", in.points(in.keepCount))
	mux.HandleFunc("POST /api/v1/distribution_points", in.points(in.addDistribution))
	in.Server = httptest.NewServer(mux)
	t.Cleanup(in.Close)
	return in
}

// stall makes the intake take everything and answer nothing until the returned
// function is called.
func (in *intake) stall() (resume func()) {
	hang := make(chan struct{})
	in.mu.Lock()
	in.hang = hang
	in.mu.Unlock()
	return sync.OnceFunc(func() {
		in.mu.Lock()
		in.hang = nil
		in.mu.Unlock()
		close(hang)
	})
}

func (in *intake) validate(w http.ResponseWriter, r *http.Request) {
	in.meet(r)
	in.journal.add(sawValidate)
	fmt.Fprint(w, `{"valid":true}`)
}

func (in *intake) meet(r *http.Request) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.connections[r.RemoteAddr] = true
}

type wireSeries struct {
	Metric string               `json:"metric"`
	Points [][2]json.RawMessage `json:"points"`
	Tags   []string             `json:"tags"`
}

func (in *intake) points(keep func(*wireSeries, [2]json.RawMessage) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in.meet(r)
		var doc struct {
			Series []wireSeries `json:"series"`
		}
		z, err := zlib.NewReader(r.Body)
		if err == nil {
			err = json.NewDecoder(z).Decode(&doc)
		}
		in.mu.Lock()
		for i := range doc.Series {
			for _, p := range doc.Series[i].Points {
				if err == nil {
					err = keep(&doc.Series[i], p)
				}
			}
		}
		hang := in.hang
		in.mu.Unlock()
		if err != nil {
			in.journal.add("unreadable points: " + err.Error())
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		in.journal.add(sawPoints)
		if hang != nil {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		}
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, `{"status":"ok"}`)
	}
}

// keepCount and addDistribution are called with in.mu held.
func (in *intake) keepCount(s *wireSeries, p [2]json.RawMessage) error {
	key := fmt.Sprintf("%s %q %s", s.Metric, s.Tags, p[0])
	var v float64
	err := json.Unmarshal(p[1], &v)
	in.counts[key], in.names[key] = v, s.Metric
	return err
}

func (in *intake) addDistribution(s *wireSeries, p [2]json.RawMessage) error {
	var values []float64
	err := json.Unmarshal(p[1], &values)
	for _, v := range values {
		in.distributions[s.Metric] += v
	}
	return err
}

// sum is what Datadog would show for the whole of a metric.
func (in *intake) sum(name string) float64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	sum := in.distributions[name]
	for key, value := range in.counts {
		if in.names[key] == name {
			sum += value
		}
	}
	return sum
}

func (in *intake) connectionCount() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.connections)
}
