package plan

import (
	"math"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/ir"
)

// meter has a statement pay before it is executed: one for itself and, where it
// puts values into another, what they weigh. So no value weighs more than was
// paid for, also one that is made of itself again and again, and no comparison
// of two takes long. What a built-in returns is paid for after it.
func (l *linker) meter(s ir.Stmt, do statement) statement {
	put, result := l.puts(s), -1
	if call, ok := s.(*ir.CallStmt); ok {
		result = l.local(call.Result)
	}
	return func(f *frame) signal {
		cost := 1
		for _, o := range put {
			cost += weight(o.get(f), f.m.left)
		}
		if !f.m.pay(cost) {
			return back
		}
		next := do(f)
		if result >= 0 && next == onward && !f.m.pay(weight(f.locals[result], f.m.left)) {
			return back
		}
		return next
	}
}

// puts are the operands that a statement puts into another value.
func (l *linker) puts(s ir.Stmt) []operand {
	switch s := s.(type) {
	case *ir.ArrayAppendStmt:
		return []operand{l.operand(s.Value)}
	case *ir.ObjectInsertStmt:
		return []operand{l.operand(s.Key), l.operand(s.Value)}
	case *ir.ObjectInsertOnceStmt:
		return []operand{l.operand(s.Key), l.operand(s.Value)}
	case *ir.ObjectMergeStmt:
		return []operand{{local: l.local(s.A)}, {local: l.local(s.B)}}
	case *ir.SetAddStmt:
		return []operand{l.operand(s.Value)}
	}
	return nil
}

// pay takes from the budget; false ends the evaluation.
func (m *machine) pay(cost int) bool {
	if m.cancelled() {
		return false
	}
	if m.left -= cost; m.left < 0 {
		m.fail(ErrBudget)
		return false
	}
	return true
}

// beyond is the weight of what nobody can pay for.
const beyond = math.MaxInt32

// Weight is how many values and 16 bytes of text a value has, or more than limit.
func Weight(v ast.Value, limit int) int { return weight(ast.NewTerm(v), limit) }

// weight is how many values and 16 bytes of text a value has, or more than
// limit. A number that is no IEEE double has no bound in what OPA does with it.
func weight(t *ast.Term, limit int) int {
	if t == nil {
		return 0
	}
	switch v := t.Value.(type) {
	case ast.String:
		return 1 + len(v)/16
	case ast.Number:
		return number64(v)
	case *list:
		return weights(v.all(), nil, limit)
	case *bag:
		return weights(v.elems, nil, limit)
	case *object:
		v.state()
		return weights(v.keys, v.values, limit)
	}
	return plainWeight(t.Value, limit)
}

// weights is what a value of ours with these members weighs.
func weights(members, more []*ast.Term, limit int) int {
	w := 1
	for _, terms := range [...][]*ast.Term{members, more} {
		for i := 0; i < len(terms) && w <= limit; i++ {
			w += weight(terms[i], limit-w)
		}
	}
	return w
}

// plainWeight is the weight of an array, object or set of OPA's.
func plainWeight(v ast.Value, limit int) int {
	w := 1
	add := func(inner *ast.Term) bool {
		w += weight(inner, limit-w)
		return w > limit
	}
	switch v := v.(type) {
	case *ast.Array:
		for i := 0; i < v.Len() && !add(v.Elem(i)); i++ { //nolint:revive // add counts
		}
	case ast.Set:
		v.Until(add)
	case ast.Object:
		v.Until(func(key, value *ast.Term) bool { return add(key) || add(value) })
	}
	return w
}

func number64(n ast.Number) int {
	if f, err := strconv.ParseFloat(string(n), 64); err != nil || math.IsInf(f, 0) || len(n) > 400 {
		return beyond
	}
	return 1 + len(n)/16
}
