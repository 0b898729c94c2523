// Package memory is a transport that keeps what it gets, for tests.
//
//	sink := memory.New()
//	client, err := stats.New(stats.WithTransport(sink), stats.WithManualFlush())
//	…
//	client.Flush(ctx)
//	requests := sink.Sum("http.requests", "route:users")
//
// It keeps deep copies in the order of arrival until [Transport.Reset]. Nothing
// bounds them: it is not for production.
//
// It can also fail on demand ([Transport.FailNext], [Transport.SetSend]) and
// hold a Send up ([Transport.Block]), for tests of what a service does when its
// metrics backend does not answer.
//
// All methods may be called by any goroutine at any time.
package memory
