package setting

import (
	"errors"
	"fmt"
	"time"
)

// Complaints gathers what is wrong with a Config, so that its user mends all of it in
// one round. One goroutine uses it.
type Complaints struct {
	prefix string
	all    []error
}

// For returns one without a complaint about the Config of a transport's package.
func For(pkg string) *Complaints { return &Complaints{prefix: pkg + ": Config."} }

// Add complains; format begins with the name of the field.
func (c *Complaints) Add(format string, args ...any) {
	c.all = append(c.all, fmt.Errorf(c.prefix+format, args...))
}

// Between fills in *value if it is 0, and complains if it is not from low to high.
func (c *Complaints) Between(field string, value *int, low, high, byDefault int) {
	if *value == 0 {
		*value = byDefault
	}
	if *value < low || *value > high {
		c.Add("%s is %d: want %d to %d, or 0 for %d", field, *value, low, high, byDefault)
	}
}

// Positive fills in *value if it is 0, and complains if it is negative.
func (c *Complaints) Positive(field string, value *time.Duration, byDefault time.Duration) {
	switch {
	case *value == 0:
		*value = byDefault
	case *value < 0:
		c.Add("%s is %v: want more than 0, or 0 for %v", field, *value, byDefault)
	}
}

// Err joins the complaints, one on a line; nil if there is none.
func (c *Complaints) Err() error { return errors.Join(c.all...) }
