package analyze

import (
	"slices"

	"golang.org/x/text/unicode/norm"

	"github.com/procura-dev/procura/trustframeworks"
)

// names are names after NFKC.
type names map[string]bool

func (n names) add(list ...string) {
	for _, name := range list {
		n[norm.NFKC.String(name)] = true
	}
}

func (n names) has(name string) bool { return n[norm.NFKC.String(name)] }

// unused finds what is defined and referred to by nothing.
func (l *linter) unused() {
	roles, rationales, procedures := names{}, names{}, names{}
	for _, v := range l.Variants {
		roles.add(v.Roles...)
		rationales.add(v.Rationales...)
	}
	for _, p := range l.Permissions {
		procedures.add(p.Procedures...)
	}
	tested := l.tested()
	for i, r := range l.Roles {
		switch {
		case !roles.has(r.Name):
			l.add(at("/roles/%d", i), CodeRoleUnused, "no variant allows the role %q: nobody can hold it", r.Name)
		case tested != nil && !tested.has(r.Name):
			l.add(at("/roles/%d", i), CodeRoleUnused, "no rule and no requires asks for the role %q: who holds it gains nothing", r.Name)
		}
	}
	for i, r := range l.Rationales {
		if !rationales.has(r.Name) {
			l.add(at("/rationales/%d", i), CodeRationaleUnused, "no variant allows the rationale %q", r.Name)
		}
	}
	for i, p := range l.Procedures {
		if !procedures.has(p.Name) {
			l.add(at("/procedures/%d", i), CodeProcedureUnused, "no permission asks for the procedure %q", p.Name)
		}
	}
}

// tested are the roles that the framework's conditions name; nil where
// credentials' rules grant by themselves, or some condition holds for whoever
// has any role.
func (l *linter) tested() names {
	if l.anyGrants() {
		return nil
	}
	tested, open := names{}, false
	l.eachCondition(func(_ string, condition map[string]any) {
		for name, value := range condition {
			switch norm.NFKC.String(name) {
			case "all", "any", "n", "op":
			case "role", "roles":
				open = open || condition["op"] != nil && condition["op"] != "in" && condition["op"] != "contains"
				tested.add(stringsIn(value)...)
			default:
				open = true
			}
		}
	})
	if open {
		return nil
	}
	return tested
}

// stringsIn are the strings in a value: itself, or members of a list.
func stringsIn(v any) (out []string) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, e := range list {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// anyGrants reports whether a credential's own rule is enough to grant.
func (l *linter) anyGrants() bool { return l.CredentialRules == "" || l.CredentialRules == "any" }

// eachCondition visits every condition that the framework itself states.
func (l *linter) eachCondition(visit func(path string, condition map[string]any)) {
	for i, r := range l.Rules {
		rule, _ := r.Rule.(map[string]any)
		trustframeworks.Conditions(at("/rules/%d/rule/when", i), rule["when"], visit)
	}
	for i, p := range l.Permissions {
		trustframeworks.Conditions(at("/permissions/%d/requires", i), p.Requires, visit)
	}
}

// spelling finds conditions that write role for roles, as RFC 0104 does.
func (l *linter) spelling() {
	l.eachCondition(func(path string, condition map[string]any) {
		for name := range condition {
			if norm.NFKC.String(name) == "role" {
				l.add(path+"/"+name, CodeRoleSpelling, "%q is read as roles, by this program", name)
			}
		}
	})
}

// issuers finds variants that nobody may issue, and those whose proxies could
// appoint themselves: who keeps the keys of a ward or a thing is its guardian or
// controller, so that a credential in its name is one in the proxy's.
func (l *linter) issuers() {
	for i, v := range l.Variants {
		issued := false
		for j, a := range l.Issuers {
			if len(a.Variants) > 0 && !slices.Contains(a.Variants, v.Name) {
				continue
			}
			issued = true
			if a.By == "delegator" && v.Form != "D" {
				l.add(at("/issuers/%d", j), CodeSelfAppointed, "whoever keeps the key of the proxied identity can make themselves its proxy under %s", v.Name)
			}
		}
		if !issued {
			l.add(at("/variants/%d", i), CodeNoIssuer, "nobody may issue credentials of %s", v.Name)
		}
	}
}

// observed are the types that hold by circumstances of the constraint's sources;
// the others ask the clock, the group, or nobody.
var observed = []string{"geo_radius", "boundary", "jurisdiction", "function", "agent", "relationship", "attributes", "biometric_consent"}

// attesters finds constraints that hold by attestation alone where nobody may
// attest.
func (l *linter) attesters() {
	if len(l.Attesters) > 0 {
		return
	}
	for i, c := range l.Constraints {
		alone := slices.Equal(c.Sources, []string{"attested"}) && slices.Contains(observed, c.Type)
		if alone || c.Type == "circumstance_text" || c.Type == "trigger" {
			l.add(at("/constraints/%d", i), CodeNoAttester, "the constraint %q holds if it is attested, and nobody may attest", c.Name)
		}
	}
}

// persons finds a unique-person value that no proxy credential can hold: whoever
// brings no other that says it counts in no demand for more than one person
// (semantics 4.2).
func (l *linter) persons() {
	if u := l.UniquePerson; u != nil && len(l.world.Properties[norm.NFKC.String(u.Attribute)]) == 0 {
		l.add("/uniquePerson/attribute", CodeNoPerson, "no holder has the member %q: only a credential beside it tells one person from another", u.Attribute)
	}
}
