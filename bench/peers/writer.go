package peers

import (
	"io"
	"time"
)

// never is an interval for libraries that flush by themselves and are to flush when
// told.
const never = 24 * time.Hour

// writeCloser is a writer for those that want to close it.
type writeCloser struct{ io.Writer }

func (writeCloser) Close() error { return nil }

func nothing() error { return nil }
