package compile

import (
	"cmp"

	"golang.org/x/text/unicode/norm"

	"github.com/procura-dev/procura/policies/sgl"
	"github.com/procura-dev/procura/trustframeworks"
)

// data is what the policy reads of the document, at data.<root>.framework.
// Names are NFKC, durations integers of nanoseconds; what is absent in the
// document is absent here, unless it has a default.
func (f *Framework) data() map[string]any {
	d := f.Document
	derived := rules(d.Rules)
	out := map[string]any{
		"name": d.Name, "version": d.Version, "uri": d.URI,
		"credentialRules": d.CredentialRules, "disjoint": d.IsDisjoint(),
		"roles": roles(d.Roles), "rationales": rationales(d.Rationales), "procedures": procedures(d.Procedures),
		"permissions": permissions(d.Permissions), "constraints": constraints(d.Constraints), "variants": variants(d),
		"issuers": authorities(d.Issuers), "attesters": authorities(d.Attesters), "identityIssuers": authorities(d.IdentityIssuers),
		"ownershipIssuers": authorities(d.OwnershipIssuers),
		"properties":       properties(d.Properties),
		"rules":            derived, "granting": granting(derived), "conduct": conduct(d.Conduct),
		"auditing": channel(d.Auditing), "appeal": channel(d.Appeal), "freshness": freshness(d.Freshness),
	}
	if d.CredentialRules == "" {
		out["credentialRules"] = "any"
	}
	if d.Delegation != nil {
		out["delegation"] = delegation(d.Delegation)
	}
	if u := d.UniquePerson; u != nil {
		out["uniquePerson"] = map[string]any{"attribute": nfkc(u.Attribute), "issuers": authorities(u.Issuers)}
	}
	return out
}

// properties gives, by name, those who may say what a holder is like.
func properties(all []trustframeworks.Property) map[string]any {
	out := map[string]any{}
	for _, p := range all {
		before, _ := out[nfkc(p.Name)].([]any)
		out[nfkc(p.Name)] = append(before, authorities(p.Issuers)...)
	}
	return out
}

// delegation fills in what a document leaves out.
func delegation(d *trustframeworks.Delegation) map[string]any {
	appoints := map[string]any{}
	for role, list := range d.Appoints {
		appoints[nfkc(role)] = nfkcAll(list)
	}
	return map[string]any{
		"delegate": nfkc(cmp.Or(d.Delegate, "delegate")), "successor": nfkc(cmp.Or(d.Successor, "successor")),
		"maxDepth": cmp.Or(d.MaxDepth, maxDepth), "appoints": appoints, "countsSeparately": set(d.CountsSeparately),
		"survivesRevocation": set(d.SurvivesRevocation),
	}
}

// maxDepth is how many credentials a chain has at most (semantics 6).
const maxDepth = 16

func nfkc(name string) string { return norm.NFKC.String(name) }

func nfkcAll(names []string) []any {
	list := make([]any, len(names))
	for i, name := range names {
		list[i] = nfkc(name)
	}
	return list
}

// set gives names as keys: a lookup instead of a search.
func set(names []string) map[string]any {
	m := map[string]any{}
	for _, name := range names {
		m[nfkc(name)] = true
	}
	return m
}

func roles(list []trustframeworks.Role) map[string]any {
	m := map[string]any{}
	for i, r := range list {
		role := map[string]any{"index": i}
		if r.Max > 0 {
			role["max"] = r.Max
		}
		m[nfkc(r.Name)] = role
	}
	return m
}

func rationales(list []trustframeworks.Rationale) map[string]any {
	m := map[string]any{}
	for _, r := range list {
		m[r.URI] = map[string]any{"name": nfkc(r.Name), "strength": r.Strength}
	}
	return m
}

func procedures(list []trustframeworks.Procedure) map[string]any {
	m := map[string]any{}
	for _, p := range list {
		m[nfkc(p.Name)] = map[string]any{"uri": p.URI, "definition": p.Definition}
	}
	return m
}

func permissions(list []trustframeworks.Permission) map[string]any {
	m := map[string]any{}
	for _, p := range list {
		permission := map[string]any{"audit": p.Audit, "procedures": nfkcAll(p.Procedures), "text": p.Definition}
		if p.Requires != nil {
			permission["requires"] = sgl.DeriveCondition(p.Requires)
		}
		m[nfkc(p.Name)] = permission
	}
	return m
}

func constraints(list []trustframeworks.Constraint) map[string]any {
	m := map[string]any{}
	for _, c := range list {
		sources := c.Sources
		if len(sources) == 0 {
			sources = []string{"verifier"}
		}
		m[nfkc(c.Name)] = map[string]any{"type": c.Type, "members": c.Members, "sources": sources}
	}
	return m
}

func authorities(list []trustframeworks.Authority) []any {
	out := make([]any, len(list))
	for i, a := range list {
		authority := map[string]any{"by": a.By}
		if len(a.Variants) > 0 {
			authority["variants"] = set(a.Variants)
		}
		if a.DID != "" {
			authority["did"] = a.DID
		}
		if a.Registry != "" {
			authority["registry"] = a.Registry
		}
		out[i] = authority
	}
	return out
}

func rules(list []trustframeworks.Rule) []any {
	out := make([]any, len(list))
	for i, r := range list {
		out[i] = map[string]any{"variants": set(r.Variants), "rule": sgl.Derive(r.Rule)}
	}
	return out
}

// granting gives, by permission, the indexes of the derived rules that grant it,
// so that no decision has to look through all of them.
func granting(rules []any) map[string][]int {
	m := map[string][]int{}
	for i, r := range rules {
		names, _ := r.(map[string]any)["rule"].(map[string]any)["grant"].([]any) // absent: it has a problem
		for _, name := range names {
			m[name.(string)] = append(m[name.(string)], i)
		}
	}
	return m
}

func conduct(c trustframeworks.Conduct) map[string]any {
	return map[string]any{"proxy": behaviours(c.Proxy), "issuer": behaviours(c.Issuer), "verifier": behaviours(c.Verifier)}
}

func behaviours(list []trustframeworks.Behaviour) []any {
	out := make([]any, len(list))
	for i, b := range list {
		behaviour := map[string]any{"level": b.Level, "text": b.Text}
		if b.Obligation != "" {
			behaviour["obligation"] = b.Obligation
		}
		out[i] = behaviour
	}
	return out
}

func channel(c trustframeworks.Channel) map[string]any {
	return map[string]any{"uri": c.URI, "text": c.Text}
}
