// Package servers runs the servers of others for the tests around it: each
// function starts one on loopback and returns when it answers, and the end of the
// test ends it. What comes back says where the server listens, and reads what it
// got in the server's own way.
//
// A server that is not there skips the test and says how to get it; with CI=true
// in the environment it fails the test instead. If SHARDSTATS_SKIPPED names a
// file, each skipped test adds a line to it, so that a summary can follow a run
// that hides the output of tests that pass.
//
// A server keeps its ports and its data over [Process.Kill] and [Process.Start].
// The ports lie below those that the kernel gives to clients, so that nobody takes
// them in between. A failed test shows the end of what its servers printed.
//
//	vm := servers.VictoriaMetrics(t)
//	tr, err := datadog.New(datadog.Config{APIKey: key, URL: vm.URL + "/datadog"})
//	…
//	for _, s := range vm.Export(`{__name__="requests"}`) {
//		t.Log(s.Metric, s.Values, s.Timestamps)
//	}
//
// The methods may be called from any goroutine; those that fail the test do so
// with Errorf and return a zero value.
package servers
