// Package policies holds the policies of Procura, in Rego, and the engine that
// runs them. It decides (semantics 8): what is asked comes as package facts
// states it, and nothing here reads a credential, a network or a clock.
//
// What goes wrong inside denies: a decision that is undefined, malformed, late
// or in error is a [Decision] with the reason policy.failed.
package policies

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/procura-dev/procura/policies/facts"
)

// TimeLimit is how long one decision may take.
const TimeLimit = 2 * time.Second

// errUndecided says that the policy gave no usable decision.
var errUndecided = errors.New("the policy gave no decision")

// An Engine decides under one framework version. It is safe for concurrent use.
type Engine struct {
	query     rego.PreparedEvalQuery
	framework facts.Framework
	limit     time.Duration
}

// NewEngine compiles a bundle. That takes tens of milliseconds: it is for the
// loading of a framework, not for a request.
func NewEngine(ctx context.Context, b Bundle) (*Engine, error) {
	framework, err := b.framework()
	if err != nil {
		return nil, fmt.Errorf("reading the framework: %w", err)
	}
	modules, err := b.modules()
	if err != nil {
		return nil, err
	}
	data, err := b.data()
	if err != nil {
		return nil, err
	}
	options := []func(*rego.Rego){
		rego.ParsedQuery(ast.NewBody(ast.NewExpr(ast.NewTerm(b.entrypoint())))),
		rego.Store(data),
		rego.Capabilities(capabilities()),
		rego.StrictBuiltinErrors(true),
	}
	for _, module := range modules {
		options = append(options, rego.ParsedModule(module))
	}
	query, err := rego.New(options...).PrepareForEval(ctx)
	if err != nil {
		return nil, fmt.Errorf("compiling the policy: %w", err)
	}
	return &Engine{query: query, framework: framework, limit: TimeLimit}, nil
}

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
	input, err := ast.InterfaceToValue(in)
	if err != nil {
		return nil, fmt.Errorf("stating the facts: %w", err)
	}
	results, err := e.query.Eval(ctx, rego.EvalParsedInput(input))
	if err != nil {
		return nil, fmt.Errorf("evaluating: %w", err)
	}
	if len(results) != 1 || len(results[0].Expressions) != 1 {
		return nil, errUndecided
	}
	decision, err := readDecision(results[0].Expressions[0].Value)
	if err != nil {
		return nil, err
	}
	return decision, decision.check(in)
}

// undecided denies where the policy could not be asked or gave no usable answer.
func undecided(in *facts.Input) *Decision {
	d := Refuse(in, "policy.failed", "the policy could not decide")
	d.NeedsComplete = new(false)
	return d
}
