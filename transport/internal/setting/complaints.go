package setting

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Complaints gathers what is wrong with a Config, so that its user mends all of it in
// one round. One goroutine uses it.
type Complaints struct {
	pkg string
	all []error
}

// For returns one without a complaint about the Config of a transport's package.
func For(pkg string) *Complaints { return &Complaints{pkg: pkg} }

// Add complains; format begins with the name of the field.
func (c *Complaints) Add(format string, args ...any) {
	c.all = append(c.all, &complaint{pkg: c.pkg, err: fmt.Errorf(format, args...)})
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

// complaint is what is wrong with one field.
type complaint struct {
	pkg      string
	err      error  // begins with the field's name
	variable string // of the environment, which the field was read from; "" if it was not
}

// field returns the field's name, and what is said about it.
func (c *complaint) field() (name, what string) {
	name, what, _ = strings.Cut(c.err.Error(), " ")
	return name, what
}

func (c *complaint) Error() string {
	name, what := c.field()
	if c.variable != "" {
		name += " (" + c.variable + ")"
	}
	return c.pkg + ": Config." + name + " " + what
}

func (c *complaint) Unwrap() error { return c.err }
