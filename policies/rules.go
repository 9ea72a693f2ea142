package policies

import (
	"context"
	"fmt"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/plan"
	"github.com/procura-dev/procura/policies/sgl"
)

// ownRules are the rules and conditions of a framework, by the term that the
// policy hands on. Each is read when it is first asked, and then kept.
type ownRules map[*ast.Term]func() (*sgl.Rule, error)

// rulesOf finds them. A framework that is not where bundles have it has none:
// its rules are read from what the policy hands on.
func rulesOf(program *plan.Program, path ...string) ownRules {
	own := ownRules{}
	if rules := program.Data(append(path, "rules")...); rules != nil {
		own.addEach(rules, "rule")
	}
	if permissions := program.Data(append(path, "permissions")...); permissions != nil {
		own.addEach(permissions, "requires")
	}
	return own
}

// addEach adds a member of each of some objects.
func (own ownRules) addEach(objects *ast.Term, name string) {
	add := func(_, object *ast.Term) {
		if t := part(object, name); t != nil {
			own[t] = sync.OnceValues(func() (*sgl.Rule, error) { return readRule(t) })
		}
	}
	switch v := objects.Value.(type) {
	case *ast.Array:
		v.Foreach(func(t *ast.Term) { add(nil, t) })
	case ast.Object:
		v.Foreach(add)
	}
}

// part is a member of an object; nil where there is none.
func part(of *ast.Term, name string) *ast.Term {
	if of == nil {
		return nil
	}
	object, ok := of.Value.(ast.Object)
	if !ok {
		return nil
	}
	return object.Get(ast.InternedTerm(name))
}

func readRule(t *ast.Term) (*sgl.Rule, error) {
	derived, err := ast.JSON(plan.Plain(t).Value)
	if err != nil {
		return nil, err
	}
	return sgl.ReadRule(derived)
}

// A question is what the functions in Go know of one evaluation beside their
// arguments, so that they need not read twice what is in Go already.
type question struct {
	ctx    context.Context //nolint:containedctx // a native is given none
	own    ownRules
	read   map[*ast.Term]*sgl.Rule // of the input and of others
	group  *ast.Term               // asked last
	people []sgl.Principal         // in it
}

// maxRead is how many rules an evaluation keeps read.
const maxRead = 1024

func newQuestion(ctx context.Context, own ownRules) *question {
	return &question{ctx: ctx, own: own, read: map[*ast.Term]*sgl.Rule{}}
}

// rule is what a term says that the policy asks.
func (q *question) rule(t *ast.Term) (*sgl.Rule, error) {
	if read, ok := q.own[t]; ok {
		return read()
	}
	if given, ok := plan.Origin(t).(*ruled); ok {
		return given.rule, nil
	}
	if r, ok := q.read[t]; ok {
		return r, nil
	}
	r, err := fresh(t)
	if err != nil {
		return nil, fmt.Errorf("reading a rule: %w", err)
	}
	if len(q.read) < maxRead {
		q.read[t] = r
	}
	return r, nil
}

// fresh reads what package sgl derived: as it derived it, where the term states it.
func fresh(t *ast.Term) (*sgl.Rule, error) {
	if given, ok := plan.Origin(t).(*entries[any]); ok {
		return sgl.ReadRule(given.of)
	}
	return readRule(t)
}

// principals is who a term says are asked. Rules that are asked one after the
// other are mostly asked of the same.
func (q *question) principals(t *ast.Term) ([]sgl.Principal, error) {
	if q.group == t {
		return q.people, nil
	}
	plain, err := plan.JSON(t, asGiven)
	if err != nil {
		return nil, fmt.Errorf("reading principals: %w", err)
	}
	people, err := sgl.ReadPrincipals(plain)
	if err != nil {
		return nil, err
	}
	q.group, q.people = t, people
	return people, nil
}

// asGiven is what some facts were before they were stated.
func asGiven(from plan.Stated) (any, bool) {
	switch from := from.(type) {
	case *entries[any]:
		return from.of, true
	case *decoded:
		return from.list, true
	}
	return nil, false
}
