// Package discard is a transport that takes everything and keeps nothing: for
// measuring what the library itself costs, and for programs that want metrics
// switched off by configuration without a second code path.
//
// It asks for summaries and set members, so that the flusher does not expand
// what nobody will see. A client that should not even aggregate is made with
// stats.WithDisabled instead.
package discard
