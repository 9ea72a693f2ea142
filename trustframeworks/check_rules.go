package trustframeworks

import (
	"golang.org/x/text/unicode/norm"

	"github.com/procura-dev/procura/policies/sgl"
)

// rules checks what grants: the SGL of the framework's rules and of requires,
// and that every name in it is one that the document defines.
func (c *checker) rules() {
	for i, r := range c.Rules {
		path := pointer("/rules", i)
		c.refer(path+"/variants", "variant", r.Variants, c.variantNames)
		c.usable(path+"/rule", r.Rule, sgl.ParseRule)
		rule, _ := r.Rule.(map[string]any)
		c.grants(path+"/rule/grant", rule["grant"])
		c.roleNames(path+"/rule/when", rule["when"])
	}
	for i, p := range c.Permissions {
		if p.Requires != nil {
			path := pointer("/permissions", i) + "/requires"
			c.usable(path, p.Requires, sgl.ParseCondition)
			c.roleNames(path, p.Requires)
			c.repeats(path, p.Requires)
		}
	}
}

// maxAlternatives bounds what all rules of a document unfold to: a small
// document must not make a large bundle.
const maxAlternatives = 100_000

// usable refuses a rule that would grant nothing, and rules that are too much
// together.
func (c *checker) usable(path string, rule any, parse func(any) *sgl.Rule) {
	if c.alternatives > maxAlternatives {
		return
	}
	r := parse(rule)
	if p := r.Problem(c.IsDisjoint()); p != nil {
		c.add(path, p.Code, "%s", p.Message)
	}
	if c.alternatives += len(r.Alternatives); c.alternatives > maxAlternatives {
		c.add(path, sgl.TooComplex, "the rules up to here have more than %d alternatives together", maxAlternatives)
	}
}

// grants holds what a rule grants against the permissions defined.
func (c *checker) grants(path string, v any) {
	if name, ok := v.(string); ok && !c.permissions.has(name) {
		c.add(path, CodeReference, "the document defines no permission %q", name)
	}
	list, _ := v.([]any)
	for i, e := range list {
		if name, ok := e.(string); ok && !c.permissions.has(name) {
			c.add(pointer(path, i), CodeReference, "the document defines no permission %q", name)
		}
	}
}

// Conditions calls visit for an SGL condition and for each below it, with its
// JSON Pointer. Values of another shape are package sgl's to refuse.
func Conditions(path string, v any, visit func(path string, condition map[string]any)) {
	condition, ok := v.(map[string]any)
	if !ok {
		return
	}
	visit(path, condition)
	for _, form := range []string{"all", "any"} {
		list, _ := condition[form].([]any)
		for i, sub := range list {
			Conditions(pointer(pointer(path, form), i), sub, visit)
		}
	}
}

// roleNames finds roles that nobody can hold: the rule could never be met, or,
// by "not in", would always be.
func (c *checker) roleNames(path string, v any) {
	Conditions(path, v, func(path string, condition map[string]any) {
		for name, value := range condition {
			key := norm.NFKC.String(name)
			if key != "role" && key != "roles" {
				continue
			}
			c.roleName(pointer(path, name), condition["op"], value)
		}
	})
}

func (c *checker) roleName(path string, op, value any) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	for _, e := range list {
		if role, ok := e.(string); ok && op != "like" && !c.roles.has(role) {
			c.add(path, CodeReference, "the document defines no role %q", role)
		}
	}
}

// repeats refuses, in requires, what weakens it (semantics 4.1). In rules the
// linter finds it.
func (c *checker) repeats(path string, v any) {
	Conditions(path, v, func(path string, condition map[string]any) {
		if n, of, ok := AnyRepeats(condition); ok {
			c.add(path, CodeAnyRepeats, "%d matches of %d conditions let one of them stand for all", n, of)
		}
	})
}

// AnyRepeats reports whether a condition is an any that asks for more matches
// than it lists: how many, and of how many conditions.
func AnyRepeats(condition map[string]any) (n, of int, ok bool) {
	list, ok := condition["any"].([]any)
	asked, counted := condition["n"].(float64)
	return int(min(asked, sgl.MaxCount)), len(list), ok && counted && asked > float64(len(list))
}
