// Package policies holds the policies of Procura, in Rego, and the engine that
// runs them. It decides (semantics 8): what is asked comes as package facts
// states it, and nothing here reads a credential, a network or a clock.
//
// What goes wrong inside denies: a decision that is undefined, malformed, late
// or in error is a [Decision] with the reason policy.failed.
package policies

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/policies/plan"
)

// TimeLimit is how long one decision may take: hundreds of times what any takes,
// or a machine that is busy with other work would deny by chance.
const TimeLimit = 10 * time.Second

// An Engine decides under one framework version. It is safe for concurrent use.
type Engine struct {
	root      string
	program   *plan.Program
	types     map[string]*plan.Program // the framework's own constraint types
	shapes    *shapes
	framework facts.Framework
	rules     ownRules
	limit     time.Duration
}

// NewEngine makes the engine of a bundle. Where it has Rego of its own that takes
// tens of milliseconds.
func NewEngine(ctx context.Context, b Bundle) (*Engine, error) {
	framework, err := b.framework()
	if err != nil {
		return nil, fmt.Errorf("reading the framework: %w", err)
	}
	program, err := b.program(ctx)
	if err != nil {
		return nil, fmt.Errorf("compiling the policy: %w", err)
	}
	types, err := b.ownTypes(ctx)
	if err != nil {
		return nil, err
	}
	return &Engine{
		root:      b.Root,
		program:   program,
		types:     types,
		shapes:    shapesOnce(),
		framework: framework,
		rules:     rulesOf(program, b.home(program)...),
		limit:     TimeLimit,
	}, nil
}

// shapesOnce are the same for all.
var shapesOnce = sync.OnceValue(func() *shapes {
	return shapesOf(reflect.TypeFor[facts.Input](), reflect.TypeFor[Decision]())
})

// Decide derives what follows from the input, in place, and decides. The error
// is ctx's own: nothing was decided. Whatever else fails denies.
func (e *Engine) Decide(ctx context.Context, in *facts.Input) (*Decision, error) {
	if err := facts.Derive(in, e.framework); err != nil {
		return undecided(in), nil
	}
	limited, cancel := context.WithTimeout(ctx, e.limit)
	defer cancel()
	decision, err := e.evaluate(limited, in)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("deciding: %w", ctx.Err())
	}
	if err != nil {
		return undecided(in), nil
	}
	return decision, nil
}

func (e *Engine) evaluate(ctx context.Context, in *facts.Input) (*Decision, error) {
	s, decision := statings.Get().(*stating), new(Decision)
	question := plan.Options{Natives: e.own(ctx), Beside: newQuestion(ctx, e.rules)}
	err := e.program.Ask(ctx, s.state(in), question, func(answer *ast.Term) error { return s.read(answer, decision) })
	if err != nil {
		return nil, fmt.Errorf("evaluating: %w", err)
	}
	s.terms.Reset()
	statings.Put(s) // not where it failed: who knows who still holds a part of it
	return decision, decision.check(in)
}

// statings are used again.
var statings = sync.Pool{New: func() any { return &stating{shapes: shapesOnce()} }}

// undecided denies where the policy could not be asked or gave no usable answer.
func undecided(in *facts.Input) *Decision {
	d := Refuse(in, "policy.failed", "the policy could not decide")
	d.NeedsComplete = new(false)
	return d
}

// Limits are the constraints on use that a credential bears, if its issuer may be
// one that the framework lists.
func (e *Engine) Limits(c *facts.Credential, request facts.ProxiedRequest) []facts.Limit {
	limits := e.framework.Limits(c)
	if len(limits) > 0 && !e.framework.Admits(c, request) {
		return nil
	}
	return limits
}
