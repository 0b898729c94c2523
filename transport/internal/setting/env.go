package setting

import (
	"os"
	"strings"
)

// Env returns what the environment has for the first of names that is set and not blank,
// without blanks around it; "" if none is.
func Env(names ...string) string {
	for _, name := range names {
		if v := strings.TrimSpace(os.Getenv(name)); v != "" {
			return v
		}
	}
	return ""
}
