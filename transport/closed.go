package transport

import "errors"

// ErrClosed is the cause of a Send to a transport that was closed.
var ErrClosed = errors.New("transport: closed")
