package plan

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Plain is a value as OPA has it. What is of ours is made once, and all of it is
// stated.
func Plain(t *ast.Term) *ast.Term {
	if t == nil {
		return nil
	}
	switch v := t.Value.(type) {
	case *list:
		if v.whole == nil {
			v.whole = ast.NewTerm(ast.NewArray(plains(v.all())...))
		}
		return v.whole
	case *object:
		if v.whole == nil {
			v.whole = ast.NewTerm(v.plain())
		}
		return v.whole
	case *bag:
		if v.whole == nil {
			v.whole = ast.NewTerm(ast.NewSet(plains(v.elems)...))
		}
		return v.whole
	}
	if t.Location == outgrown {
		return ast.NewTerm(t.Value)
	}
	return t
}

func plains(terms []*ast.Term) []*ast.Term {
	out := make([]*ast.Term, len(terms))
	for i, t := range terms {
		out[i] = Plain(t)
	}
	return out
}

func (o *object) plain() ast.Object {
	o.state()
	pairs := make([][2]*ast.Term, len(o.keys))
	for i, k := range o.keys {
		pairs[i] = [2]*ast.Term{Plain(k), Plain(o.values[i])}
	}
	return ast.NewObject(pairs...)
}

// A rank is the sort of a value: what is of two sorts is not equal.
type rank int

const (
	other rank = iota
	arrays
	objects
	sets
)

// sort is a value's.
func sort(v ast.Value) rank {
	switch v.(type) {
	case *list, *ast.Array:
		return arrays
	case *object, ast.Object:
		return objects
	case *bag, ast.Set:
		return sets
	}
	return other
}

// size is how many members an array, object or set has.
func size(v ast.Value) int {
	switch v := v.(type) {
	case *list:
		return len(v.elems)
	case *object:
		v.state()
		return len(v.keys)
	case *bag:
		return len(v.elems)
	case interface{ Len() int }:
		return v.Len()
	}
	return 0
}

// Elements are those of an array; false for what is none.
func Elements(t *ast.Term) ([]*ast.Term, bool) { return elements(t.Value) }

// Member is a member of an object; nil where there is none.
func Member(of, key *ast.Term) *ast.Term { return member(of, key) }

// Members is how many an object has; false for what is none.
func Members(t *ast.Term) (int, bool) { return size(t.Value), sort(t.Value) == objects }

// isOurs says whether OPA does not know a value.
func isOurs(v ast.Value) bool {
	switch v.(type) {
	case *list, *object, *bag:
		return true
	}
	return false
}

// same says whether two terms are equal. Undefined equals itself alone.
func same(a, b *ast.Term) bool {
	if a == b || a == nil || b == nil {
		return a == b
	}
	if !isOurs(a.Value) && !isOurs(b.Value) {
		return ast.ValueEqual(a.Value, b.Value)
	}
	x, n := sort(a.Value), size(a.Value)
	if x != sort(b.Value) || n != size(b.Value) {
		return false
	}
	if x != arrays {
		return n == 0 || sameMembers(a, b)
	}
	for i := range n {
		if !same(element(a.Value, i), element(b.Value, i)) {
			return false
		}
	}
	return true
}

// sameMembers compares two objects, or two sets, of one size.
func sameMembers(a, b *ast.Term) bool {
	switch x := a.Value.(type) {
	case *object:
		if y, ok := b.Value.(*object); ok {
			return x.equal(y)
		}
	case *bag:
		if y, ok := b.Value.(*bag); ok {
			return !slices.ContainsFunc(x.elems, func(e *ast.Term) bool { return !y.contains(e) })
		}
	}
	return ast.ValueEqual(Plain(a).Value, Plain(b).Value)
}

// order compares two values as OPA does.
func order(a, b *ast.Term) int {
	if !isOurs(a.Value) && !isOurs(b.Value) {
		return a.Value.Compare(b.Value)
	}
	if sort(a.Value) != arrays || sort(b.Value) != arrays {
		return Plain(a).Value.Compare(Plain(b).Value)
	}
	n, m := size(a.Value), size(b.Value)
	for i := range min(n, m) {
		if c := order(element(a.Value, i), element(b.Value, i)); c != 0 {
			return c
		}
	}
	return n - m
}

// element is that of an array at an index which is there.
func element(array ast.Value, i int) *ast.Term {
	if l, ok := array.(*list); ok {
		return l.elem(i)
	}
	return array.(*ast.Array).Elem(i)
}
