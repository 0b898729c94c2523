package stats

// DetectHost is LocalHost on a machine that the test makes up.
var DetectHost = localHost
