package datadog

import "unicode/utf8"

// schemaVersion is the version of Datadog's protobuf definitions (agent-payload)
// that what is encoded here keeps to. Their own senders say theirs in a header, too.
const schemaVersion = "5.0.215"

// valid returns s with U+FFFD for each byte that is not part of valid UTF-8, which
// no string of protobuf may hold: one for each, as in JSON, so that a host has the
// same name in both. It allocates only if there is one.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}
