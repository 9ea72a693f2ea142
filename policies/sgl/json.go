package sgl

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// errSyntax is wrapped by errors about text that is not JSON (RFC 8259).
var errSyntax = errors.New("not JSON")

// maxNesting bounds the recursion of the reader, far beyond MaxDepth.
const maxNesting = 10000

// words are the literal names of JSON.
var words = []struct {
	text  []byte
	value any
}{{[]byte("true"), true}, {[]byte("false"), false}, {[]byte("null"), nil}}

// A reader reads one JSON text without any of the choices that RFC 8259 leaves
// to a parser: what parsers may read differently is no value, so that nobody
// sees another rule than we decide. Grammar ends the reading; a duplicate member
// (compared after unescaping), an unpaired surrogate, and a number outside IEEE
// doubles are kept in loose, because the text still shows which line it is.
type reader struct {
	in    []byte
	at    int
	depth int
	loose string
	idRaw []byte // the text of the outermost object's member id; nil if absent
	idBad bool   // given twice, or itself loose
}

func (r *reader) fail(what string) error {
	return fmt.Errorf("%s at byte %d: %w", what, r.at, errSyntax)
}

func (r *reader) loosely(what string) {
	if r.loose == "" {
		r.loose = what
	}
}

// read reads the whole text.
func (r *reader) read() (any, error) {
	if !utf8.Valid(r.in) {
		return nil, r.fail("text that is not UTF-8")
	}
	v, err := r.value()
	if err != nil {
		return nil, err
	}
	if r.space(); r.at < len(r.in) {
		return nil, r.fail("more text behind the value")
	}
	return v, nil
}

func (r *reader) space() {
	for r.at < len(r.in) && bytes.IndexByte([]byte(" \t\r\n"), r.in[r.at]) >= 0 {
		r.at++
	}
}

// next skips space and takes c if it comes next.
func (r *reader) next(c byte) bool {
	r.space()
	if r.at < len(r.in) && r.in[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *reader) value() (any, error) {
	if r.depth++; r.depth > maxNesting {
		return nil, r.fail("nesting too deep")
	}
	defer func() { r.depth-- }()
	switch {
	case r.next('{'):
		return r.object()
	case r.next('['):
		return r.array()
	case r.next('"'):
		return r.text()
	}
	for _, w := range words {
		if bytes.HasPrefix(r.in[r.at:], w.text) {
			r.at += len(w.text)
			return w.value, nil
		}
	}
	return r.number()
}

func (r *reader) object() (any, error) {
	out := map[string]any{}
	if r.next('}') {
		return out, nil
	}
	for {
		if !r.next('"') {
			return nil, r.fail("no member name")
		}
		name, err := r.text()
		if err != nil {
			return nil, err
		}
		if !r.next(':') {
			return nil, r.fail("no colon")
		}
		if _, twice := out[name]; twice {
			r.loosely("a member is given twice")
			r.idBad = r.idBad || r.depth == 1 && name == "id"
		}
		if out[name], err = r.member(name); err != nil {
			return nil, err
		}
		if r.next('}') {
			return out, nil
		}
		if !r.next(',') {
			return nil, r.fail("no comma")
		}
	}
}

// member reads a member's value, and keeps the text of the outermost id.
func (r *reader) member(name string) (any, error) {
	if r.depth != 1 || name != "id" {
		return r.value()
	}
	r.space()
	start, loose := r.at, r.loose
	r.loose = ""
	v, err := r.value()
	r.idRaw, r.idBad = r.in[start:r.at], r.idBad || r.loose != ""
	if loose != "" {
		r.loose = loose
	}
	return v, err
}

func (r *reader) array() (any, error) {
	out := []any{}
	if r.next(']') {
		return out, nil
	}
	for {
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		if r.next(']') {
			return out, nil
		}
		if !r.next(',') {
			return nil, r.fail("no comma")
		}
	}
}

// text reads a string behind its opening quote.
func (r *reader) text() (string, error) {
	var out []byte
	for r.at < len(r.in) {
		c := r.in[r.at]
		r.at++
		switch {
		case c == '"':
			return string(out), nil
		case c < ' ':
			return "", r.fail("control character in a string")
		case c != '\\':
			out = append(out, c)
		default:
			s, err := r.escape()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, s)
		}
	}
	return "", r.fail("string without end")
}

// escape reads what follows a backslash.
func (r *reader) escape() (rune, error) {
	if r.at >= len(r.in) {
		return 0, r.fail("string without end")
	}
	c := r.in[r.at]
	r.at++
	if i := bytes.IndexByte([]byte(`"\/bfnrt`), c); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), nil
	}
	if c != 'u' {
		return 0, r.fail("unknown escape")
	}
	first, err := r.unit()
	if err != nil || !utf16.IsSurrogate(first) {
		return first, err
	}
	if bytes.HasPrefix(r.in[r.at:], []byte(`\u`)) {
		at := r.at
		r.at += 2
		second, err := r.unit()
		if err != nil {
			return 0, err
		}
		if pair := utf16.DecodeRune(first, second); pair != utf8.RuneError {
			return pair, nil
		}
		r.at = at
	}
	r.loosely("a surrogate is alone")
	return utf8.RuneError, nil
}

// unit reads four hexadecimal digits.
func (r *reader) unit() (rune, error) {
	if len(r.in)-r.at < 4 {
		return 0, r.fail("short escape")
	}
	n, err := strconv.ParseUint(string(r.in[r.at:r.at+4]), 16, 16)
	if err != nil {
		return 0, r.fail("bad escape")
	}
	r.at += 4
	return rune(n), nil
}

// number reads -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?.
func (r *reader) number() (any, error) {
	start := r.at
	r.skip("-")
	if !r.skip("0") && r.digits() == 0 {
		return nil, r.fail("no value")
	}
	if r.skip(".") && r.digits() == 0 {
		return nil, r.fail("no digits")
	}
	if r.skip("eE") {
		r.skip("+-")
		if r.digits() == 0 {
			return nil, r.fail("no digits")
		}
	}
	n, _ := strconv.ParseFloat(string(r.in[start:r.at]), 64) // the grammar held: beyond range it is infinite
	if math.IsInf(n, 0) {
		r.loosely("a number is outside doubles")
		return math.MaxFloat64, nil
	}
	return n, nil
}

// skip takes one byte of a set if it comes next.
func (r *reader) skip(set string) bool {
	if r.at < len(r.in) && bytes.IndexByte([]byte(set), r.in[r.at]) >= 0 {
		r.at++
		return true
	}
	return false
}

func (r *reader) digits() int {
	start := r.at
	for r.skip("0123456789") {
	}
	return r.at - start
}
