package vc

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// escaped reads the rest of a string that has its first escape at i.
func (p *parser) escaped(i int) (string, error) {
	out := append(make([]byte, 0, i-p.at+32), p.raw[p.at:i]...)
	for p.at = i; p.at < len(p.raw); {
		switch c := p.raw[p.at]; {
		case c == '"':
			p.at++
			if !utf8.Valid(out) {
				return "", p.fail("invalid UTF-8")
			}
			return string(out), nil
		case c == '\\':
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, r)
		case c < ' ':
			return "", p.fail("a control character in a string")
		default:
			out = append(out, c)
			p.at++
		}
	}
	return "", p.fail("a string without an end")
}

var escapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads one escape, a pair of surrogates included.
func (p *parser) escape() (rune, error) {
	if p.at+1 == len(p.raw) {
		return 0, p.fail("a string without an end")
	}
	if p.raw[p.at+1] != 'u' {
		r, ok := escapes[p.raw[p.at+1]]
		if !ok {
			return 0, p.fail("an unknown escape")
		}
		p.at += 2
		return r, nil
	}
	r, ok := p.unit()
	if !ok || !utf16.IsSurrogate(r) {
		return r, p.unless(ok, "an unknown escape")
	}
	low, ok := p.unit()
	pair := utf16.DecodeRune(r, low)
	return pair, p.unless(ok && pair != utf8.RuneError, "an unpaired surrogate")
}

func (p *parser) unless(ok bool, why string) error {
	if ok {
		return nil
	}
	return p.fail("%s", why)
}

// unit reads \uXXXX.
func (p *parser) unit() (rune, bool) {
	end := p.at + 6
	if end > len(p.raw) || p.raw[p.at] != '\\' || p.raw[p.at+1] != 'u' {
		return 0, false
	}
	hex := p.raw[p.at+2 : end]
	n, err := strconv.ParseUint(hex, 16, 16)
	if err != nil || hex[0] == '+' {
		return 0, false
	}
	p.at = end
	return rune(n), true
}
