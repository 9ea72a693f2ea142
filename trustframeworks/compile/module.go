package compile

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// module builds the framework's own module: what is the same for all, and,
// as constants, what a person reads beside a decision. Every text of the
// author's is a value of the syntax tree, so a quote or a brace in it is a
// character and nothing more.
func (f *Framework) module() (*ast.Module, error) {
	module, err := parse("framework.rego", ownSource)
	if err != nil {
		return nil, err
	}
	row := len(module.Rules) + 1000 // below everything that the source wrote
	for _, c := range f.constants() {
		value, err := ast.InterfaceToValue(c.value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		module.Rules = append(module.Rules, constant(module, c.name, value, row))
		row += 10
	}
	return module, nil
}

type named struct {
	name  string
	value any
}

// constants gives the document's members that grant or limit, as written.
func (f *Framework) constants() []named {
	tree := f.Document.Tree()
	list := []named{{"name", tree["name"]}, {"version", tree["version"]}, {"uri", tree["uri"]}}
	rules, _ := tree["rules"].([]any)
	list = append(list, named{"rules", rules}, named{"requires", f.requires()}, named{"definitions", f.definitions()})
	return list
}

// requires gives the conditions that permissions carry, by permission.
func (f *Framework) requires() map[string]any {
	m := map[string]any{}
	for _, p := range f.Document.Permissions {
		if p.Requires != nil {
			m[nfkc(p.Name)] = p.Requires
		}
	}
	return m
}

// definitions gives what each permission, role and constraint means.
func (f *Framework) definitions() map[string]any {
	permissions, roles, constraints := map[string]any{}, map[string]any{}, map[string]any{}
	for _, p := range f.Document.Permissions {
		permissions[nfkc(p.Name)] = p.Definition
	}
	for _, r := range f.Document.Roles {
		roles[nfkc(r.Name)] = r.Definition
	}
	for _, c := range f.Document.Constraints {
		constraints[nfkc(c.Name)] = c.Definition
	}
	return map[string]any{"permissions": permissions, "roles": roles, "constraints": constraints}
}

// constant builds `name := value` at a row, by which the formatter orders.
func constant(module *ast.Module, name string, value ast.Value, row int) *ast.Rule {
	at := ast.NewLocation([]byte(name), module.Package.Location.File, row, 1)
	term := func(v ast.Value) *ast.Term { return &ast.Term{Value: v, Location: at} }
	head := ast.NewHead(ast.Var(name))
	head.Value, head.Assign, head.Location = term(value), true, at
	body := ast.NewBody(ast.NewExpr(term(ast.Boolean(true))))
	body[0].Location, body[0].Generated = at, true
	return &ast.Rule{Head: head, Body: body, Location: at, Module: module}
}
