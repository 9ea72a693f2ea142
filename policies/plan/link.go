package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/ir"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// An operand is a local or a constant.
type operand struct {
	local    int
	constant *ast.Term
}

func (o operand) get(f *frame) *ast.Term {
	if o.constant != nil {
		return o.constant
	}
	return f.locals[o.local]
}

// A linker turns a plan's statements into functions of ours.
type linker struct {
	policy  *ir.Policy
	strings []*ast.Term
	byName  map[string]*function
	funcs   []*function
	builtin map[string]topdown.BuiltinFunc
	highest int                 // local seen in the function that is being linked
	within  map[int][]*ast.Term // its locals that hold a part of data, by their path
	paths   [][]*ast.Term       // all of these
	room    map[ir.Local]int    // what the block that is being linked puts into each
	metered bool
	err     error
}

func newLinker(policy *ir.Policy, natives map[string]Native) *linker {
	l := &linker{policy: policy, byName: map[string]*function{}, builtin: map[string]topdown.BuiltinFunc{}}
	for _, s := range policy.Static.Strings {
		l.strings = append(l.strings, ast.StringTerm(s.Value))
	}
	for i, f := range policy.Funcs.Funcs {
		fn := &function{index: i, path: path(f), native: natives[path(f)]}
		l.byName[f.Name] = fn
		l.funcs = append(l.funcs, fn)
	}
	for _, b := range policy.Static.BuiltinFuncs {
		if known := ast.BuiltinMap[b.Name]; known != nil && !known.Relation { // a relation has many results, a call here one
			l.builtin[b.Name] = topdown.GetBuiltin(b.Name)
		}
	}
	return l
}

// path is that of the rule or function that was planned, after the planner's
// generation: ["g0", "procura", "sgl", "verdict"].
func path(f *ir.Func) string {
	return strings.Join(f.Path[min(1, len(f.Path)):], "/")
}

func (l *linker) link(entrypoint string) (*function, error) {
	for i, f := range l.policy.Funcs.Funcs {
		fn := l.funcs[i]
		l.highest, l.within = int(f.Return), map[int][]*ast.Term{int(f.Params[1]): {}} // input, data, arguments
		for _, p := range f.Params {
			fn.params = append(fn.params, l.local(p))
		}
		fn.blocks = l.blocks(f.Blocks)
		fn.locals = l.highest + 1
	}
	if !l.planned(entrypoint) {
		return nil, fmt.Errorf("entrypoint %q: %w", entrypoint, ErrUndefined)
	}
	l.highest, l.within = int(ir.Unused), map[int][]*ast.Term{int(ir.Data): {}}
	entry := &function{blocks: l.blocks(l.policy.Plans.Plans[0].Blocks)}
	entry.locals = l.highest + 1
	return entry, l.err
}

// planned says whether some rule has this path.
func (l *linker) planned(entrypoint string) bool {
	return slices.ContainsFunc(l.policy.Funcs.Funcs, func(f *ir.Func) bool { return path(f) == entrypoint })
}

func (l *linker) local(v ir.Local) int {
	l.highest = max(l.highest, int(v))
	return int(v)
}

func (l *linker) operand(o ir.Operand) operand {
	switch v := o.Value.(type) {
	case ir.Local:
		return operand{local: l.local(v)}
	case ir.StringIndex:
		return operand{constant: l.strings[v]}
	case ir.Bool:
		return operand{constant: ast.InternedTerm(bool(v))}
	}
	l.err = fmt.Errorf("operand %v: %w", o, ErrUnsupported)
	return operand{}
}

func (l *linker) operands(list []ir.Operand) []operand {
	out := make([]operand, len(list))
	for i, o := range list {
		out[i] = l.operand(o)
	}
	return out
}

func (l *linker) blocks(list []*ir.Block) []block {
	out := make([]block, len(list))
	for i, b := range list {
		out[i] = l.block(b)
	}
	return out
}

func (l *linker) block(b *ir.Block) block {
	out, above := make(block, 0, len(b.Stmts)), l.room
	l.room = room(b)
	defer func() { l.room = above }()
	for _, s := range b.Stmts {
		linked := l.statement(s)
		if linked != nil && l.metered {
			linked = l.meter(s, linked)
		}
		if linked != nil {
			out = append(out, linked)
		}
	}
	return out
}

// room is how many values a block puts into each array, object or set, but for
// what is put by blocks within.
func room(b *ir.Block) map[ir.Local]int {
	room := map[ir.Local]int{}
	for _, s := range b.Stmts {
		switch s := s.(type) {
		case *ir.ArrayAppendStmt:
			room[s.Array]++
		case *ir.ObjectInsertStmt:
			room[s.Object]++
		case *ir.ObjectInsertOnceStmt:
			room[s.Object]++
		case *ir.SetAddStmt:
			room[s.Set]++
		}
	}
	return room
}

// statement links one statement; nil is one that does nothing.
func (l *linker) statement(s ir.Stmt) statement {
	switch s := s.(type) {
	case *ir.BlockStmt:
		blocks := l.blocks(s.Blocks)
		return func(f *frame) signal { return f.blocks(blocks) }
	case *ir.BreakStmt:
		return func(*frame) signal { return signal(s.Index) }
	case *ir.ScanStmt:
		return scan(l.local(s.Source), l.local(s.Key), l.local(s.Value), l.block(s.Block))
	case *ir.NotStmt:
		return not(l.block(s.Block))
	case *ir.WithStmt:
		return l.with(s)
	case *ir.CallStmt:
		return l.call(s)
	case *ir.ReturnLocalStmt:
		source := l.local(s.Source)
		return func(f *frame) signal { f.m.returned = f.locals[source]; return back }
	case *ir.ResultSetAddStmt:
		value := l.local(s.Value)
		return func(f *frame) signal { f.m.result = f.locals[value]; return onward }
	case *ir.NopStmt:
		return nil
	}
	return l.value(s)
}

// value links the statements that make or test values.
func (l *linker) value(s ir.Stmt) statement {
	switch s := s.(type) {
	case *ir.AssignVarStmt:
		return assign(l.operand(s.Source), l.local(s.Target))
	case *ir.AssignVarOnceStmt:
		return assignOnce(l.operand(s.Source), l.local(s.Target))
	case *ir.AssignIntStmt:
		return constant(ast.NumberTerm(number(s.Value)), l.local(s.Target))
	case *ir.MakeNumberIntStmt:
		return constant(ast.NumberTerm(number(s.Value)), l.local(s.Target))
	case *ir.MakeNumberRefStmt:
		return constant(ast.NumberTerm(jsonNumber(l.policy.Static.Strings[s.Index].Value)), l.local(s.Target))
	case *ir.MakeNullStmt:
		return constant(ast.NullTerm(), l.local(s.Target))
	case *ir.ResetLocalStmt:
		return constant(nil, l.local(s.Target))
	case *ir.DotStmt:
		return l.dot(l.operand(s.Source), l.operand(s.Key), l.local(s.Target))
	case *ir.LenStmt:
		return length(l.operand(s.Source), l.local(s.Target))
	case *ir.EqualStmt:
		return equal(l.operand(s.A), l.operand(s.B), true)
	case *ir.NotEqualStmt:
		return equal(l.operand(s.A), l.operand(s.B), false)
	case *ir.IsDefinedStmt:
		return defined(l.local(s.Source), true)
	case *ir.IsUndefinedStmt:
		return defined(l.local(s.Source), false)
	}
	return l.composite(s)
}

// composite links the statements about arrays, objects and sets.
func (l *linker) composite(s ir.Stmt) statement {
	switch s := s.(type) {
	case *ir.MakeArrayStmt:
		return makeArray(l.local(s.Target), l.room[s.Target])
	case *ir.MakeObjectStmt:
		return makeObject(l.local(s.Target), l.room[s.Target])
	case *ir.MakeSetStmt:
		return makeSet(l.local(s.Target), l.room[s.Target])
	case *ir.ArrayAppendStmt:
		return arrayAppend(l.local(s.Array), l.operand(s.Value))
	case *ir.ObjectInsertStmt:
		return objectInsert(l.local(s.Object), l.operand(s.Key), l.operand(s.Value), false)
	case *ir.ObjectInsertOnceStmt:
		return objectInsert(l.local(s.Object), l.operand(s.Key), l.operand(s.Value), true)
	case *ir.ObjectMergeStmt:
		return objectMerge(l.local(s.A), l.local(s.B), l.local(s.Target))
	case *ir.SetAddStmt:
		return setAdd(l.local(s.Set), l.operand(s.Value))
	case *ir.IsArrayStmt:
		return is(l.operand(s.Source), arrays)
	case *ir.IsObjectStmt:
		return is(l.operand(s.Source), objects)
	case *ir.IsSetStmt:
		return is(l.operand(s.Source), sets)
	}
	l.err = fmt.Errorf("%T: %w", s, ErrUnsupported)
	return nil
}

func (l *linker) call(s *ir.CallStmt) statement {
	args, target := l.operands(s.Args), l.local(s.Result)
	if fn, ok := l.byName[s.Func]; ok {
		return callFunction(fn, args, target)
	}
	if builtin := l.builtin[s.Func]; builtin != nil {
		return callBuiltin(builtin, quicks[s.Func], args, target)
	}
	l.err = fmt.Errorf("function %q: %w", s.Func, ErrUnsupported)
	return nil
}

func (l *linker) with(s *ir.WithStmt) statement {
	at := make([]*ast.Term, len(s.Path))
	for i, index := range s.Path {
		at[i] = l.strings[index]
	}
	return with(l.local(s.Local), at, l.operand(s.Value), l.block(s.Block))
}

// dot looks up a member. Where a constant path leads to it from data that was
// done beforehand, and holds if what it is a member of is still the same: data can
// be replaced, and a local can hold something else.
func (l *linker) dot(source, key operand, target int) statement {
	look := dot(source, key, target)
	above, ok := l.within[source.local]
	if !ok || source.constant != nil || key.constant == nil {
		return look
	}
	path := append(slices.Clone(above), key.constant)
	l.within[target], l.paths = path, append(l.paths, path)
	at, from := len(l.paths)-1, source.local
	return func(f *frame) signal {
		k := &f.m.known[at]
		if k.member == nil || f.locals[from] != k.of {
			return look(f)
		}
		f.locals[target] = k.member
		return onward
	}
}
