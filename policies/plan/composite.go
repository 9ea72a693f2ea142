package plan

import "github.com/open-policy-agent/opa/v1/ast"

func makeArray(target int) statement {
	return func(f *frame) signal {
		f.locals[target] = ast.NewTerm(ast.NewArray())
		return onward
	}
}

func makeObject(target int) statement {
	return func(f *frame) signal {
		f.locals[target] = ast.NewTerm(ast.NewObject())
		return onward
	}
}

func makeSet(target int) statement {
	return func(f *frame) signal {
		f.locals[target] = ast.NewTerm(ast.NewSet())
		return onward
	}
}

// A plan makes an array, object or set and fills it before anything else reads
// it: so it is filled in place.
func arrayAppend(array int, value operand) statement {
	return func(f *frame) signal {
		t := f.locals[array]
		t.Value = t.Value.(*ast.Array).Append(value.get(f))
		return onward
	}
}

func objectInsert(object int, key, value operand, once bool) statement {
	return func(f *frame) signal {
		into, k, v := f.locals[object].Value.(ast.Object), key.get(f), value.get(f)
		if once {
			if old := into.Get(k); old != nil && !same(old, v) {
				return f.m.fail(ErrConflict)
			}
		}
		into.Insert(k, v)
		return onward
	}
}

func objectMerge(a, b, target int) statement {
	return func(f *frame) signal {
		left, ok := f.locals[a].Value.(ast.Object)
		right, also := f.locals[b].Value.(ast.Object)
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
		f.locals[set].Value.(ast.Set).Add(value.get(f))
		return onward
	}
}
