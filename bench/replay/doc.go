// Package replay holds this library against datadogpy's ThreadStats: it feeds a
// real client with a log of submissions and shows what a Datadog server would get,
// under either profile.
package replay
