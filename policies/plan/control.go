package plan

import "github.com/open-policy-agent/opa/v1/ast"

// scan executes a block for each member of a composite value, in OPA's order.
// A break out of the block goes on with the next member, one further out ends
// the scan.
func scan(source, key, value int, body block) statement {
	return func(f *frame) signal {
		t := f.locals[source]
		if t == nil {
			return onward
		}
		next := onward
		switch v := t.Value.(type) {
		case *list:
			for i := 0; i < len(v.elems) && next == onward; i++ {
				next = f.step(body, key, value, ast.InternedTerm(i), v.elem(i))
			}
		case *object:
			v.sort()
			for i := 0; i < len(v.keys) && next == onward; i++ {
				next = f.step(body, key, value, v.keys[i], v.values[i])
			}
		case *bag:
			next = f.each(body, key, value, v.all())
		case *ast.Array:
			for i := 0; i < v.Len() && next == onward; i++ {
				next = f.step(body, key, value, ast.InternedTerm(i), v.Elem(i))
			}
		case ast.Object:
			next = f.members(body, key, value, v)
		case ast.Set:
			next = f.each(body, key, value, v.Slice())
		}
		if next > onward {
			return next - 1 // onward where the scan alone was ended
		}
		return next
	}
}

// members executes the block of a scan for the members of an object.
func (f *frame) members(body block, key, value int, object ast.Object) signal {
	next := onward
	object.Until(func(k, v *ast.Term) bool {
		next = f.step(body, key, value, k, v)
		return next != onward
	})
	return next
}

// each executes the block of a scan for the members of a set.
func (f *frame) each(body block, key, value int, members []*ast.Term) signal {
	next := onward
	for i := 0; i < len(members) && next == onward; i++ {
		next = f.step(body, key, value, members[i], members[i])
	}
	return next
}

// step executes the block of a scan for one member.
func (f *frame) step(body block, key, value int, k, v *ast.Term) signal {
	if f.m.cancelled() {
		return back
	}
	f.locals[key], f.locals[value] = k, v
	next, _ := f.run(body)
	return next
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
		if object, ok := Plain(tree).Value.(ast.Object); ok {
			object.Foreach(out.Insert)
			below = object.Get(at[0])
		}
	}
	out.Insert(at[0], Plain(upsert(below, at[1:], value)))
	return ast.NewTerm(out)
}
