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

// Document is the input as the set sees it, at input.
func (in Input) Document() map[string]any {
	doc := map[string]any{
		"subject":  in.Subject.document(),
		"action":   map[string]any{"name": in.Action.Name, "properties": some(in.Action.Properties)},
		"resource": in.Resource.document(),
		"context":  some(in.Context),
		"proxy":    nil,
	}
	if in.Proxy != nil {
		doc["proxy"] = in.Proxy
	}
	return doc
}

func (e Entity) document() map[string]any {
	return map[string]any{"type": e.Type, "id": e.ID, "properties": some(e.Properties)}
}

func some(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
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
	input, err := ast.InterfaceToValue(in.Document())
	if err != nil {
		return a, fmt.Errorf("stating the input: %w", err)
	}
	value, err := e.program.RunAs(ctx, input, plan.Options{Budget: Steps})
	if err != nil {
		return a, fmt.Errorf("evaluating: %w", err)
	}
	return read(value)
}

// read reads what answer.rego gives.
func read(value ast.Value) (a Answer, err error) {
	plain, err := ast.JSON(value)
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
