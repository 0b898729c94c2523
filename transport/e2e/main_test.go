package e2e

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// functionEnv makes the test binary one of the functions instead.
const functionEnv = "SHARDSTATS_E2E_FUNCTION"

func TestMain(m *testing.M) {
	if name := os.Getenv(functionEnv); name != "" {
		start, ok := functions[name]
		if !ok {
			fmt.Fprintf(os.Stderr, "e2e: there is no function %q\n", name)
			os.Exit(2)
		}
		start() // never returns
	}
	goleak.VerifyTestMain(m)
}
