package plan

import "github.com/open-policy-agent/opa/v1/ast"

// scan executes a block for each member of a composite value, in OPA's order.
// A break out of the block goes on with the next member, one further out ends
// the scan.
func scan(source, key, value int, body block) statement {
	return func(f *frame) signal {
		next := onward
		step := func(k, v *ast.Term) bool {
			if f.m.cancelled() {
				next = back
				return true
			}
			f.locals[key], f.locals[value] = k, v
			next, _ = f.run(body)
			return next != onward
		}
		if t := f.locals[source]; t != nil {
			each(t.Value, step)
		}
		if next > onward {
			return next - 1 // onward where the scan alone was ended
		}
		return next
	}
}

// each calls step for each member until it returns true.
func each(v ast.Value, step func(k, v *ast.Term) bool) {
	switch v := v.(type) {
	case *ast.Array:
		for i := range v.Len() {
			if step(ast.InternedTerm(i), v.Elem(i)) {
				return
			}
		}
	case ast.Object:
		v.Until(step)
	case ast.Set:
		v.Until(func(t *ast.Term) bool { return step(t, t) })
	}
}

// not is undefined where its block comes to its end.
func not(body block) statement {
	return func(f *frame) signal {
		next, ended := f.run(body)
		if ended {
			return 0
		}
		return next
	}
}

// with executes a block with a part of input or data replaced. Nothing that was
// remembered holds there, nor what is remembered there after it.
func with(local int, at []*ast.Term, value operand, body block) statement {
	return func(f *frame) signal {
		saved, memo := f.locals[local], f.m.memo
		f.m.memo = make([]remembered, len(memo))
		f.locals[local] = upsert(saved, at, value.get(f))
		next, ended := f.run(body)
		f.locals[local], f.m.memo = saved, memo
		if next == onward && !ended {
			return 0
		}
		return next
	}
}

// upsert puts a value at a path of a copy, making the objects on the way.
func upsert(tree *ast.Term, at []*ast.Term, value *ast.Term) *ast.Term {
	if len(at) == 0 {
		return value
	}
	out := ast.NewObject()
	var below *ast.Term
	if tree != nil {
		if object, ok := tree.Value.(ast.Object); ok {
			object.Foreach(out.Insert)
			below = object.Get(at[0])
		}
	}
	out.Insert(at[0], upsert(below, at[1:], value))
	return ast.NewTerm(out)
}
