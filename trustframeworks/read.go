package trustframeworks

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"
)

// The limits of a document. Beyond them it is document.too_large.
const (
	MaxSize   = 1 << 20 // bytes
	MaxTokens = 60_000  // of YAML; its parser takes quadratic time
	MaxDepth  = 64      // the root is 1
	MaxValues = 100_000 // scalars, lists and objects together
)

// A reader turns source into values of encoding/json's kinds, and remembers
// where each stood.
type reader struct {
	source positions
	found  []Finding
	values int
}

// errStop ends reading; what was wrong is among the findings.
var errStop = errors.New("stopped at a finding")

// read reads source that begins with "{" as JSON, and any other as YAML.
func read(raw []byte) (any, positions, []Finding) {
	r := &reader{source: positions{}}
	if len(raw) > MaxSize {
		return nil, nil, []Finding{{Line: 1, Column: 1, Code: CodeTooLarge, Message: fmt.Sprintf("the document has %d bytes, more than %d", len(raw), MaxSize)}}
	}
	if at := invalidUTF8(raw); at >= 0 {
		p := newCursor(raw).place(at)
		return nil, nil, []Finding{{Line: p.line, Column: p.column, Code: CodeSyntax, Message: "the document is not UTF-8"}}
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	var v any
	var err error
	if bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) {
		v, err = r.json(raw)
	} else {
		v, err = r.yaml(raw)
	}
	if err != nil || len(r.found) > 0 {
		return nil, r.source, r.found
	}
	return v, r.source, nil
}

// invalidUTF8 gives the offset of the first byte that is not UTF-8, or -1.
func invalidUTF8(raw []byte) int {
	for i := 0; i < len(raw); {
		c, n := utf8.DecodeRune(raw[i:])
		if c == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// enter counts a value at path and depth, and notes where it stands.
func (r *reader) enter(path string, depth int, at position) error {
	if _, ok := r.source[path]; !ok { // a member's place is its name's
		r.source[path] = at
	}
	if r.values++; r.values > MaxValues {
		return r.stop(path, CodeTooLarge, at, "the document has more than %d values", MaxValues)
	}
	if depth > MaxDepth {
		return r.stop(path, CodeTooLarge, at, "the document is nested deeper than %d", MaxDepth)
	}
	return nil
}

// member counts a member of an object; a second of one name is a finding.
func (r *reader) member(object map[string]any, path, name string, at position) {
	if _, twice := object[name]; twice {
		r.note(path, CodeDuplicate, at, "the member %q is given twice", name)
	}
	r.source[path] = at
	r.text(path, name, at)
}

// text refuses control characters but tab and line ends, which no text and no
// name needs and terminals obey.
func (r *reader) text(path, s string, at position) {
	for _, c := range s {
		if (c < ' ' && c != '\n' && c != '\t' && c != '\r') || (c >= 0x7f && c <= 0x9f) {
			r.note(path, CodeSyntax, at, "the text holds the control character %U", c)
			return
		}
	}
}

func (r *reader) note(path, code string, at position, format string, args ...any) {
	if len(r.found) < MaxFindings {
		r.found = append(r.found, Finding{Path: path, Line: at.line, Column: at.column, Code: code, Message: fmt.Sprintf(format, args...)})
	}
}

func (r *reader) stop(path, code string, at position, format string, args ...any) error {
	r.note(path, code, at, format, args...)
	return errStop
}
