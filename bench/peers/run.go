package peers

import (
	"context"
	"fmt"
	"time"
)

// Run measures the workloads one after the other; each gets its share of the budget.
// progress, if given, is told before each what comes and how long the rest takes.
func Run(ctx context.Context, workloads []Workload, libraries []Library, plan Plan, progress func(done, of int, name string, left time.Duration)) ([]Result, error) {
	var shares float64
	for i := range workloads {
		shares += workloads[i].Share
	}
	var results []Result
	// What one workload takes beyond its time, to make its series for example, the
	// others have less.
	end := time.Now().Add(plan.Budget)
	for i, w := range workloads {
		left := max(0, time.Until(end))
		if progress != nil {
			progress(i, len(workloads), w.Name(), left)
		}
		r, err := Measure(ctx, w, libraries, plan, time.Duration(float64(left)*w.Share/shares))
		if err != nil {
			return nil, err
		}
		if len(r.Costs) == 0 {
			return nil, fmt.Errorf("%s: none of the %d libraries has it: give others with -lib", w.Name(), len(libraries))
		}
		results = append(results, r)
		shares -= w.Share
	}
	return results, nil
}
