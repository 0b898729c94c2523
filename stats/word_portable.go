//go:build !(amd64 || arm64) || shardstats_portable

package stats

func load64(s string, i int) uint64 {
	return load32(s, i) | load32(s, i+4)<<32
}

func load32(s string, i int) uint64 {
	return uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24
}

func (s *series) shape() uint64 {
	return uint64(s.Lens) | uint64(s.Kind)<<32 | uint64(s.Order)<<40 | uint64(s.Check)<<checkShift
}
