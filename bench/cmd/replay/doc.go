// Command replay shows what this library sends for a log of submissions, so that
// somebody who comes from datadogpy's ThreadStats can hold it against what that
// sends. Package replay describes the log.
//
//	go run ./cmd/replay submissions.jsonl
//	tail -f submissions.jsonl | go run ./cmd/replay -profile threadstats
//	go run ./cmd/replay -quiet replay/testdata/threadstats.json
//
// For each flush it prints the requests, under the ThreadStats profile and under
// the default one. For a file of golden scenarios, which holds what datadogpy put
// out, it also says of each scenario whether the ThreadStats profile gives the
// same, and what differs. The last lines say what was refused or dropped.
//
// A line of a log that is wrong is named with its number; the others are replayed.
//
// The exit status is 0, or 1 if a scenario differs that should not or a line was
// wrong, or 2 if it could not work.
package main
