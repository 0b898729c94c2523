package setting

import (
	"errors"
	"os"
	"strings"
)

// Variable returns the first of names that is set in the environment and not blank, and
// what it has, without blanks around it; "" and "" if none is.
func Variable(names ...string) (name, value string) {
	for _, name := range names {
		if v := strings.TrimSpace(os.Getenv(name)); v != "" {
			return name, v
		}
	}
	return "", ""
}

// Env is [Variable] for who wants the value alone.
func Env(names ...string) string {
	_, v := Variable(names...)
	return v
}

// Environment reads a Config from variables, and knows which field has its value from
// which.
type Environment struct {
	variables map[string]string
}

// Get is [Env] for a field.
func (e *Environment) Get(field string, names ...string) string {
	name, v := Variable(names...)
	if v != "" {
		e.Set(field, name)
	}
	return v
}

// Set notes which variable a field was made from.
func (e *Environment) Set(field, variable string) {
	if e.variables == nil {
		e.variables = map[string]string{}
	}
	e.variables[field] = variable
}

// Explain has the [Complaints] in err name the variables of their fields.
func (e *Environment) Explain(err error) error {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	explained := make([]error, len(all))
	for i, err := range all {
		explained[i] = err
		if c, ok := errors.AsType[*complaint](err); ok {
			name, _ := c.field()
			with := *c
			with.variable = e.variables[name]
			explained[i] = &with
		}
	}
	return errors.Join(explained...)
}
