package policies

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
)

// state makes OPA's value of one of ours: the same that its JSON would give, but
// for what is unread.
func (s shapes) state(v any) (ast.Value, error) {
	t, err := s.value(reflect.ValueOf(v))
	if err != nil {
		return nil, err
	}
	return t.Value, nil
}

func (s shapes) value(v reflect.Value) (*ast.Term, error) {
	switch v.Kind() {
	case reflect.String:
		return ast.StringTerm(v.String()), nil
	case reflect.Bool:
		return ast.InternedTerm(v.Bool()), nil
	case reflect.Int, reflect.Int64:
		return ast.NumberTerm(json.Number(strconv.FormatInt(v.Int(), 10))), nil
	case reflect.Float64:
		return float(v.Float())
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
func (s shapes) plain(v any) (*ast.Term, error) {
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
		return float(v)
	case []any:
		return list(v, s.plain)
	case map[string]any:
		return object(s, v, s.plain)
	case map[string]string:
		return object(s, v, func(v string) (*ast.Term, error) { return ast.StringTerm(v), nil })
	}
	if v := reflect.ValueOf(v); v.Kind() == reflect.Slice {
		return s.list(v)
	}
	return encoded(reflect.ValueOf(v))
}

func (s shapes) members(v reflect.Value) (*ast.Term, error) {
	shape, known := s.of[v.Type()]
	if !known {
		return encoded(v)
	}
	pairs := make([][2]*ast.Term, 0, len(shape))
	for _, m := range shape {
		field := v.Field(m.index)
		if m.omits(field) {
			continue
		}
		term, err := s.value(field)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, [2]*ast.Term{m.name, term})
	}
	return ast.ObjectTerm(pairs...), nil
}

func (s shapes) list(v reflect.Value) (*ast.Term, error) {
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
	return ast.ArrayTerm(terms...), nil
}

func list[T any](in []T, state func(T) (*ast.Term, error)) (*ast.Term, error) {
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
	return ast.ArrayTerm(terms...), nil
}

func object[T any](s shapes, in map[string]T, state func(T) (*ast.Term, error)) (*ast.Term, error) {
	if in == nil {
		return ast.NullTerm(), nil
	}
	pairs := make([][2]*ast.Term, 0, len(in))
	for name, v := range in {
		term, err := state(v)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, [2]*ast.Term{s.word(name), term})
	}
	return ast.ObjectTerm(pairs...), nil
}

// float writes a number as encoding/json does.
func float(f float64) (*ast.Term, error) {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return ast.NumberTerm(json.Number(strconv.FormatInt(int64(f), 10))), nil
	}
	raw, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("stating a number: %w", err)
	}
	return ast.NumberTerm(json.Number(raw)), nil
}

// encoded goes the way through JSON text: for what is rare, or writes itself.
func encoded(v reflect.Value) (*ast.Term, error) {
	value, err := ast.InterfaceToValue(v.Interface())
	if err != nil {
		return nil, fmt.Errorf("stating %s: %w", v.Type(), err)
	}
	return ast.NewTerm(value), nil
}
