package trustframeworks

import (
	"sort"
	"unicode/utf8"
)

// lineStarts gives the offset at which each line begins.
func lineStarts(raw []byte) []int {
	starts := []int{0}
	for i, c := range raw {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// at turns an offset into line and column without counting from the top. A
// line's first 4096 bytes are counted in characters, what follows in bytes: a
// document on one line must not take quadratic time.
func (s *jsonSource) at(offset int) position {
	offset = min(max(offset, 0), len(s.raw))
	line := sort.SearchInts(s.lines, offset+1) - 1
	start := s.lines[line]
	near := min(offset, start+4096)
	return position{line: line + 1, column: utf8.RuneCount(s.raw[start:near]) + offset - near + 1}
}
