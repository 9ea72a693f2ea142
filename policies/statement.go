package policies

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/policies/plan"
	"github.com/procura-dev/procura/policies/sgl"
)

// state makes a plan's value of one of ours: the same that its JSON would give,
// but for what is unread. Its members are stated when they are first read,
// because most of an input never is; so v must not change until then. What
// cannot be stated fails the run that reads it.
func (s *stating) state(v any) ast.Value { return s.value(reflect.ValueOf(v)).Value }

// A stating states one input, for one run.
type stating struct {
	*shapes

	terms plan.Terms
}

// word is a string as a term.
func (s *stating) word(text string) *ast.Term {
	if term, ok := s.words[text]; ok {
		return term
	}
	return ast.NewTerm(ast.String(text))
}

func (s *stating) value(v reflect.Value) *ast.Term {
	switch v.Kind() {
	case reflect.String:
		return s.word(v.String())
	case reflect.Bool:
		return ast.InternedTerm(v.Bool())
	case reflect.Int, reflect.Int64:
		return ast.NewTerm(ast.Number(strconv.FormatInt(v.Int(), 10)))
	case reflect.Float64:
		return float(v.Float())
	case reflect.Pointer:
		if v.IsNil() {
			return ast.NullTerm()
		}
		return s.value(v.Elem())
	case reflect.Interface, reflect.Map:
		return s.plain(v.Interface())
	case reflect.Slice:
		return s.list(v)
	case reflect.Struct:
		return s.members(v)
	}
	return encoded(v.Interface())
}

// plain takes what decoded JSON is made of the short way.
func (s *stating) plain(v any) *ast.Term {
	switch v := v.(type) {
	case nil:
		return ast.NullTerm()
	case string:
		return s.word(v)
	case bool:
		return ast.InternedTerm(v)
	case int:
		return ast.InternedTerm(v)
	case float64:
		return float(v)
	case []any:
		if v == nil {
			return ast.NullTerm()
		}
		return s.terms.Array(len(v), &decoded{s, v})
	case map[string]any:
		return keyed(s, v, s.plain)
	case map[string]bool:
		return keyed(s, v, func(v bool) *ast.Term { return ast.InternedTerm(v) })
	case map[string]facts.Comparable:
		return keyed(s, v, s.comparable)
	case map[string]string:
		return keyed(s, v, s.word)
	case *sgl.Rule:
		return s.terms.Object(ruleNames, &ruled{s, v})
	}
	if v := reflect.ValueOf(v); v.Kind() == reflect.Slice {
		return s.list(v)
	}
	return encoded(v)
}

// comparable states what [facts.Comparable] writes.
func (s *stating) comparable(c facts.Comparable) *ast.Term {
	if c.SHA256 == "" {
		return s.word(c.Text)
	}
	return s.plain(map[string]any{"sha256": c.SHA256})
}

// A fields states the fields of a struct.
type fields struct {
	stating *stating
	shape   *shape
	value   reflect.Value
}

func (f *fields) Member(i int) *ast.Term {
	m := &f.shape.members[i]
	if field := f.value.Field(m.index); !m.omits(field) {
		return f.stating.value(field)
	}
	return nil
}

func (s *stating) members(v reflect.Value) *ast.Term {
	shape, known := s.of[v.Type()]
	if !known {
		return encoded(v.Interface())
	}
	return s.terms.Object(shape.names, &fields{s, shape, v})
}

// An elements states those of a slice.
type elements struct {
	stating *stating
	slice   reflect.Value
}

func (e *elements) Member(i int) *ast.Term { return e.stating.value(e.slice.Index(i)) }

func (s *stating) list(v reflect.Value) *ast.Term {
	if v.IsNil() {
		return ast.NullTerm()
	}
	return s.terms.Array(v.Len(), &elements{s, v})
}

// A decoded states the elements of a list as JSON has it.
type decoded struct {
	stating *stating
	list    []any
}

func (d *decoded) Member(i int) *ast.Term { return d.stating.plain(d.list[i]) }

// A ruled states what package sgl derives from a rule.
type ruled struct {
	stating *stating
	rule    *sgl.Rule
}

// ruleNames are the members that it may have.
var ruleNames = terms(sgl.Members())

func terms(words []string) []*ast.Term {
	out := make([]*ast.Term, len(words))
	for i, word := range words {
		out[i] = ast.StringTerm(word)
	}
	return out
}

func (r *ruled) Member(i int) *ast.Term {
	name := string(ruleNames[i].Value.(ast.String))
	if v := r.rule.Member(name); v != nil {
		return r.stating.plain(v)
	}
	return nil
}

// An entries states the values of a map, by name.
type entries[T any] struct {
	of    map[string]T
	names []*ast.Term
	state func(T) *ast.Term
}

func (e *entries[T]) Member(i int) *ast.Term {
	return e.state(e.of[string(e.names[i].Value.(ast.String))])
}

// maxSearched is how many members a map may have that is searched through.
const maxSearched = 16

func keyed[T any](s *stating, in map[string]T, state func(T) *ast.Term) *ast.Term {
	if in == nil {
		return ast.NullTerm()
	}
	names := make([]*ast.Term, 0, len(in))
	for name := range in {
		names = append(names, s.word(name))
	}
	slices.SortFunc(names, func(a, b *ast.Term) int { return a.Value.Compare(b.Value) })
	t := s.terms.Object(names, &entries[T]{in, names, state})
	if len(names) > maxSearched {
		return plan.Plain(t)
	}
	return t
}

// float writes a number as encoding/json does.
func float(f float64) *ast.Term {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return ast.NewTerm(ast.Number(strconv.FormatInt(int64(f), 10)))
	}
	raw, err := json.Marshal(f)
	if err != nil {
		panic(fmt.Errorf("stating a number: %w", err))
	}
	return ast.NewTerm(ast.Number(raw))
}

// encoded goes the way through JSON text: for what is rare, or writes itself.
func encoded(v any) *ast.Term {
	value, err := ast.InterfaceToValue(v)
	if err != nil {
		panic(fmt.Errorf("stating %T: %w", v, err))
	}
	return ast.NewTerm(value)
}
