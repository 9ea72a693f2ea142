// Package plan runs policies by OPA's own plan of them (its intermediate
// representation, v1/ir), some times faster than OPA evaluates the source.
// OPA's compiler makes the plan and OPA's functions are the built-ins, so that
// what a policy means is decided there; here statements are only executed.
//
// It is strict: a built-in's error ends the evaluation. It is not for policies
// that look up functions by a computed name: Compile refuses them.
package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

var (
	// ErrUnsupported says that a plan has a statement that is not run here.
	ErrUnsupported = errors.New("statement is not supported")
	// ErrUndefined says that the entrypoint has no value for an input.
	ErrUndefined = errors.New("the entrypoint is undefined")
	// ErrConflict says that a rule or object was given two values.
	ErrConflict = errors.New("conflicting values")
	// ErrBudget says that a metered run was too long, or made too much.
	ErrBudget = errors.New("the budget is spent")
	// ErrPlan says that a plan's statement found what it cannot work on.
	ErrPlan = errors.New("the plan failed")
)

var resultName = ast.StringTerm("result")

// A Native stands in the place of a Rego function of the same meaning. It gets
// the function's arguments, without input and data, and must not change them,
// and what stands beside the input; nil is undefined. Of a rule or the input the
// terms are the same as long as one evaluation runs, of data as long as the
// program. Terms that the plan made, or that are stated when they are read, are
// not OPA's: [Plain] makes them so, and [Origin] tells what they state.
type Native func(args []*ast.Term, beside any) (*ast.Term, error)

// A Source is what a Program is compiled from.
type Source struct {
	Modules      map[string][]byte // Rego v1, by path
	Data         map[string]any
	Entrypoint   string // slash-separated: "procura/challenge/decision"
	Capabilities *ast.Capabilities
	Natives      map[string]Native // by slash-separated path of the function they replace

	// Metered counts every statement and every value that is made, so that
	// [Options.Budget] can end a run. It takes time.
	Metered bool
}

// A Program is one compiled entrypoint. It is safe for concurrent use.
type Program struct {
	entry *function
	funcs []*function
	paths [][]*ast.Term // into data, of dots that a constant path leads to

	data  *ast.Term
	known []known // by path

	machines *sync.Pool
}

// Compile plans the entrypoint and links the plan.
func Compile(ctx context.Context, s Source) (*Program, error) {
	policy, err := s.plan(ctx)
	if err != nil {
		return nil, fmt.Errorf("planning: %w", err)
	}
	l := newLinker(policy, s.Natives)
	l.metered = s.Metered
	entry, err := l.link(s.Entrypoint)
	if err != nil {
		return nil, fmt.Errorf("linking: %w", err)
	}
	return (&Program{entry: entry, funcs: l.funcs, paths: l.paths, machines: new(sync.Pool)}).With(s.Data)
}

// natives finds the functions that have natives in one run alone, by index.
func (p *Program) natives(named map[string]Native) map[int]Native {
	if len(named) == 0 {
		return nil
	}
	found := map[int]Native{}
	for _, f := range p.funcs {
		if n := named[f.path]; n != nil {
			found[f.index] = n
		}
	}
	return found
}

// With gives the program other data. What was planned is shared.
func (p *Program) With(data map[string]any) (*Program, error) {
	value, err := ast.InterfaceToValue(data)
	if err != nil {
		return nil, fmt.Errorf("reading data: %w", err)
	}
	with := *p
	with.data, with.known = ast.NewTerm(value), make([]known, len(p.paths))
	for i, path := range p.paths {
		with.known[i] = find(with.data, path)
	}
	return &with, nil
}

// A known is a member of data, and what it is a member of.
type known struct{ of, member *ast.Term }

// find follows a path of one step or more; nil where it ends before.
func find(t *ast.Term, path []*ast.Term) (k known) {
	k.member = t
	for _, step := range path {
		k.of, k.member = k.member, member(k.member, step)
	}
	return k
}

// Data is the value at a path of the program's data, which must not be changed;
// nil where there is none. The policy sees this very term.
func (p *Program) Data(path ...string) *ast.Term {
	t := p.data
	for _, step := range path {
		t = member(t, ast.StringTerm(step))
	}
	return t
}

// Run evaluates the entrypoint over an input. The result shares structure with
// the input and the data, and must not be changed. ErrUndefined, ErrConflict,
// ErrPlan, a built-in's error, or ctx's: then there is no result.
func (p *Program) Run(ctx context.Context, input ast.Value) (ast.Value, error) {
	return p.RunAs(ctx, input, Options{})
}

// Options change one run. The zero value changes nothing.
type Options struct {
	// Natives stand in the place of functions of the same paths, in this run.
	Natives map[string]Native

	// Beside stands beside the input, for natives alone.
	Beside any

	// Budget is how many statements a metered program may execute, and how
	// large what it makes may be, in all; 0: no limit. Beyond it: [ErrBudget].
	Budget int
}

// RunAs is Run with options.
func (p *Program) RunAs(ctx context.Context, input ast.Value, o Options) (result ast.Value, err error) {
	err = p.Ask(ctx, input, o, func(answer *ast.Term) error {
		result = Plain(answer).Value
		return nil
	})
	return result, err
}

// Ask is RunAs for one who reads the answer at once: it is as the plan made it, and
// no part of it may be kept but what [Plain] or [JSON] makes of it.
func (p *Program) Ask(ctx context.Context, input ast.Value, o Options, read func(*ast.Term) error) (err error) {
	m := p.machine(ctx)
	m.left, m.natives = cmp.Or(o.Budget, math.MaxInt), p.natives(o.Natives)
	m.beside = o.Beside
	defer context.AfterFunc(ctx, m.builtin.Cancel.Cancel)()
	defer func() {
		// A plan that does what none should is no reason to end the process.
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w: %v", ErrPlan, cause)
		}
	}()
	if err := m.run(p.entry, input, p.data); err != nil {
		return err
	}
	answer := member(m.result, resultName)
	if answer == nil {
		return ErrUndefined
	}
	if err := read(answer); err != nil {
		return err
	}
	p.release(m) // not where it failed: who knows how it was left
	return nil
}
