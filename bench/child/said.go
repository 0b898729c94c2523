package child

import "strings"

// said keeps the beginning of what is written to it: of a crash, the reason stands
// first and many stacks follow.
type said struct{ kept []byte }

const saidBytes = 2000

func (s *said) Write(p []byte) (int, error) {
	s.kept = append(s.kept, p[:min(len(p), saidBytes-len(s.kept))]...)
	return len(p), nil
}

func (s *said) text() string { return strings.TrimSpace(string(s.kept)) }
