package plan

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

func number(n int64) json.Number { return json.Number(strconv.FormatInt(n, 10)) }

func jsonNumber(s string) json.Number { return json.Number(s) }

func assign(source operand, target int) statement {
	return func(f *frame) signal {
		f.locals[target] = source.get(f)
		return onward
	}
}

func assignOnce(source operand, target int) statement {
	return func(f *frame) signal {
		value := source.get(f)
		if old := f.locals[target]; old != nil && !same(old, value) {
			return f.m.fail(ErrConflict)
		}
		f.locals[target] = value
		return onward
	}
}

func constant(value *ast.Term, target int) statement {
	return func(f *frame) signal {
		f.locals[target] = value
		return onward
	}
}

// dot looks up a member; a missing one is undefined.
func dot(source, key operand, target int) statement {
	return func(f *frame) signal {
		f.locals[target] = member(source.get(f), key.get(f))
		if f.locals[target] == nil {
			return 0
		}
		return onward
	}
}

func member(of, key *ast.Term) *ast.Term {
	if of == nil || key == nil {
		return nil
	}
	switch v := of.Value.(type) {
	case *object:
		return v.get(key)
	case *list:
		return v.at(key)
	case *bag:
		if v.contains(key) {
			return key
		}
		return nil
	}
	return plainMember(of.Value, Plain(key))
}

func plainMember(of ast.Value, key *ast.Term) *ast.Term {
	switch v := of.(type) {
	case ast.Object:
		return v.Get(key)
	case *ast.Array:
		return v.Get(key)
	case ast.Set:
		if v.Contains(key) {
			return key
		}
	}
	return nil
}

func length(source operand, target int) statement {
	return func(f *frame) signal {
		t := source.get(f)
		n := size(t.Value)
		if text, ok := t.Value.(ast.String); ok {
			n = utf8.RuneCountInString(string(text))
		} else if sort(t.Value) == other {
			return 0
		}
		f.locals[target] = ast.InternedTerm(n)
		return onward
	}
}

func equal(a, b operand, want bool) statement {
	return func(f *frame) signal {
		if same(a.get(f), b.get(f)) == want {
			return onward
		}
		return 0
	}
}

func defined(local int, want bool) statement {
	return func(f *frame) signal {
		if (f.locals[local] != nil) == want {
			return onward
		}
		return 0
	}
}

func is(source operand, want rank) statement {
	return func(f *frame) signal {
		if t := source.get(f); t != nil {
			if sort(t.Value) == want {
				return onward
			}
		}
		return 0
	}
}

func callFunction(fn *function, args []operand, target int) statement {
	return func(f *frame) signal {
		value, next := f.call(fn, args)
		if next != onward {
			return next
		}
		f.locals[target] = value
		if value == nil {
			return 0
		}
		return onward
	}
}

// callBuiltin calls one of OPA's, where ours does not answer in its place. An
// error is the evaluation's.
func callBuiltin(builtin topdown.BuiltinFunc, ours quick, args []operand, target int) statement {
	return func(f *frame) signal {
		m := f.m
		values := m.take(len(args))
		for i, a := range args {
			values[i] = a.get(f)
		}
		m.found = nil
		if ours != nil {
			m.found = ours(values)
		}
		var err error
		if m.found == nil {
			err = m.ask(builtin, values)
		}
		m.give(len(args))
		if err != nil {
			return m.fail(err)
		}
		if f.locals[target] = m.found; m.found == nil {
			return 0
		}
		return onward
	}
}

// ask has OPA answer for a built-in, into found.
func (m *machine) ask(builtin topdown.BuiltinFunc, args []*ast.Term) error {
	for i, t := range args {
		args[i] = Plain(t)
	}
	return builtin(m.builtin, args, m.find)
}
