package compile

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// module builds the framework's own module: what is the same for all, and, as
// constants, what a person reads beside a decision. Every text of the author's
// is a value of the syntax tree, so a quote or a brace in it is a character and
// nothing more.
func (f *Framework) module() (*ast.Module, error) {
	module, err := parse("framework.rego", ownSource)
	if err != nil {
		return nil, err
	}
	row := len(ownSource) // below everything that the source wrote: no line is empty of bytes
	for _, c := range f.constants() {
		value, err := ast.InterfaceToValue(c.value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		module.Rules = append(module.Rules, c.rule(module, value, row))
		row += 2
	}
	return module, nil
}

// A constant is `name := value`, or `name[key] := value`.
type constant struct {
	name, key string
	value     any
}

// constants gives what of the document grants or limits, in its order; texts in
// English, or in the language that comes first.
func (f *Framework) constants() []constant {
	d := f.Document
	list := []constant{{"name", "", d.Name}, {"version", "", d.Version}, {"uri", "", d.URI}}
	for _, r := range d.Roles {
		list = append(list, constant{"roles", r.Name, r.Definition.In("en")})
	}
	for _, p := range d.Permissions {
		list = append(list, constant{"permissions", p.Name, p.Definition.In("en")})
	}
	for i, r := range d.Rules {
		list = append(list, constant{"rules", fmt.Sprintf("/rules/%d", i), map[string]any{"variants": r.Variants, "rule": r.Rule}})
	}
	for _, p := range d.Permissions {
		if p.Requires != nil {
			list = append(list, constant{"requires", p.Name, p.Requires})
		}
	}
	for _, c := range d.Constraints {
		about := map[string]any{"type": c.Type, "members": c.Members, "definition": c.Definition.In("en")}
		list = append(list, constant{"constraints", c.Name, about})
	}
	return list
}

// rule builds the rule at a row, by which the formatter orders.
func (c constant) rule(module *ast.Module, value ast.Value, row int) *ast.Rule {
	at := ast.NewLocation([]byte(c.name), module.Package.Location.File, row, 1)
	ref := ast.Ref{ast.VarTerm(c.name)}
	if c.key != "" {
		ref = append(ref, ast.StringTerm(c.key))
	}
	for _, t := range ref {
		t.Location = at
	}
	head := ast.RefHead(ref)
	head.Value, head.Assign, head.Location = &ast.Term{Value: value, Location: at}, true, at
	body := ast.NewBody(ast.NewExpr(&ast.Term{Value: ast.Boolean(true), Location: at}))
	body[0].Location, body[0].Generated = at, true
	return &ast.Rule{Head: head, Body: body, Location: at, Module: module}
}
