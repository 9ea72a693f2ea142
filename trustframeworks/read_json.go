package trustframeworks

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
)

// jsonSource walks JSON token by token, so that each value has its place and
// each member is seen once.
type jsonSource struct {
	*reader
	*cursor
	dec *json.Decoder
}

func (r *reader) json(raw []byte) (any, error) {
	s := &jsonSource{reader: r, cursor: newCursor(raw), dec: json.NewDecoder(bytes.NewReader(raw))}
	s.dec.UseNumber()
	v, err := s.value("", 1)
	if err != nil {
		return nil, err
	}
	if _, err := s.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, s.stop("", CodeSyntax, s.place(s.start()), "something follows the document")
	}
	return v, nil
}

// start gives the offset of the next token.
func (s *jsonSource) start() int {
	i := int(s.dec.InputOffset())
	for i < len(s.raw) && strings.IndexByte(" \t\r\n,:", s.raw[i]) >= 0 {
		i++
	}
	return i
}

func (s *jsonSource) token(path string) (json.Token, position, error) {
	from := s.start()
	at := s.place(from)
	t, err := s.dec.Token()
	if err != nil {
		return nil, at, s.broken(path, at, err)
	}
	if text, ok := t.(string); ok {
		if loneSurrogate(s.raw[from:s.dec.InputOffset()]) {
			return nil, at, s.stop(path, CodeSyntax, at, "the text holds an unpaired surrogate")
		}
		s.text(path, text, at)
	}
	return t, at, nil
}

func (s *jsonSource) broken(path string, at position, err error) error {
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		at = s.place(int(syntax.Offset) - 1)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return s.stop(path, CodeSyntax, s.place(len(s.raw)), "the document ends too early")
	}
	return s.stop(path, CodeSyntax, at, "%v", err)
}

func (s *jsonSource) value(path string, depth int) (any, error) {
	t, at, err := s.token(path)
	if err != nil {
		return nil, err
	}
	if err := s.enter(path, depth, at); err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			return s.object(path, depth)
		}
		return s.array(path, depth)
	case json.Number:
		return s.number(path, t.String(), at)
	}
	return t, nil
}

func (s *jsonSource) object(path string, depth int) (any, error) {
	object := map[string]any{}
	for s.dec.More() {
		t, at, err := s.token(path)
		if err != nil {
			return nil, err
		}
		name := t.(string) // the decoder lets nothing else through
		sub := pointer(path, name)
		s.member(object, sub, name, at)
		if object[name], err = s.value(sub, depth+1); err != nil {
			return nil, err
		}
	}
	_, _, err := s.token(path)
	return object, err
}

func (s *jsonSource) array(path string, depth int) (any, error) {
	list := []any{}
	for s.dec.More() {
		v, err := s.value(pointer(path, len(list)), depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, _, err := s.token(path)
	return list, err
}

// number reads an IEEE 754 double; what overflows is refused.
func (r *reader) number(path, text string, at position) (any, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return nil, r.stop(path, CodeSyntax, at, "the number %.40s is outside IEEE 754 doubles", text)
	}
	return n, nil
}

// loneSurrogate reports whether a JSON string, as written, escapes one half of
// a pair. The decoder would replace it silently.
func loneSurrogate(raw []byte) bool {
	for i := 0; i+1 < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		if i++; raw[i] != 'u' {
			continue
		}
		switch c := hex4(raw, i+1); {
		case c >= 0xdc00 && c <= 0xdfff:
			return true
		case c >= 0xd800 && c <= 0xdbff:
			if i+6 >= len(raw) || raw[i+5] != '\\' || raw[i+6] != 'u' {
				return true
			}
			if low := hex4(raw, i+7); low < 0xdc00 || low > 0xdfff {
				return true
			}
			i += 10
		}
	}
	return false
}

func hex4(raw []byte, from int) uint64 {
	if from+4 > len(raw) {
		return 0
	}
	n, _ := strconv.ParseUint(string(raw[from:from+4]), 16, 32) // the decoder has checked the digits
	return n
}
