package replay

import (
	"bufio"
	"bytes"
	"encoding/json"
)

// HasScenarios reports whether what r reads is a file of golden scenarios; a log
// otherwise. It waits for the first bytes and consumes nothing.
func HasScenarios(r *bufio.Reader) bool {
	if _, err := r.Peek(1); err != nil {
		return false
	}
	start, _ := r.Peek(r.Buffered()) // all of it is there
	d := json.NewDecoder(bytes.NewReader(start))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return false
	}
	for {
		key, err := d.Token()
		if err != nil || key == json.Delim('}') {
			return false
		}
		if key == "scenarios" {
			return true
		}
		var skipped json.RawMessage
		if d.Decode(&skipped) != nil {
			return false
		}
	}
}
