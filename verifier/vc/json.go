package vc

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// maxDepth bounds the nesting of arrays and objects. What stands at the top
// has depth 1.
const maxDepth = 64

// A SyntaxError says where text is not the JSON that is read here.
type SyntaxError struct {
	Offset int // in bytes, from 0
	Why    string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not the JSON that is read here: byte %d: %s", e.Offset, e.Why)
}

// ParseJSON reads one JSON text (RFC 8259) into map[string]any, []any, string,
// float64, bool and nil. Refused are, beside wrong syntax: a member named
// twice (compared after unescaping), an unpaired surrogate, invalid UTF-8, a
// number outside IEEE doubles, more than 64 levels, and anything after the
// value (semantics 3.4). The caller bounds the size. An error is a
// *[SyntaxError].
//
// encoding/json would take the last of two members and repair text.
func ParseJSON(raw []byte) (any, error) {
	p := parser{raw: string(raw)}
	return p.whole()
}

// ParseExactJSON is ParseJSON, and refuses a number of another value than a double
// is written with, as 9007199254740993: it would be read as its neighbour.
func ParseExactJSON(raw []byte) (any, error) {
	p := parser{raw: string(raw), exact: true}
	return p.whole()
}

// ParseMarkedJSON is ParseJSON, where in the place of a number that ParseExactJSON
// refuses stands the *[SyntaxError] with which it does.
func ParseMarkedJSON(raw []byte) (any, error) {
	p := parser{raw: string(raw), marks: true}
	return p.whole()
}

func (p *parser) whole() (any, error) {
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.space(); p.at < len(p.raw) {
		return nil, p.fail("something stands after the value")
	}
	return v, nil
}

type parser struct {
	raw   string // its texts are parts of it
	at    int
	exact bool // a number of another value than is written is refused
	marks bool // or marked
}

func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{Offset: p.at, Why: fmt.Sprintf(format, args...)}
}

func (p *parser) space() {
	for p.at < len(p.raw) {
		switch p.raw[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// next is the next byte that is no white space, 0 at the end.
func (p *parser) next() byte {
	p.space()
	if p.at == len(p.raw) {
		return 0
	}
	return p.raw[p.at]
}

func (p *parser) value(depth int) (any, error) {
	switch c := p.next(); {
	case (c == '{' || c == '[') && depth == maxDepth:
		return nil, p.fail("more than %d levels", maxDepth)
	case c == '{':
		return p.object(depth + 1)
	case c == '[':
		return p.array(depth + 1)
	case c == '"':
		return p.text()
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	}
	return p.word()
}

func (p *parser) word() (any, error) {
	for i, word := range [...]string{"true", "false", "null"} {
		if end := p.at + len(word); end <= len(p.raw) && p.raw[p.at:end] == word {
			p.at = end
			return [...]any{true, false, nil}[i], nil
		}
	}
	return nil, p.fail("no value")
}

func (p *parser) object(depth int) (any, error) {
	p.at++
	m := make(map[string]any)
	if p.next() == '}' {
		p.at++
		return m, nil
	}
	for {
		if err := p.member(m, depth); err != nil {
			return nil, err
		}
		switch p.next() {
		case ',':
			p.at++
		case '}':
			p.at++
			return m, nil
		default:
			return nil, p.fail("neither , nor }")
		}
	}
}

func (p *parser) member(m map[string]any, depth int) error {
	if p.next() != '"' {
		return p.fail("no member name")
	}
	start := p.at
	name, err := p.text()
	if err != nil {
		return err
	}
	if _, twice := m[name]; twice {
		p.at = start
		return p.fail("a member is named twice")
	}
	if p.next() != ':' {
		return p.fail("no colon")
	}
	p.at++
	m[name], err = p.value(depth)
	return err
}

func (p *parser) array(depth int) (any, error) {
	p.at++
	list := []any{}
	if p.next() == ']' {
		p.at++
		return list, nil
	}
	for {
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		switch p.next() {
		case ',':
			p.at++
		case ']':
			p.at++
			return list, nil
		default:
			return nil, p.fail("neither , nor ]")
		}
	}
}

// number reads RFC 8259's number, which strconv alone is too lenient for.
func (p *parser) number() (any, error) {
	start := p.at
	p.skip("-")
	whole := p.digits()
	ok := whole == 1 || whole > 1 && p.raw[p.at-whole] != '0'
	if ok && p.skip(".") {
		ok = p.digits() > 0
	}
	if ok && p.skip("eE") {
		p.skip("+-")
		ok = p.digits() > 0
	}
	if !ok {
		return nil, p.fail("no number")
	}
	f, err := strconv.ParseFloat(p.raw[start:p.at], 64)
	if err != nil {
		p.at = start
		return nil, p.fail("a number outside IEEE doubles")
	}
	if (p.exact || p.marks) && !written(p.raw[start:p.at], f) {
		return p.inexact(start)
	}
	return f, nil
}

// inexact is what becomes of a number that was read as another.
func (p *parser) inexact(start int) (any, error) {
	err := &SyntaxError{Offset: start, Why: "a number that no IEEE double keeps as it is written: send it as a string"}
	if p.marks {
		return err, nil
	}
	return nil, err
}

// skip takes one byte if it is among those given.
func (p *parser) skip(among string) bool {
	if p.at == len(p.raw) {
		return false
	}
	for i := range len(among) {
		if p.raw[p.at] == among[i] {
			p.at++
			return true
		}
	}
	return false
}

func (p *parser) digits() int {
	start := p.at
	for p.at < len(p.raw) && '0' <= p.raw[p.at] && p.raw[p.at] <= '9' {
		p.at++
	}
	return p.at - start
}

// skip returns where the eight bytes begin that hold the first quote, backslash
// or control character from i on: most of a credential is one long string.
func skip(raw string, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(raw); i += 8 {
		// A byte less than n, below 0x80, borrows from its top bit when n is taken away.
		x := uint64(raw[i]) | uint64(raw[i+1])<<8 | uint64(raw[i+2])<<16 | uint64(raw[i+3])<<24 |
			uint64(raw[i+4])<<32 | uint64(raw[i+5])<<40 | uint64(raw[i+6])<<48 | uint64(raw[i+7])<<56
		quote, slash := x^'"'*ones, x^'\\'*ones
		if ((x-' '*ones)&^x|(quote-ones)&^quote|(slash-ones)&^slash)&tops != 0 {
			return i
		}
	}
	return i
}

// text reads a string.
func (p *parser) text() (string, error) {
	p.at++
	for i := skip(p.raw, p.at); i < len(p.raw); i++ {
		switch c := p.raw[i]; {
		case c == '"': // without an escape
			s := p.raw[p.at:i]
			if !utf8.ValidString(s) {
				return "", p.fail("invalid UTF-8")
			}
			p.at = i + 1
			return s, nil
		case c == '\\':
			return p.escaped(i)
		case c < ' ':
			p.at = i
			return "", p.fail("a control character in a string")
		}
	}
	return "", p.fail("a string without an end")
}
