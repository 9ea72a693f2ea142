package policies

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/plan"
	"github.com/procura-dev/procura/policies/sgl"
)

// natives are the functions of the library that run in Go here, by their path
// in the source tree and in a framework's bundle. Package sgl holds the two
// ways equal.
func (b Bundle) natives() map[string]plan.Native {
	return map[string]plan.Native{
		"procura/sgl/verdict":       verdict,
		b.Root + "/lib/sgl/verdict": verdict,
	}
}

// verdict is sgl.verdict(rule, principals, disjoint, unique). What is not of the
// shape that package sgl derives is an error: then nothing is decided.
func verdict(args []*ast.Term, beside any) (*ast.Term, error) {
	if len(args) != 4 {
		return nil, fmt.Errorf("sgl.verdict: %d arguments", len(args))
	}
	q, ok := beside.(*question)
	if !ok {
		return nil, fmt.Errorf("sgl.verdict: beside is %T", beside)
	}
	rule, err := q.rule(args[0])
	if err != nil {
		return nil, fmt.Errorf("sgl.verdict: %w", err)
	}
	group, err := q.principals(args[1])
	if err != nil {
		return nil, fmt.Errorf("sgl.verdict: %w", err)
	}
	disjoint, unique := args[2].Value == ast.Boolean(true), args[3].Value == ast.Boolean(true)
	o, err := sgl.VerdictWithin(q.ctx, rule, group, disjoint, unique)
	if err != nil {
		return nil, fmt.Errorf("sgl.verdict: %w", err)
	}
	return outcome(o), nil
}

func outcome(o sgl.Outcome) *ast.Term {
	principals := make([]*ast.Term, len(o.Principals))
	for i, p := range o.Principals {
		principals[i] = ast.InternedTerm(p)
	}
	return ast.ObjectTerm(
		[2]*ast.Term{ast.InternedTerm("met"), ast.InternedTerm(o.Met)},
		[2]*ast.Term{ast.InternedTerm("principals"), ast.ArrayTerm(principals...)},
	)
}
