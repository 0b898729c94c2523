package scaling

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Term is one part of a line: what it is counted in, and what one of it costs.
type Term struct {
	Name string
	NS   float64
	of   func(*FlushCost) float64
}

// Line is what flushes cost by least squares.
type Line struct {
	Terms []Term
	Costs []FlushCost
	// Residuals are, for each of Costs, what was measured by what the line says, less 1.
	Residuals []float64
}

// FitLine returns the line of some flushes:
//
//	ns = a + b·live + c·live·shards + d·touched + e·touched·shards + f·lines
//
// where lines are those that submitters wrote since the flush before: a cache line
// has the cells of eight counters in one shard, and the touched ones are spread
// evenly. Costs lie four powers of ten apart, so what is made small is the relative error.
// It fails if the costs are too few, or too much alike, to tell the terms apart.
func FitLine(costs []FlushCost) (*Line, error) {
	line := &Line{Costs: costs, Terms: []Term{
		{Name: "a flush", of: func(*FlushCost) float64 { return 1 }},
		{Name: "a live series", of: func(c *FlushCost) float64 { return float64(c.Series) }},
		{Name: "a live series and shard: a cell looked at", of: func(c *FlushCost) float64 { return float64(c.Series * c.Shards) }},
		{Name: "a touched series", of: func(c *FlushCost) float64 { return float64(c.Touched) }},
		{Name: "a touched series and shard: a cell taken", of: func(c *FlushCost) float64 { return float64(c.Touched * c.Shards) }},
		{Name: "a line that submitters wrote", of: (*FlushCost).lines},
	}}
	if !severalShards(costs) { // what is told apart by shards alone is one then
		line.Terms = slices.Delete(line.Terms, 2, 3)
		line.Terms = slices.Delete(line.Terms, 3, 5)
	}
	var rows [][]float64
	var ones []float64
	for i := range costs {
		ns := costs[i].median()
		if ns <= 0 {
			return nil, fmt.Errorf("scaling: a flush of %d series took no time: measure it first", costs[i].Series)
		}
		row := make([]float64, len(line.Terms))
		for j := range line.Terms {
			row[j] = line.Terms[j].of(&costs[i]) / ns
		}
		rows, ones = append(rows, row), append(ones, 1)
	}
	solved, err := leastSquares(rows, ones)
	if err != nil {
		return nil, fmt.Errorf("scaling: the line of %d flushes: %w", len(costs), err)
	}
	for j := range line.Terms {
		line.Terms[j].NS = solved[j]
	}
	for i := range costs {
		line.Residuals = append(line.Residuals, costs[i].median()/line.At(&costs[i])-1)
	}
	return line, nil
}

// lineCells is how many cells a cache line has.
const lineCells = 64 / 8

// lines returns how many cache lines a flush found written.
func (c *FlushCost) lines() float64 {
	return float64(c.Shards) * min(float64(c.Touched), float64(c.Series)/lineCells)
}

func severalShards(costs []FlushCost) bool {
	return slices.ContainsFunc(costs, func(c FlushCost) bool { return c.Shards != costs[0].Shards })
}

// Split returns the costs of flushes that found what they need in a cache of so many
// bytes, and of the others: a line that is to fit both fits neither.
func Split(costs []FlushCost, cacheBytes int) (within, beyond []FlushCost) {
	const seriesBytes = 200 // of a counter with three tags, with what the flusher keeps of it
	for _, c := range costs {
		if c.Series*seriesBytes+c.Series*c.Shards*8 <= cacheBytes {
			within = append(within, c)
		} else {
			beyond = append(beyond, c)
		}
	}
	return within, beyond
}

// At returns what a flush costs by the line, in nanoseconds.
func (l *Line) At(c *FlushCost) (ns float64) {
	for i := range l.Terms {
		ns += l.Terms[i].NS * l.Terms[i].of(c)
	}
	return ns
}

var errAlike = errors.New("too few that differ in what the terms count: measure more sizes")

// leastSquares returns x with the smallest |rows·x − y|, by Householder's
// reflections (Golub 1965), which lose half as many digits as the normal equations.
// Columns are scaled, since the terms are counted in numbers far apart. It works on
// copies.
func leastSquares(rows [][]float64, y []float64) ([]float64, error) {
	if len(rows) == 0 || len(rows) < len(rows[0]) {
		return nil, errAlike
	}
	n := len(rows[0])
	scale := make([]float64, n)
	for j := range n {
		for _, row := range rows {
			scale[j] = math.Hypot(scale[j], row[j])
		}
		if scale[j] == 0 {
			return nil, errAlike
		}
	}
	a := make([][]float64, len(rows)) // with y as the last column
	for i, row := range rows {
		a[i] = make([]float64, n+1)
		for j := range row {
			a[i][j] = row[j] / scale[j]
		}
		a[i][n] = y[i]
	}
	for j := range n {
		if err := reflect(a, j); err != nil {
			return nil, err
		}
	}
	x := make([]float64, n)
	for j := n - 1; j >= 0; j-- {
		x[j] = a[j][n]
		for k := j + 1; k < n; k++ {
			x[j] -= a[j][k] * x[k]
		}
		x[j] /= a[j][j]
	}
	for j := range x {
		x[j] /= scale[j]
	}
	return x, nil
}

// reflect makes zeros below the diagonal of column j.
func reflect(a [][]float64, j int) error {
	norm := 0.0
	for i := j; i < len(a); i++ {
		norm = math.Hypot(norm, a[i][j])
	}
	const alike = 1e-9 // of a column whose length was 1
	if norm < alike {
		return errAlike
	}
	if a[j][j] > 0 {
		norm = -norm
	}
	v := make([]float64, len(a)) // the reflector, from row j on
	length := 0.0
	for i := j; i < len(a); i++ {
		v[i] = a[i][j]
		if i == j {
			v[i] -= norm
		}
		length += v[i] * v[i]
	}
	for k := j; k < len(a[j]); k++ {
		dot := 0.0
		for i := j; i < len(a); i++ {
			dot += v[i] * a[i][k]
		}
		for i := j; i < len(a); i++ {
			a[i][k] -= 2 * dot / length * v[i]
		}
	}
	return nil
}
