package plan

import "github.com/open-policy-agent/opa/v1/ast"

func makeArray(target, capacity int) statement {
	return func(f *frame) signal {
		made := f.m.terms.list()
		made.list.elems = f.m.terms.room(capacity)[:0]
		f.locals[target] = &made.term
		return onward
	}
}

func makeObject(target, capacity int) statement {
	return func(f *frame) signal {
		made := f.m.terms.object()
		both := f.m.terms.room(2 * capacity)
		made.object.keys, made.object.values = both[:0:capacity], both[capacity:capacity]
		f.locals[target] = &made.term
		return onward
	}
}

func makeSet(target, capacity int) statement {
	return func(f *frame) signal {
		made := f.m.terms.bag()
		made.bag.elems = f.m.terms.room(capacity)[:0]
		f.locals[target] = &made.term
		return onward
	}
}

// A plan makes an array, object or set and fills it before anything else reads
// it: so it is filled in place.
func arrayAppend(array int, value operand) statement {
	return func(f *frame) signal {
		into := f.locals[array].Value.(*list)
		into.elems, into.whole = append(f.m.terms.grown(into.elems), value.get(f)), nil
		return onward
	}
}

func objectInsert(object int, key, value operand, once bool) statement {
	return func(f *frame) signal {
		into, k, v := f.locals[object], key.get(f), value.get(f)
		if once {
			if old := member(into, k); old != nil && !same(old, v) {
				return f.m.fail(ErrConflict)
			}
		}
		insert(into, k, v)
		return onward
	}
}

// outgrown marks a term of ours whose value became OPA's. OPA gets another.
var outgrown = new(ast.Location)

// insert puts a member into an object, or changes it. One that becomes too large
// for ours is OPA's from then on.
func insert(into, key, value *ast.Term) {
	o, ok := into.Value.(*object)
	if !ok {
		into.Value.(ast.Object).Insert(Plain(key), Plain(value))
		return
	}
	o.state()
	o.whole = nil
	if i := o.find(key); i >= 0 {
		o.values[i] = value
		return
	}
	o.keys, o.values, o.sorted = append(o.keys, key), append(o.values, value), false
	if len(o.keys) > small {
		into.Value, into.Location = o.plain(), outgrown
	}
}

func objectMerge(a, b, target int) statement {
	return func(f *frame) signal {
		left, ok := Plain(f.locals[a]).Value.(ast.Object)
		right, also := Plain(f.locals[b]).Value.(ast.Object)
		if !ok || !also {
			return f.m.fail(ErrConflict)
		}
		merged, ok := merge(left, right)
		if !ok {
			return f.m.fail(ErrConflict)
		}
		f.locals[target] = ast.NewTerm(merged)
		return onward
	}
}

// merge merges members recursively; two that are no objects conflict.
func merge(a, b ast.Object) (ast.Object, bool) {
	return a.MergeWith(b, func(x, y *ast.Term) (*ast.Term, bool) {
		left, ok := x.Value.(ast.Object)
		right, also := y.Value.(ast.Object)
		if !ok || !also {
			return nil, true
		}
		merged, ok := merge(left, right)
		if !ok {
			return nil, true
		}
		return ast.NewTerm(merged), false
	})
}

func setAdd(set int, value operand) statement {
	return func(f *frame) signal {
		add(f.locals[set], value.get(f))
		return onward
	}
}

// add puts a member into a set. One that becomes too large for ours is OPA's
// from then on.
func add(into, value *ast.Term) {
	b, ok := into.Value.(*bag)
	if !ok {
		into.Value.(ast.Set).Add(Plain(value))
		return
	}
	if b.contains(value) {
		return
	}
	b.elems, b.sorted, b.whole = append(b.elems, value), false, nil
	if len(b.elems) > small {
		into.Value, into.Location = ast.NewSet(plains(b.elems)...), outgrown
	}
}
