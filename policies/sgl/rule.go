package sgl

import (
	"slices"
)

// ParseRule reads a rule from the values that a strict JSON parser makes: maps,
// slices, strings, numbers, booleans and nil. The rule is never nil; one that
// grants nothing has a Problem.
func ParseRule(tree any) *Rule { return newParser().parse(tree) }

// ParseRuleWithin is [ParseRule] for a rule that may have at most so many
// alternatives, beyond which it is sgl.too_large. What takes many rules at once
// bounds with it what they cost together.
func ParseRuleWithin(tree any, most int) *Rule {
	p := newParser()
	p.most = min(most, MaxAlternatives)
	return p.parse(tree)
}

func (p *parser) parse(tree any) *Rule {
	members, ok := tree.(map[string]any)
	if !ok {
		return p.refuse(&invalid{"", "a rule is an object"})
	}
	for name := range members {
		if name != "grant" && name != "when" && name != "id" {
			return p.refuse(&invalid{"", "a rule has grant, when and id, nothing else"})
		}
	}
	if bad := p.head(members); bad != nil {
		return p.refuse(bad)
	}
	when, ok := members["when"]
	if !ok {
		return p.refuse(&invalid{"", "a rule has a when"})
	}
	root, bad := p.condition(when, 1)
	if bad != nil {
		return p.refuse(bad.below("/when"))
	}
	return p.finish(root)
}

// ParseCondition reads a condition that stands without a rule, as that of a
// permission's requires or of cooperation.
func ParseCondition(tree any) *Rule {
	return newParser().parseCondition(tree)
}

func (p *parser) parseCondition(tree any) *Rule {
	root, bad := p.condition(tree, 1)
	if bad != nil {
		return p.refuse(bad)
	}
	return p.finish(root)
}

func newParser() *parser {
	return &parser{rule: &Rule{}, most: MaxAlternatives}
}

// head reads grant, "one name or a non-empty list of non-empty names", and id.
func (p *parser) head(members map[string]any) *invalid {
	names, isList := members["grant"].([]any)
	if !isList {
		names = []any{members["grant"]}
	}
	if len(names) == 0 {
		return &invalid{"/grant", "the list is empty"}
	}
	p.limit(len(names) > MaxList, "a list has more than 256 members")
	for _, v := range names {
		written, _ := v.(string)
		name, cause := p.name(written)
		if cause != "" {
			return &invalid{"/grant", "a name is a string that is not empty"}
		}
		if !slices.Contains(p.rule.Grant, name) {
			p.rule.Grant = append(p.rule.Grant, name)
		}
	}
	if v, ok := members["id"]; ok {
		if p.rule.ID, p.rule.HasID = v.(string); !p.rule.HasID {
			return &invalid{"/id", "an id is a string"}
		}
		p.limitString(v)
	}
	return nil
}

// refuse is the end of a rule that cannot be evaluated in any way.
func (p *parser) refuse(bad *invalid) *Rule {
	return &Rule{notApart: bad.problem(), notShared: bad.problem()}
}

// finish brings a rule without invalid parts to its two forms. Invalid goes
// before too large, too large before too complex.
func (p *parser) finish(root *condition) *Rule {
	r := p.rule
	if p.unshared {
		r.notShared = &Problem{Invalid, "an any whose n is beyond its list takes tests of one principal alone where parts may share principals"}
	}
	if p.large != "" {
		large := &Problem{TooLarge, p.large}
		if r.notApart = large; r.notShared == nil {
			r.notShared = large
		}
		return &Rule{Grant: r.Grant, ID: r.ID, HasID: r.HasID, notApart: r.notApart, notShared: r.notShared}
	}
	if p.most < MaxAlternatives && root.countAlternatives() > p.most {
		large := &Problem{TooLarge, "with the rules before it the rule has too many alternatives for one decision"}
		return &Rule{Grant: r.Grant, ID: r.ID, HasID: r.HasID, notApart: large, notShared: large}
	}
	alternatives, ok := root.alternatives()
	if !ok {
		r.notApart = &Problem{TooComplex, "the rule has too many alternatives to be decided exactly"}
	}
	r.Alternatives = possible(alternatives)
	r.Tree, _ = root.flatten(make([]Node, 0, p.conditions))
	return r
}
