package policies

import (
	"slices"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
)

// What the framework says, each by one change to it, over one input.
func TestDecideByFramework(t *testing.T) {
	t.Parallel()
	person := map[string]any{"attribute": "person", "issuers": []any{map[string]any{"by": "registry", "registry": "camp-issuers"}}}
	known := func(a, b any) func() *facts.Input {
		return func() *facts.Input {
			return asked("travel", presentation(0, grandma, guardianNamed("grandparent", "person", a)),
				presentation(1, grandpa, guardianNamed("grandparent", "person", b)))
		}
	}
	schoolByBoth := func() *facts.Input {
		in := asked("school", presentation(0, parent, guardian("parent")))
		credential(in).Proxied.Rules = []any{rule("school", map[string]any{"roles": "parent"})}
		return in
	}
	for _, test := range []struct {
		name   string
		member string
		value  any
		input  func() *facts.Input
		codes  []string // nil: a permit
	}{
		{"no rules of credentials", "credentialRules", "none", base, []string{"permission.ungranted"}},
		{"rules of the framework alone", "credentialRules", "none", schoolByBoth, nil},
		{"one rule of two", "credentialRules", "narrow", base, []string{"permission.ungranted"}},
		{"the framework's rule alone", "credentialRules", "narrow", grandparents, []string{"permission.ungranted"}},
		{"both rules", "credentialRules", "narrow", schoolByBoth, nil},
		{"an unknown way with rules", "credentialRules", "all", base, []string{"permission.ungranted"}},
		{"no issuers", "issuers", []any{}, base, lost("issuer.refused")},
		{"an unknown way to be an issuer", "issuers", []any{map[string]any{"by": "anyone"}}, base, lost("issuer.refused")},
		{"an appeal that is demanded", "appeal", map[string]any{"uri": "required"}, base, lost("appeal.missing")},
		{"no freshness", "freshness", map[string]any{}, base, lost("framework.stale")},
		{"two people by value", "uniquePerson", person, known("a", "b"), nil},
		{"one person by value", "uniquePerson", person, known("a", "a"), []string{"permission.ungranted"}},
		{"nobody's value", "uniquePerson", person, grandparents, []string{"permission.ungranted"}},
		{"one value of two people", "uniquePerson", person, known("a", nil), []string{"permission.ungranted"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			framework := fixture(t)
			framework[test.member] = test.value
			d := decide(t, engineOf(t, framework), test.input())
			if got := codes(d); !slices.Equal(got, test.codes) || (d.Decision == Permit) != (test.codes == nil) {
				t.Errorf("got %s for %v, want %v\n%s", d.Decision, got, test.codes, shown(t, d))
			}
		})
	}
}

// One person for two parts of a condition: only where the framework says so,
// and the caller does not narrow.
func TestDecideDisjoint(t *testing.T) {
	t.Parallel()
	both := func(disjoint bool) *facts.Input {
		in := base()
		in.Request.Disjoint = disjoint
		credential(in).Proxied.Rules = []any{rule("food", map[string]any{"all": []any{
			map[string]any{"roles": "parent"}, map[string]any{"years": 20.0, "op": ">"},
		}})}
		return in
	}
	for _, test := range []struct {
		name              string
		framework, caller bool
		want              string
	}{
		{"disjoint", true, false, Deny},
		{"shared", false, false, Permit},
		{"shared, but demanded disjoint", false, true, Deny},
	} {
		framework := fixture(t)
		framework["disjoint"] = test.framework
		if d := decide(t, engineOf(t, framework), both(test.caller)); d.Decision != test.want {
			t.Errorf("%s: got %s", test.name, shown(t, d))
		}
	}
}

// A text that a person attests: by one whom the framework lists, who is nobody
// of the group, about this credential and constraint, and recently.
func TestDecideByAttestation(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, fixture(t))
	for _, test := range []struct {
		name   string
		change func(a *facts.Attestation)
		codes  []string // nil: a permit
	}{
		{"a listed attester", func(*facts.Attestation) {}, nil},
		{"an unlisted one", func(a *facts.Attestation) { a.Registries = nil }, lostTo("attestation.refused", "constraint.unknown")},
		{"the holder", func(a *facts.Attestation) { a.Issuer = parent }, lostTo("attestation.refused", "constraint.unknown")},
		{"the holder's key", func(a *facts.Attestation) { a.Key = "key-of-" + parent }, lostTo("attestation.refused", "constraint.unknown")},
		{"another credential", func(a *facts.Attestation) { a.Credential = "other" }, lost("constraint.unknown")},
		{"another constraint", func(a *facts.Attestation) { a.Constraint = "other" }, lost("constraint.unknown")},
		{"an expired one", func(a *facts.Attestation) { a.ExpiresAt = "2026-11-22T12:00:00Z" }, lost("constraint.unknown")},
		{"one to come", func(a *facts.Attestation) { a.IssuedAt = "2026-11-22T12:01:01Z" }, lost("constraint.unknown")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := base()
			credential(in).Holder.Constraints["trigger"] = "when rain falls"
			digest, err := facts.Digest(map[string]any{"trigger": "when rain falls"})
			if err != nil {
				t.Fatal(err)
			}
			a := facts.Attestation{
				Issuer: "did:example:elder", Registries: []string{"camp-attesters"}, Key: "key-of-elder",
				IssuedAt: "2026-11-22T11:58:00Z", Constraint: digest, Credential: credential(in).Digest,
			}
			test.change(&a)
			in.Presentations[0].Circumstances.Attestations = []facts.Attestation{a}
			d := decide(t, engine, in)
			if got := codes(d); !slices.Equal(got, test.codes) || (d.Decision == Permit) != (test.codes == nil) {
				t.Errorf("got %s for %v, want %v\n%s", d.Decision, got, test.codes, shown(t, d))
			}
			if counted := len(d.Counted) == 1; counted != (test.codes == nil) {
				t.Errorf("got %v counted", d.Counted)
			}
		})
	}
}

func lostTo(faults ...string) []string {
	return slices.Sorted(slices.Values(append(faults, "holder.no_credential", "permission.ungranted")))
}

func TestObligations(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, fixture(t))
	surgery := func(supported ...string) *facts.Input {
		in := asked("surgery", presentation(0, parent, guardian("parent")), presentation(1, "did:example:nurse", nurse()))
		in.Request.SupportedObligations = supported
		return in
	}
	d := decide(t, engine, surgery())
	var got []string
	for _, o := range d.Obligations {
		got = append(got, o.ID+" "+o.Action+" "+o.Permission)
	}
	if want := []string{"audit/surgery audit surgery", "photo-match/surgery photo-match surgery", "record record "}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if d := decide(t, engine, surgery("audit", "photo-match", "record")); d.Decision != Permit {
		t.Errorf("all supported: got %s", shown(t, d))
	}
	if d := decide(t, engine, surgery("audit", "record")); d.Decision != Deny || len(d.Obligations) != 3 {
		t.Errorf("one unsupported: got %s", shown(t, d))
	}
}
