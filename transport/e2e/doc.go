// Package e2e has tests only: of this library together with the clients and
// runtimes of others, which the root module must not depend on. `make e2e` runs
// them. All servers are in the test's process, on loopback.
//
// Lambda: aws-lambda-go serves a wrapped handler in a process of its own, against
// a stand-in for the Lambda runtime API and one for Datadog's intake.
package e2e
