package plan

import (
	"context"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/ir"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// A signal says where execution goes on after a statement or block: with what
// follows, or after the block so many levels out, or at the caller.
type signal int

const (
	onward signal = -1 // with what follows
	back   signal = -2 // at the caller: a function returned, or the machine failed
	// n ≥ 0 is a break out of n+1 blocks, as ir.BreakStmt counts them.
)

// A statement is one linked statement. A statement that is undefined breaks
// out of its block: 0.
type statement func(f *frame) signal

type block []statement

// A function is one planned function or the plan of the entrypoint.
type function struct {
	index  int
	path   string // slash-separated
	params []int
	locals int
	blocks []block
	native Native
}

// A machine is one evaluation. The first error ends it.
type machine struct {
	ctx      context.Context
	builtin  topdown.BuiltinContext
	natives  map[int]Native // of this run, by function; nil: none
	beside   any            // the input, for natives
	left     int            // of the budget of a metered run
	memo     []remembered   // by function: rules have one value per input and data
	result   *ast.Term
	returned *ast.Term
	err      error
	found    *ast.Term             // by the built-in that was called last
	find     func(*ast.Term) error // sets found
	stack    []*ast.Term           // of locals and arguments: a call takes a part and gives it back
	high     int                   // how long the stack was at most
	frames   []*frame              // of calls, by depth
	depth    int                   // calls under way
	known    []known               // of the program
	terms    Terms
}

// take takes n undefined places off the stack. A full one is left to those who
// hold parts of it.
func (m *machine) take(n int) []*ast.Term {
	if len(m.stack)+n > cap(m.stack) {
		m.stack = make([]*ast.Term, 0, max(1024, 2*n))
	}
	from := len(m.stack)
	m.stack = m.stack[:from+n]
	m.high = max(m.high, len(m.stack))
	part := m.stack[from : from+n : from+n]
	clear(part)
	return part
}

// give gives back what was taken last.
func (m *machine) give(n int) {
	m.stack = m.stack[:max(0, len(m.stack)-n)]
}

type remembered struct {
	known bool
	value *ast.Term
}

// A frame holds the locals of one call; nil is undefined.
type frame struct {
	m      *machine
	locals []*ast.Term
}

// machine is one of the program's, used before or new.
func (p *Program) machine(ctx context.Context) *machine {
	m, ok := p.machines.Get().(*machine)
	if !ok {
		m = &machine{memo: make([]remembered, len(p.funcs))}
		m.find = func(t *ast.Term) error {
			m.found = t
			return nil
		}
	}
	m.ctx, m.known = ctx, p.known
	m.builtin = topdown.BuiltinContext{Context: ctx, Cancel: topdown.NewCancel()}
	return m
}

// run evaluates the entrypoint, into result.
func (m *machine) run(entry *function, input ast.Value, data *ast.Term) error {
	f := m.enter(entry)
	f.locals[ir.Input], f.locals[ir.Data] = ast.NewTerm(input), data
	f.blocks(entry.blocks)
	return m.err
}

// release keeps a machine for another evaluation, without anything of this one.
func (p *Program) release(m *machine) {
	clear(m.memo)
	m.terms.Reset()
	clear(m.stack[:min(m.high, cap(m.stack))])
	*m = machine{memo: m.memo, find: m.find, stack: m.stack[:0], frames: m.frames, terms: m.terms}
	p.machines.Put(m)
}

// enter returns the frame of a call one deeper, with all its locals undefined.
func (m *machine) enter(fn *function) *frame {
	if m.depth == len(m.frames) {
		m.frames = append(m.frames, new(frame))
	}
	f := m.frames[m.depth]
	m.depth++
	f.m, f.locals = m, m.take(fn.locals)
	return f
}

// leave ends the call entered last.
func (m *machine) leave(fn *function) {
	m.give(fn.locals)
	m.depth--
	m.frames[m.depth].locals = nil
}

// fail ends the evaluation.
func (m *machine) fail(err error) signal {
	if m.err == nil {
		m.err = err
	}
	return back
}

// cancelled ends the evaluation where its context did. Built-ins ask the same.
func (m *machine) cancelled() bool {
	if !m.builtin.Cancel.Cancelled() {
		return false
	}
	m.fail(context.Cause(m.ctx))
	return true
}

// run executes a block's statements. A break that ends here is onward for the
// parent, and ended tells it from a block that came to its end.
func (f *frame) run(b block) (next signal, ended bool) {
	for _, s := range b {
		switch signal := s(f); signal {
		case onward:
		case back:
			return back, false
		case 0:
			return onward, false
		default:
			return signal - 1, false
		}
	}
	return onward, true
}

// blocks executes blocks one after the other.
func (f *frame) blocks(blocks []block) signal {
	for _, b := range blocks {
		if next, _ := f.run(b); next != onward {
			return next
		}
	}
	return onward
}

// call calls a function; nil is undefined. Rules, which have no arguments but
// input and data, are evaluated once.
func (f *frame) call(fn *function, args []operand) (*ast.Term, signal) {
	m := f.m
	if m.cancelled() {
		return nil, back
	}
	if native := m.native(fn); native != nil {
		return f.callNative(native, args)
	}
	rule := len(args) == 2
	if rule && m.memo[fn.index].known {
		return m.memo[fn.index].value, onward
	}
	callee := m.enter(fn)
	for i, a := range args {
		callee.locals[fn.params[i]] = a.get(f)
	}
	m.returned = nil
	callee.blocks(fn.blocks)
	m.leave(fn)
	if m.err != nil {
		return nil, back
	}
	value := m.returned
	m.returned = nil
	if rule {
		m.memo[fn.index] = remembered{true, value}
	}
	return value, onward
}

func (m *machine) native(fn *function) Native {
	if m.natives != nil {
		if n := m.natives[fn.index]; n != nil {
			return n
		}
	}
	return fn.native
}

func (f *frame) callNative(native Native, args []operand) (*ast.Term, signal) {
	values := make([]*ast.Term, 0, len(args)-2)
	for _, a := range args[2:] {
		values = append(values, a.get(f))
	}
	value, err := native(values, f.m.beside)
	if err != nil {
		return nil, f.m.fail(err)
	}
	return value, onward
}
