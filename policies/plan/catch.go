package plan

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/ir"
	"github.com/open-policy-agent/opa/v1/rego"
)

// OPA hands a plan, as a value, to those alone who register as a target of
// evaluation; else it is written and read again as JSON, which takes longer than
// all the rest. So we register, once, and take what comes by the context.

const target = "procura.plan"

type catchKey struct{}

type catcher struct{}

var (
	_        rego.TargetPlugin = catcher{}
	register                   = sync.OnceFunc(func() { rego.RegisterPlugin(target, catcher{}) })
)

// IsTarget implements rego.TargetPlugin.
func (catcher) IsTarget(name string) bool { return name == target }

// PrepareForEval implements rego.TargetPlugin: it keeps the plan for the caller.
func (catcher) PrepareForEval(ctx context.Context, policy *ir.Policy, _ ...rego.PrepareOption) (rego.TargetPluginEval, error) {
	caught, ok := ctx.Value(catchKey{}).(**ir.Policy)
	if !ok {
		return nil, errors.New("nobody waits for this plan")
	}
	*caught = policy
	return nil, nil //nolint:nilnil // what is prepared is never evaluated by OPA
}

// plan has OPA compile and plan the entrypoint.
func (s Source) plan(ctx context.Context) (*ir.Policy, error) {
	register()
	options := []func(*rego.Rego){
		rego.Target(target),
		rego.ParsedQuery(ast.NewBody(ast.Equality.Expr(ast.VarTerm("result"), ast.NewTerm(s.entrypoint())))),
		rego.Capabilities(s.Capabilities),
		rego.SetRegoVersion(ast.RegoV1),
	}
	for path, raw := range s.Modules {
		options = append(options, rego.Module(path, string(raw)))
	}
	var policy *ir.Policy
	if _, err := rego.New(options...).PrepareForEval(context.WithValue(ctx, catchKey{}, &policy)); err != nil {
		return nil, err
	}
	if policy == nil || len(policy.Plans.Plans) != 1 {
		return nil, ErrUnsupported
	}
	return policy, nil
}

func (s Source) entrypoint() ast.Ref {
	ref := ast.Ref{ast.DefaultRootDocument}
	for step := range strings.SplitSeq(s.Entrypoint, "/") {
		ref = append(ref, ast.StringTerm(step))
	}
	return ref
}
