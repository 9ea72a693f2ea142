package policies

import (
	"slices"

	"github.com/procura-dev/procura/policies/facts"
)

// lean is an input of which the policy reads the same: of rules that grant
// nothing that is asked it asks no more than what they grant and what is wrong
// with them. A credential's rules are most of an input.
func lean(in *facts.Input) *facts.Input {
	out := *in
	out.Presentations = slices.Clone(in.Presentations)
	for i := range out.Presentations {
		credentials := slices.Clone(out.Presentations[i].Credentials)
		for j := range credentials {
			if credentials[j].Derived == nil {
				continue
			}
			derived := *credentials[j].Derived
			derived.Rules = slices.Clone(derived.Rules)
			for k, rule := range derived.Rules {
				derived.Rules[k] = leanRule(rule, in.Derived.Names)
			}
			credentials[j].Derived = &derived
		}
		out.Presentations[i].Credentials = credentials
	}
	return &out
}

// leanRule is the rule itself, where it grants one of the names asked.
func leanRule(rule any, asked map[string]string) any {
	whole, ok := rule.(map[string]any)
	if !ok {
		return rule
	}
	granted, _ := whole["grant"].([]any)
	for _, name := range asked {
		if slices.Contains(granted, any(name)) {
			return rule
		}
	}
	out := make(map[string]any, 2)
	for _, member := range []string{"grant", "problem", "problems", "message"} {
		if v, ok := whole[member]; ok {
			out[member] = v
		}
	}
	return out
}
