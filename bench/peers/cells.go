package peers

import (
	"fmt"
	"io"
	"sync"
)

// cells are the counters or histograms of a library that has nothing but those: no
// names, no tags, no flush. What stands in for a flush reads each and writes a line.
type cells[T any] struct {
	mu   sync.Mutex
	byID map[string]*T
	make func() *T
}

// of returns the cell of each series.
func (c *cells[T]) of(all []Series) []*T {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID == nil {
		c.byID = make(map[string]*T, len(all))
	}
	found := make([]*T, len(all))
	for i := range all {
		cell := c.byID[all[i].ID]
		if cell == nil {
			cell = c.make()
			c.byID[all[i].ID] = cell
		}
		found[i] = cell
	}
	return found
}

// flush writes what read returns for each cell.
func (c *cells[T]) flush(w io.Writer, read func(*T) int64) func() error {
	return func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		for id, cell := range c.byID {
			if _, err := fmt.Fprintf(w, "%s %d\n", id, read(cell)); err != nil {
				return err
			}
		}
		return nil
	}
}
