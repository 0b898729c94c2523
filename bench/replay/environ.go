package replay

import (
	"errors"
	"os"
	"sync"
)

// Variables are those of the environment that stats.FromEnv reads.
var Variables = []string{"DATADOG_TAGS", "DD_TAGS", "DD_ENV", "DD_SERVICE", "DD_VERSION", "DD_HOSTNAME"}

// Environ returns what the process's environment has of them, for [Config].
func Environ() map[string]string {
	env := map[string]string{}
	for _, name := range Variables {
		if value, ok := os.LookupEnv(name); ok {
			env[name] = value
		}
	}
	return env
}

// oneEnviron keeps apart those who change the environment.
var oneEnviron sync.Mutex

// within calls do while the environment holds env and nothing else of Variables,
// and puts back what was there.
func within(env map[string]string, do func() error) (err error) {
	oneEnviron.Lock()
	defer oneEnviron.Unlock()
	before := Environ()
	defer func() { err = errors.Join(err, setEnviron(before)) }()
	if err := setEnviron(env); err != nil {
		return err
	}
	return do()
}

func setEnviron(env map[string]string) error {
	var errs []error
	for _, name := range Variables {
		if value, ok := env[name]; ok {
			errs = append(errs, os.Setenv(name, value))
		} else {
			errs = append(errs, os.Unsetenv(name))
		}
	}
	return errors.Join(errs...)
}
