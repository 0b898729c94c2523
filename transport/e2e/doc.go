// Package e2e has tests only: of this library together with the servers, clients
// and runtimes of others, which the root module must not depend on. `make e2e`
// gets what is missing and runs them; package servers starts the servers.
//
// What a client submits is read back from the server and compared with what a
// plain aggregation of the same calls gives: series, times, values, each once.
//
// Lambda: aws-lambda-go serves a wrapped handler in a process of its own, against
// a stand-in for the Lambda runtime API and one for Datadog's intake.
package e2e
