package sgl

import (
	"bytes"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Parse reads a sentence in the words of a locale (semantics 4.4) as a rule, in
// the normal form that Format writes. Space is free between words, any name may
// be quoted, and an n of 1 may be written; what could be read in two ways is
// refused: a name spelled like a frame word, "=" after a custom property, and a
// sentence without its period, which may have lost more than that.
//
// The error is a *Problem whose message says at which byte, from 0, or wraps
// ErrLocale.
func Parse(sentence, locale string) (any, error) {
	f, err := frameOf(locale)
	if err != nil {
		return nil, err
	}
	rule, problem := f.parse(sentence)
	if problem != nil {
		return nil, problem
	}
	return rule, nil
}

func (f *frame) parse(in string) (map[string]any, *Problem) {
	s := &sentence{reader: reader{in: []byte(in)}, frame: f, tests: newParser()}
	rule, err := s.rule()
	if err != nil {
		return nil, &Problem{Invalid, err.Error()}
	}
	return normalForm(rule)
}

// A sentence is read with the reader of JSON, because names and values are JSON.
type sentence struct {
	reader
	*frame
	tests  *parser // tells the place of an unusable test; one for all, for its limits spare work
	nested int
}

// fault says what is wrong at a byte.
func (s *sentence) fault(at int, what string, about ...any) error {
	return fmt.Errorf("at byte %d: %s", at, fmt.Sprintf(what, about...))
}

// rule reads the whole text. It takes the period off first: behind a number it
// would be read as a decimal point.
func (s *sentence) rule() (map[string]any, error) {
	if !utf8.Valid(s.in) {
		return nil, s.fault(0, "text that is not UTF-8")
	}
	s.in = bytes.TrimRight(s.in, " \t\r\n")
	end := len(s.in) - 1
	if end < 0 || s.in[end] != '.' {
		return nil, s.fault(end+1, "no period")
	}
	s.in = s.in[:end]
	out := map[string]any{}
	if err := s.head(out); err != nil {
		return nil, err
	}
	when, err := s.condition()
	if err != nil {
		return nil, err
	}
	if s.space(); s.at < len(s.in) {
		return nil, s.fault(s.at, "more text behind the condition")
	}
	out["when"] = when
	return out, nil
}

// head reads what stands before the condition: [id] Grant name, name when.
func (s *sentence) head(out map[string]any) error {
	if s.next('[') {
		id, err := s.id()
		if err != nil {
			return err
		}
		out["id"] = id
	}
	if err := s.expect(s.grant); err != nil {
		return err
	}
	names := []any{}
	for more := true; more; more = s.next(',') {
		name, err := s.name()
		if err != nil {
			return err
		}
		names = append(names, name)
	}
	out["grant"] = names
	return s.expect(s.when)
}

// id reads an id behind its opening bracket, and the closing one.
func (s *sentence) id() (string, error) {
	start := s.at
	if s.next('"') {
		id, err := s.quoted()
		if err == nil && !s.next(']') {
			err = s.fault(s.at, `no "]"`)
		}
		return id, err
	}
	length := bytes.IndexByte(s.in[start:], ']')
	if length < 0 {
		return "", s.fault(len(s.in), `no "]"`)
	}
	id := string(s.in[start : start+length])
	if !plainID(id) {
		return "", s.fault(start, "an id that must be quoted")
	}
	s.at = start + length + 1
	return id, nil
}

// quoted reads a JSON string behind its opening quote.
func (s *sentence) quoted() (string, error) {
	start := s.at
	out, err := s.text()
	if err == nil && s.loose != "" {
		err = s.fault(start, "%s", s.loose)
	}
	return out, err
}

// word takes a run of letters, digits, "_" and "-"; none if it would begin with
// a digit or "-".
func (s *sentence) word() string {
	s.space()
	start := s.at
	for s.at < len(s.in) {
		r, size := utf8.DecodeRune(s.in[s.at:])
		first := unicode.IsLetter(r) || r == '_'
		if !first && (s.at == start || !unicode.IsMark(r) && !unicode.IsDigit(r) && r != '-') {
			break
		}
		s.at += size
	}
	return norm.NFC.String(string(s.in[start:s.at]))
}

// peek is the word that comes next.
func (s *sentence) peek() string {
	at := s.at
	defer func() { s.at = at }()
	return s.word()
}

// expect takes one word.
func (s *sentence) expect(word string) error {
	if s.peek() != word {
		s.space()
		return s.fault(s.at, "no %q", word)
	}
	s.word()
	return nil
}

// name reads a bare or quoted name.
func (s *sentence) name() (string, error) {
	s.space()
	start := s.at
	if s.next('"') {
		name, err := s.quoted()
		if err == nil && name == "" {
			err = s.fault(start, "an empty name")
		}
		return name, err
	}
	name := s.word()
	switch {
	case name == "":
		return "", s.fault(start, "no name")
	case slices.Contains(s.words(), name):
		return "", s.fault(start, "%q is a word of the sentence: as a name it is quoted", name)
	case !s.bare(name):
		return "", s.fault(start, "%q has letters for which a name is quoted", name)
	}
	return name, nil
}
