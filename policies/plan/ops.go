package plan

import (
	"encoding/json"
	"strconv"

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
		n := 0
		switch v := source.get(f).Value.(type) {
		case ast.Object:
			n = v.Len()
		case *ast.Array:
			n = v.Len()
		case ast.Set:
			n = v.Len()
		case ast.String:
			n = len([]rune(string(v)))
		default:
			return 0
		}
		f.locals[target] = ast.InternedTerm(n)
		return onward
	}
}

func same(a, b *ast.Term) bool {
	return a == b || a != nil && b != nil && ast.ValueEqual(a.Value, b.Value)
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

func is[T ast.Value](source operand) statement {
	return func(f *frame) signal {
		if t := source.get(f); t != nil {
			if _, ok := t.Value.(T); ok {
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

// callBuiltin calls one of OPA's. An error is the evaluation's.
func callBuiltin(builtin topdown.BuiltinFunc, args []operand, target int) statement {
	return func(f *frame) signal {
		m := f.m
		values := m.take(len(args))
		for i, a := range args {
			values[i] = a.get(f)
		}
		m.found = nil
		err := builtin(m.builtin, values, m.find)
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
