package authz

import (
	"context"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/plan"
)

// An Input is what a set is asked (AuthZEN, "Information Model"), with the
// decision of a proxy challenge beside it, where no caller writes.
type Input struct {
	Subject  Entity
	Action   Action
	Resource Entity
	Context  map[string]any // nil: nothing
	Proxy    map[string]any // nil: there was no proxy challenge
}

// An Action is what is to be done.
type Action struct {
	Name       string
	Properties map[string]any // nil: none
}

// An Answer is one decision. Only Decision permits.
type Answer struct {
	Decision bool           `json:"decision"`
	Context  map[string]any `json:"context,omitempty"`
}

// Refuse denies for a reason that is the administrator's to know.
func Refuse(code, message string) Answer {
	return Answer{Context: map[string]any{"reason_admin": map[string]any{code: message}}}
}

// Decide answers one question. The error is ctx's own: nothing was decided.
// Whatever else fails denies.
func (e *Engine) Decide(ctx context.Context, in Input) (Answer, error) {
	limited, cancel := context.WithTimeout(ctx, TimeLimit)
	defer cancel()
	answer, err := e.evaluate(limited, in)
	if ctx.Err() != nil {
		return Answer{}, fmt.Errorf("deciding: %w", ctx.Err())
	}
	if err != nil {
		return Refuse(Failed, "the policy set could not be evaluated"), nil
	}
	return answer, nil
}

func (e *Engine) evaluate(ctx context.Context, in Input) (a Answer, err error) {
	terms := statings.Get().(*plan.Terms)
	err = e.program.Ask(ctx, stated(terms, &in), plan.Options{Budget: Steps}, func(answer *ast.Term) error {
		a, err = read(answer)
		return err
	})
	if err != nil {
		return Answer{}, fmt.Errorf("evaluating: %w", err)
	}
	terms.Reset()
	statings.Put(terms) // not where it failed: who knows who still holds a part of it
	return a, nil
}

// asStated reads what is stated, as all else.
func asStated(plan.Stated) (any, bool) { return nil, false }

// read reads what answer.rego gives.
func read(answer *ast.Term) (a Answer, err error) {
	plain, err := plan.JSON(answer, asStated)
	if err != nil {
		return a, fmt.Errorf("reading the answer: %w", err)
	}
	m, _ := plain.(map[string]any)
	decision, ok := m["decision"].(bool)
	if !ok {
		return a, fmt.Errorf("reading the answer: decision is %T", m["decision"])
	}
	said, _ := m["context"].(map[string]any)
	return Answer{Decision: decision, Context: said}, nil
}
