package datadog

// Most names and tags are spelled on the wire as they are. That is looked at eight
// bytes at a time, since each string of each series passes here at each flush. A byte
// is marked by its highest bit; none of the sums carries into the next byte, for both
// of their parts are below 0x80.
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

// within marks the bytes of w, which are ASCII, that are from low to high.
func within(w uint64, low, high byte) uint64 {
	return (w + ones*uint64(0x80-low)) &^ (w + ones*uint64(0x7f-high)) & highs
}

// nameIsFine reports whether wireName leaves a name as it is.
func nameIsFine(name string) bool {
	if name == "" || len(name) > maxNameBytes || !isLetter(name[0]) {
		return false
	}
	if len(name) < 8 {
		for i := range len(name) {
			if !nameByte(name[i]) {
				return false
			}
		}
		return true
	}
	for i := 0; i < len(name)-8; i += 8 {
		if !nameBytes(eight(name, i)) {
			return false
		}
	}
	return nameBytes(eight(name, len(name)-8)) // maybe some of them again
}

func nameByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' || c == '.' }

// nameBytes is nameByte for each byte of w.
func nameBytes(w uint64) bool {
	ascii := w &^ highs
	ok := within(ascii|' '*ones, 'a', 'z') | within(ascii, '0', '9') | within(ascii, '_', '_') | within(ascii, '.', '.')
	return ok&^w == highs
}

// tagIsFine looks for the plain spellings that most tags have; it may say no to
// a tag that wireTag then leaves as it is.
func tagIsFine(tag string) bool {
	if tag == "" || len(tag) > maxTagRunes || tag[len(tag)-1] == '_' {
		return false
	}
	if len(tag) < 8 {
		for i := range len(tag) {
			if c := tag[i]; !tagByte(c) || c == '_' && tag[i+1] == '_' { // it is not the last
				return false
			}
		}
		return true
	}
	for i := 0; i < len(tag)-8; i += 7 { // one byte twice, so that each pair is in a word
		if !tagBytes(eight(tag, i)) {
			return false
		}
	}
	return tagBytes(eight(tag, len(tag)-8))
}

func tagByte(c byte) bool { return c >= 'a' && c <= 'z' || c >= '-' && c <= ':' || c == '_' } // -./0123456789:

// tagBytes is tagByte for each byte of w, and no underscore follows another.
func tagBytes(w uint64) bool {
	ascii := w &^ highs
	underscores := within(ascii, '_', '_')
	ok := within(ascii, 'a', 'z') | within(ascii, '-', ':') | underscores
	return ok&^w == highs && underscores&(underscores<<8) == 0
}
