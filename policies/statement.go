package policies

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/facts"
)

// state makes OPA's value of one of ours: the same that its JSON would give, but
// for what is unread.
func (s shapes) state(v any) (ast.Value, error) {
	t, err := (&statement{shapes: s}).value(reflect.ValueOf(v))
	if err != nil {
		return nil, err
	}
	return t.Value, nil
}

// A statement is one value on its way to OPA.
type statement struct {
	shapes
	terms []ast.Term     // not given out yet
	pairs [][2]*ast.Term // of the objects that are being made
}

// term makes a term. They are made many at once: each lives as long as the last.
func (s *statement) term(v ast.Value) *ast.Term {
	if len(s.terms) == 0 {
		s.terms = make([]ast.Term, 128)
	}
	t := &s.terms[0]
	s.terms, t.Value = s.terms[1:], v
	return t
}

// object makes an object of the pairs that came after the first so many.
func (s *statement) object(from int) *ast.Term {
	t := s.term(ast.NewObject(s.pairs[from:]...))
	s.pairs = s.pairs[:from]
	return t
}

// word is a string as a term.
func (s *statement) word(text string) *ast.Term {
	if term, ok := s.words[text]; ok {
		return term
	}
	return s.term(ast.String(text))
}

func (s *statement) value(v reflect.Value) (*ast.Term, error) {
	switch v.Kind() {
	case reflect.String:
		return s.word(v.String()), nil
	case reflect.Bool:
		return ast.InternedTerm(v.Bool()), nil
	case reflect.Int, reflect.Int64:
		return s.term(ast.Number(strconv.FormatInt(v.Int(), 10))), nil
	case reflect.Float64:
		return s.float(v.Float())
	case reflect.Pointer:
		if v.IsNil() {
			return ast.NullTerm(), nil
		}
		return s.value(v.Elem())
	case reflect.Interface, reflect.Map:
		return s.plain(v.Interface())
	case reflect.Slice:
		return s.list(v)
	case reflect.Struct:
		return s.members(v)
	}
	return encoded(v)
}

// plain takes what decoded JSON is made of the short way.
func (s *statement) plain(v any) (*ast.Term, error) {
	switch v := v.(type) {
	case nil:
		return ast.NullTerm(), nil
	case string:
		return s.word(v), nil
	case bool:
		return ast.InternedTerm(v), nil
	case int:
		return ast.InternedTerm(v), nil
	case float64:
		return s.float(v)
	case []any:
		return listed(s, v, s.plain)
	case map[string]any:
		return keyed(s, v, s.plain)
	case map[string]bool:
		return keyed(s, v, func(v bool) (*ast.Term, error) { return ast.InternedTerm(v), nil })
	case map[string]facts.Comparable:
		return keyed(s, v, s.comparable)
	case map[string]string:
		return keyed(s, v, func(v string) (*ast.Term, error) { return s.term(ast.String(v)), nil })
	}
	if v := reflect.ValueOf(v); v.Kind() == reflect.Slice {
		return s.list(v)
	}
	return encoded(reflect.ValueOf(v))
}

// comparable states what [facts.Comparable] writes.
func (s *statement) comparable(c facts.Comparable) (*ast.Term, error) {
	if c.SHA256 == "" {
		return s.term(ast.String(c.Text)), nil
	}
	return s.plain(map[string]any{"sha256": c.SHA256})
}

func (s *statement) members(v reflect.Value) (*ast.Term, error) {
	shape, known := s.of[v.Type()]
	if !known {
		return encoded(v)
	}
	from := len(s.pairs)
	for _, m := range shape {
		field := v.Field(m.index)
		if m.omits(field) {
			continue
		}
		term, err := s.value(field)
		if err != nil {
			return nil, err
		}
		s.pairs = append(s.pairs, [2]*ast.Term{m.name, term})
	}
	return s.object(from), nil
}

func (s *statement) list(v reflect.Value) (*ast.Term, error) {
	if v.IsNil() {
		return ast.NullTerm(), nil
	}
	terms := make([]*ast.Term, v.Len())
	for i := range terms {
		term, err := s.value(v.Index(i))
		if err != nil {
			return nil, err
		}
		terms[i] = term
	}
	return s.term(ast.NewArray(terms...)), nil
}

func listed[T any](s *statement, in []T, state func(T) (*ast.Term, error)) (*ast.Term, error) {
	if in == nil {
		return ast.NullTerm(), nil
	}
	terms := make([]*ast.Term, len(in))
	for i, v := range in {
		term, err := state(v)
		if err != nil {
			return nil, err
		}
		terms[i] = term
	}
	return s.term(ast.NewArray(terms...)), nil
}

func keyed[T any](s *statement, in map[string]T, state func(T) (*ast.Term, error)) (*ast.Term, error) {
	if in == nil {
		return ast.NullTerm(), nil
	}
	from := len(s.pairs)
	for name, v := range in {
		term, err := state(v)
		if err != nil {
			return nil, err
		}
		s.pairs = append(s.pairs, [2]*ast.Term{s.word(name), term})
	}
	return s.object(from), nil
}

// float writes a number as encoding/json does.
func (s *statement) float(f float64) (*ast.Term, error) {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return s.term(ast.Number(strconv.FormatInt(int64(f), 10))), nil
	}
	raw, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("stating a number: %w", err)
	}
	return s.term(ast.Number(raw)), nil
}

// encoded goes the way through JSON text: for what is rare, or writes itself.
func encoded(v reflect.Value) (*ast.Term, error) {
	value, err := ast.InterfaceToValue(v.Interface())
	if err != nil {
		return nil, fmt.Errorf("stating %s: %w", v.Type(), err)
	}
	return ast.NewTerm(value), nil
}
