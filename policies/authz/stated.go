package authz

import (
	"fmt"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/plan"
)

// statings are used again.
var statings = sync.Pool{New: func() any { return new(plan.Terms) }}

// stated is the input as the set sees it, at input; what no rule reads is not made.
// What cannot be stated fails the run that reads it.
func stated(terms *plan.Terms, in *Input) ast.Value {
	return terms.Object(inputNames, &statedInput{terms, in}).Value
}

// What the input and its parts have, in OPA's order.
var (
	inputNames  = names("action", "context", "proxy", "resource", "subject")
	actionNames = names("name", "properties")
	entityNames = names("id", "properties", "type")
)

func names(words ...string) []*ast.Term {
	out := make([]*ast.Term, len(words))
	for i, word := range words {
		out[i] = ast.StringTerm(word)
	}
	return out
}

type statedInput struct {
	terms *plan.Terms
	in    *Input
}

func (s *statedInput) Member(i int) *ast.Term {
	switch i {
	case 0:
		return s.terms.Object(actionNames, (*statedAction)(&s.in.Action))
	case 1:
		return some(s.in.Context)
	case 2:
		if s.in.Proxy == nil {
			return ast.NullTerm()
		}
		return some(s.in.Proxy)
	case 3:
		return s.terms.Object(entityNames, (*statedEntity)(&s.in.Resource))
	}
	return s.terms.Object(entityNames, (*statedEntity)(&s.in.Subject))
}

type statedAction Action

func (a *statedAction) Member(i int) *ast.Term {
	if i == 0 {
		return ast.StringTerm(a.Name)
	}
	return some(a.Properties)
}

type statedEntity Entity

func (e *statedEntity) Member(i int) *ast.Term {
	switch i {
	case 0:
		return ast.StringTerm(e.ID)
	case 1:
		return some(e.Properties)
	}
	return ast.StringTerm(e.Type)
}

// some is what was said; nothing is an empty object.
func some(m map[string]any) *ast.Term {
	if len(m) == 0 {
		return ast.InternedEmptyObject
	}
	value, err := ast.InterfaceToValue(m)
	if err != nil {
		panic(fmt.Errorf("stating the input: %w", err))
	}
	return ast.NewTerm(value)
}
