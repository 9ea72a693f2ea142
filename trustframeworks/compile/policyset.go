package compile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/trustframeworks"
)

// maxSetTypes is maxTypes for all files of a policy set together.
const maxSetTypes = 20

// CodeTest is the code of a finding that a test of the author's own fails.
const CodeTest = "test.failed"

// PolicySet compiles a policy set, under the built-ins that it may call, and
// runs its tests, unless they were run before: when it was published.
func PolicySet(ctx context.Context, source *trustframeworks.Source, tests bool) (engine *authz.Engine, found []trustframeworks.Finding, err error) {
	defer func() {
		// OPA's parser and compiler read what anybody wrote.
		if cause := recover(); cause != nil {
			engine, found = nil, []trustframeworks.Finding{{Code: CodeInternal, Message: fmt.Sprint("the Rego cannot be compiled: ", cause)}}
		}
	}()
	data, found := source.PolicyData()
	c := &setCheck{set: authz.Set{Rego: source.Rego, Data: data}}
	c.files()
	if found = append(found, c.found...); len(found) > 0 {
		return nil, trustframeworks.SortFindings(found), nil
	}
	engine, err = authz.New(ctx, c.set)
	if err != nil {
		return nil, c.malformed(err), ctx.Err()
	}
	if !tests {
		return engine, nil, nil
	}
	if found, err = c.test(ctx); err != nil || len(found) > 0 {
		return nil, found, err
	}
	return engine, nil, nil
}

// A setCheck finds what is wrong with the Rego of a policy set.
type setCheck struct {
	set   authz.Set
	tests []authz.Test
	rules bool // there is a rule decision
	found []trustframeworks.Finding
}

func isTest(name string) bool { return strings.HasSuffix(name, "_test.rego") }

// files reads each file by itself: what could keep OPA busy without end never
// reaches its compiler.
func (c *setCheck) files() {
	size := 0.0
	for _, name := range slices.Sorted(maps.Keys(c.set.Rego)) {
		f := &typeFile{name: name, raw: c.set.Rego[name]}
		if f.parse() {
			f.inspectSet()
			f.apart(c.set.Data)
			size += f.size()
			c.tests = append(c.tests, testsOf(f)...)
			c.rules = c.rules || slices.ContainsFunc(f.module.Rules, func(r *ast.Rule) bool { return decides(f.module.Package, r) })
		}
		c.found = append(c.found, f.found...)
	}
	switch {
	case len(c.found) > 0:
	case !c.rules:
		c.add("there is no rule decision in package procura.authz")
	case size > maxSetTypes:
		c.add("too many lists, sets, objects and comprehensions are made of others")
	}
}

// decides reports whether a rule is the one that gives the set's decision.
func decides(p *ast.Package, r *ast.Rule) bool {
	return p.Path.String() == "data.procura.authz" && r.Head.Name == "decision" && len(r.Head.Args) == 0
}

func (c *setCheck) add(message string) {
	c.found = append(c.found, trustframeworks.Finding{Line: 1, Column: 1, Code: CodeRegoRefused, Message: message})
}

// inspectSet refuses on the syntax tree what a policy set does not need.
func (f *typeFile) inspectSet() {
	if !ours(f.module.Package.Path) {
		f.add(f.module.Package.Location, CodeRegoRefused, "the package must be procura.authz, or of a test procura.authz_test")
	}
	for _, i := range f.module.Imports {
		path, _ := i.Path.Value.(ast.Ref)
		if i.Path.String() != "rego.v1" && !ours(path) && !path.HasPrefix(ast.MustParseRef("data.procura.proxy")) {
			f.add(i.Location, CodeRegoRefused, "a policy set imports from procura.authz and procura.proxy alone")
		}
	}
	f.metadata()
	f.rules(func(x any) bool {
		if w, ok := x.(*ast.With); ok && !isTest(f.name) {
			f.add(w.Location, CodeRegoRefused, "with is for tests: it replaces what was asked")
		}
		return f.visitSet(x)
	})
}

// apart refuses a rule that stands where data does: OPA refuses it too, but
// first when the bundle is loaded.
func (f *typeFile) apart(data map[string]any) {
	path := f.module.Package.Path
	if !path.HasPrefix(setPackage) {
		return
	}
	for _, r := range f.module.Rules {
		name, at := strings.Trim(r.Head.Ref()[0].String(), `"`), r.Location
		if len(path) > 3 {
			below, _ := path[3].Value.(ast.String)
			name, at = string(below), f.module.Package.Location
		}
		if _, both := data[name]; both {
			f.add(at, CodeRegoRefused, "a rule and data have the name %s", name)
		}
	}
}

func (f *typeFile) visitSet(x any) bool {
	switch x := x.(type) {
	case *ast.Expr:
		if x.IsCall() {
			f.call(x.Operator(), x.Operands(), x.Location)
		}
	case *ast.Term:
		if v, ok := x.Value.(ast.Var); !ok || !v.Equal(ast.InputRootDocument.Value) && !v.Equal(ast.DefaultRootDocument.Value) {
			f.term(x)
		}
	}
	return false
}

var setPackage, testPackage = ast.MustParseRef("data.procura.authz"), ast.MustParseRef("data.procura.authz_test")

// ours reports whether a path leads into the package of policy sets, or its
// tests'.
func ours(path ast.Ref) bool {
	return path.HasPrefix(setPackage) || path.HasPrefix(testPackage)
}

// malformed says what OPA says, where it says it.
func (c *setCheck) malformed(err error) []trustframeworks.Finding {
	list, ok := errors.AsType[ast.Errors](err)
	if !ok {
		return []trustframeworks.Finding{{Line: 1, Column: 1, Code: CodeRegoMalformed, Message: err.Error()}}
	}
	var found []trustframeworks.Finding
	for _, e := range list {
		f := trustframeworks.Finding{Line: 1, Column: 1, Code: CodeRegoMalformed, Message: e.Code + ": " + e.Message}
		if name, own := fileOf(e); own {
			f.File, f.Line, f.Column = name, e.Location.Row, e.Location.Col
		}
		found = append(found, f)
	}
	return trustframeworks.SortFindings(found)
}

// fileOf is the author's file that an error is in, where it is in one.
func fileOf(e *ast.Error) (string, bool) {
	if e.Location == nil {
		return "", false
	}
	return strings.CutPrefix(e.Location.File, "set/")
}

// testsOf are the tests that a file defines, each once.
func testsOf(f *typeFile) (tests []authz.Test) {
	for _, r := range f.module.Rules {
		name := r.Head.Name.String()
		t := authz.Test{File: f.name, Package: strings.TrimPrefix(f.module.Package.Path.String(), "data."), Name: name, Line: r.Location.Row}
		same := func(other authz.Test) bool { return other.Package == t.Package && other.Name == t.Name }
		if isTest(f.name) && authz.IsTest(name) && len(r.Head.Args) == 0 && len(r.Head.Ref()) == 1 && !slices.ContainsFunc(tests, same) {
			tests = append(tests, t)
		}
	}
	return tests
}

func (c *setCheck) test(ctx context.Context) ([]trustframeworks.Finding, error) {
	failed, err := c.set.Test(ctx, c.tests)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("running tests: %w", ctx.Err())
	}
	if err != nil {
		return c.malformed(err), nil
	}
	var found []trustframeworks.Finding
	for _, t := range failed {
		found = append(found, trustframeworks.Finding{File: t.File, Line: t.Line, Column: 1, Code: CodeTest, Message: t.Name + " does not hold"})
	}
	return trustframeworks.SortFindings(found), nil
}
