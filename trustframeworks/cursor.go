package trustframeworks

import (
	"bytes"
	"unicode/utf8"
)

// A cursor turns offsets into lines and columns. It counts on from the last
// one, so that a document on one long line takes no quadratic time.
type cursor struct {
	raw    []byte
	offset int
	at     position // of offset
}

func newCursor(raw []byte) *cursor { return &cursor{raw: raw, at: position{1, 1}} }

// place gives line and column of an offset, both from 1.
func (c *cursor) place(offset int) position {
	offset = min(max(offset, 0), len(c.raw))
	if offset < c.offset {
		c.offset, c.at = 0, position{1, 1}
	}
	passed := c.raw[c.offset:offset]
	if lines := bytes.Count(passed, []byte("\n")); lines > 0 {
		passed = passed[bytes.LastIndexByte(passed, '\n')+1:]
		c.at = position{c.at.line + lines, 1}
	}
	c.at.column += utf8.RuneCount(passed)
	c.offset = offset
	return c.at
}
