package rollup

// Free returns how many rows of a number a memory has for reuse.
func Free(m *Memory, number int) (n int) {
	if number >= len(m.free) {
		return 0
	}
	for r := m.free[number]; r != nil; r = r.next {
		n++
	}
	return n
}
