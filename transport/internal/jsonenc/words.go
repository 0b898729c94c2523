package jsonenc

// Most strings need no escape, and eight of their bytes can be looked at at once. A
// byte is marked by its highest bit; none of the sums carries into the next byte, for
// both of their parts are below 0x80.
const (
	ones  = 0x0101_0101_0101_0101
	highs = 0x80 * ones
)

// eight returns s[i:i+8] in one word.
func eight(s string, i int) uint64 {
	b := s[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// special marks the bytes of w that stand for themselves in no string, or may not:
// control characters, quotes, backslashes and all that is not ASCII.
func special(w uint64) uint64 {
	ascii := w &^ highs
	quote, backslash := ascii^'"'*ones, ascii^'\\'*ones
	plain := (ascii + (0x80-' ')*ones) &^ (ascii + 1*ones) & // from a space, and not 0x7f
		(quote + 0x7f*ones) & (backslash + 0x7f*ones) // not zero
	return (w | ^plain) & highs
}

// isPlain reports whether s is the same in quotes as it is without.
func isPlain(s string) bool {
	if len(s) < 8 {
		for i := range len(s) {
			if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
				return false
			}
		}
		return true
	}
	for i := 0; i < len(s)-8; i += 8 {
		if special(eight(s, i)) != 0 {
			return false
		}
	}
	return special(eight(s, len(s)-8)) == 0 // maybe some of them again
}
