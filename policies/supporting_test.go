package policies

import (
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/facts"
)

const (
	mya  = "did:example:mya"
	town = "did:example:town"
)

// identityFixture is the fixture in which towns, and by its DID Mya herself, say
// who somebody is.
func identityFixture(t testing.TB) map[string]any {
	t.Helper()
	f := chainFixture(t)
	f["identityIssuers"] = []any{
		map[string]any{"by": "registry", "registry": "towns", "variants": map[string]any{"Nurse": true, "ChildGuardian": true}},
		map[string]any{"by": "did", "did": mya},
	}
	f["issuers"] = append(f["issuers"].([]any), map[string]any{"variants": map[string]any{"ChildGuardian": true, "Helper": true}, "by": "delegator"})
	return f
}

func identity(subject string) facts.Supporting {
	return facts.Supporting{
		Path: "/presentations/0/verifiableCredential/1", Digest: "identity", Issuer: town, IssuerRegistries: []string{"towns"},
		ValidFrom: "2026-01-01T00:00:00Z", ValidUntil: "2026-12-01T00:00:00Z", Subject: subject,
		Attributes: map[string]any{"firstName": "MYA", "birthDate": "2019-02-03", "photo": "y"},
	}
}

// delegated is a nurse whom Mya appointed, and the town knows her.
func delegated(change func(c *facts.Credential, s *facts.Supporting)) *facts.Input {
	c := nurse()
	c.Issuer, c.Proxied.ID = mya, mya
	s := identity(mya)
	if change != nil {
		change(&c, &s)
	}
	if s.Path != "" {
		c.Identity = []facts.Supporting{s}
	}
	return asked("food", presentation(0, "did:example:nurse", c))
}

// delegatedChain is a helper of a parent whom Mya appointed.
func delegatedChain(identities ...facts.Supporting) *facts.Input {
	return linked("food", func(leaf, above *facts.Credential) {
		above.Issuer, above.IssuerRegistries, above.Proxied.ID = mya, []string{}, mya
		leaf.Proxied.ID, above.Identity = mya, identities
	})
}

func inList(value int, change func(*facts.Status)) func(*facts.Credential, *facts.Supporting) {
	return func(_ *facts.Credential, s *facts.Supporting) {
		status := facts.Status{
			Path: "/credentialStatus", Type: "BitstringStatusListEntry", Purpose: "revocation",
			List: "https://lists.example/1", Value: &value, Issuer: town, SignedAt: "2026-11-22T11:30:00Z",
		}
		if change != nil {
			change(&status)
		}
		s.Status = []facts.Status{status}
	}
}

func said(name string, value any) func(*facts.Credential, *facts.Supporting) {
	return func(_ *facts.Credential, s *facts.Supporting) { s.Attributes[name] = value }
}

var delegators = []struct {
	name  string
	input *facts.Input
	want  []string // codes; nil: permit
}{
	{"whom the town knows", delegated(nil), nil},
	{"whom nobody knows", delegated(func(_ *facts.Credential, s *facts.Supporting) { s.Path = "" }), out("proxied.insufficient")},
	{"another subject", delegated(func(_ *facts.Credential, s *facts.Supporting) { s.Subject = "did:example:other" }), out("proxied.insufficient")},
	{"another issuer", delegated(func(_ *facts.Credential, s *facts.Supporting) {
		s.Issuer, s.IssuerRegistries = "did:example:x", []string{}
	}), out("issuer.refused", "proxied.insufficient")},
	{"an issuer of proxies", delegated(func(_ *facts.Credential, s *facts.Supporting) {
		s.Issuer, s.IssuerRegistries = clinic, []string{"camp-issuers"}
	}), out("issuer.refused", "proxied.insufficient")},
	{"her own word, though she is listed", delegated(func(_ *facts.Credential, s *facts.Supporting) {
		s.Issuer, s.IssuerRegistries = mya, []string{"towns"}
	}), out("issuer.refused", "proxied.insufficient")},
	{"expired", delegated(func(_ *facts.Credential, s *facts.Supporting) { s.ValidUntil = "2026-11-22T12:00:00Z" }), out("credential.expired", "proxied.insufficient")},
	{"without dates", delegated(func(_ *facts.Credential, s *facts.Supporting) { s.ValidFrom, s.ValidUntil = "", "" }), nil},
	{"not yet valid", delegated(func(_ *facts.Credential, s *facts.Supporting) { s.ValidFrom = "2026-11-22T12:01:01Z" }), out("credential.not_yet_valid", "proxied.insufficient")},
	{"a date that is none", delegated(func(_ *facts.Credential, s *facts.Supporting) { s.ValidFrom = "soon" }), out("credential.malformed", "proxied.insufficient")},
	{"in force", delegated(inList(0, nil)), nil},
	{"revoked", delegated(inList(1, nil)), out("proxied.insufficient", "status.revoked")},
	{"suspended", delegated(inList(1, func(s *facts.Status) { s.Purpose = "suspension" })), out("proxied.insufficient", "status.suspended")},
	{"by another's list", delegated(inList(0, func(s *facts.Status) { s.Issuer = clinic })), out("proxied.insufficient", "status.refused")},
	{"a list that is not there", delegated(inList(0, func(s *facts.Status) {
		s.Value, s.Issuer, s.Problem, s.Message = nil, "", "status.unreachable", "no list"
	})), out("proxied.insufficient", "status.unreachable")},
	{"a list that is over", delegated(inList(0, func(s *facts.Status) { s.ValidUntil = "2026-11-22T12:00:00Z" })), out("status.stale")},
	{"another name", delegated(said("firstName", "May")), out("proxied.insufficient", "proxied.mismatch")},
	{"a birth date one day off", delegated(said("birthDate", "2019-02-04")), out("proxied.insufficient", "proxied.mismatch")},
	{"a name that looks alike", delegated(said("firstName", "Муа")), out("proxied.insufficient", "proxied.mismatch")},
	{"no birth date", delegated(func(_ *facts.Credential, s *facts.Supporting) { delete(s.Attributes, "birthDate") }), out("proxied.insufficient", "proxied.mismatch")},
	{"who claims another's name and birth date", delegated(func(c *facts.Credential, s *facts.Supporting) {
		s.Attributes["firstName"], s.Attributes["birthDate"] = "Mallory", "2001-01-01"
	}), out("proxied.insufficient", "proxied.mismatch")},
	{"another's identity as one's own", delegated(func(c *facts.Credential, _ *facts.Supporting) {
		c.Issuer, c.Proxied.ID = "did:example:mallory", "did:example:mallory"
	}), out("proxied.insufficient")},
	{"of a variant for which the town may not speak", func() *facts.Input {
		c := helper("helper")
		c.Issuer, c.Proxied.ID, c.Identity = mya, mya, []facts.Supporting{identity(mya)}
		return asked("food", presentation(0, "did:example:helper", c))
	}(), out("issuer.refused", "proxied.insufficient")},
	{"a proof's end that is no date", delegated(func(_ *facts.Credential, s *facts.Supporting) { s.ProvedUntil = "soon" }), out("credential.malformed", "proxied.insufficient")},
	{"where the delegator issues no such thing", delegated(func(c *facts.Credential, _ *facts.Supporting) {
		c.Issuer = "did:example:x"
	}), out("issuer.refused")},
	{"a name alone", func() *facts.Input {
		in := delegated(nil)
		delete(in.Request.Proxied.Attributes, "birthDate")
		return in
	}(), out("proxied.insufficient", "proxied.insufficient")},
	{"more than the town says", func() *facts.Input {
		in := delegated(nil)
		in.Presentations[0].Credentials[0].Proxied.Attributes["photo"] = "x"
		in.Request.Proxied.Attributes["photo"] = facts.Comparable{Text: "x"}
		return in
	}(), out("proxied.insufficient", "proxied.mismatch")},
	{"a chain that ends in her", delegatedChain(identity(mya)), nil},
	{"such a chain that nobody knows", delegatedChain(), out("chain.refused", "proxied.insufficient")},
	{"such a chain with another's identity", delegatedChain(identity("did:example:x")), out("chain.refused", "proxied.insufficient")},
	{"of two one is good", delegatedChain(identity("did:example:x"), identity(mya)), nil},
}

// A delegator is who another says (semantics 3.3).
func TestDecideDelegators(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, identityFixture(t))
	for _, test := range delegators {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := decide(t, engine, clonedInput(t, test.input))
			var all []string
			for _, r := range got.Reasons {
				all = append(all, r.Code)
			}
			want := slices.Compact(slices.Clone(test.want))
			all = slices.Compact(all)
			if got.Decision == Permit != (test.want == nil) || got.Decision == Deny && !slices.Equal(all, want) {
				t.Errorf("%s %q, want %q\n%+v", got.Decision, all, want, got.Reasons)
			}
		})
	}
}

// Whom else a delegator could appoint is told, where somebody may say who that is.
func TestDelegatorsAreNeeded(t *testing.T) {
	t.Parallel()
	needs := func(identityIssuers []any, of facts.ProxiedRequest) int {
		f := identityFixture(t)
		f["issuers"], f["identityIssuers"] = []any{map[string]any{"by": "delegator"}}, identityIssuers
		in := asked("travel")
		in.Request.Proxied = of
		return len(decide(t, engineOf(t, f), in).Needs)
	}
	towns := func(variant string) []any {
		return []any{map[string]any{"by": "registry", "registry": "towns", "variants": map[string]any{variant: true}}}
	}
	attributes := asked("travel").Request.Proxied
	if needs(towns("ChildGuardian"), attributes) == 0 || needs([]any{}, facts.ProxiedRequest{ID: mya}) == 0 {
		t.Error("nobody is needed")
	}
	if needs(towns("Helper"), attributes) > 0 || needs([]any{}, attributes) > 0 {
		t.Error("somebody is needed who could not be identified")
	}
}

// A permit lasts no longer than what says who the delegator is.
func TestDelegatorsUntil(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, identityFixture(t))
	for name, c := range map[string]struct {
		change func(*facts.Credential, *facts.Supporting)
		want   string
	}{
		"its end":         {func(_ *facts.Credential, s *facts.Supporting) { s.ValidUntil = "2026-11-22T12:05:00Z" }, "2026-11-22T12:05:00Z"},
		"its proof's end": {func(_ *facts.Credential, s *facts.Supporting) { s.ProvedUntil = "2026-11-22T12:06:00Z" }, "2026-11-22T12:06:00Z"},
		"its list's end":  {inList(0, func(s *facts.Status) { s.ValidUntil = "2026-11-22T12:07:00Z" }), "2026-11-22T12:07:00Z"},
	} {
		if got := decide(t, engine, clonedInput(t, delegated(c.change))).ValidUntil; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// Where a status may only be so old, an identity that nobody can revoke must be
// short-lived.
func TestIdentitiesCanBeRevoked(t *testing.T) {
	t.Parallel()
	f := identityFixture(t)
	f["freshness"].(map[string]any)["default"].(map[string]any)["statusMaxAge"] = 3600e9
	f["variants"].(map[string]any)["Nurse"].(map[string]any)["validity"].(map[string]any)["status"] = "optional"
	engine := engineOf(t, f)
	for name, c := range map[string]struct {
		change func(*facts.Credential, *facts.Supporting)
		want   []string
	}{
		"revocable": {inList(0, nil), nil},
		"not":       {nil, out("proxied.insufficient", "status.absent")},
		"stale":     {inList(0, func(s *facts.Status) { s.SignedAt = "2026-11-22T10:59:59Z" }), out("status.stale")},
		"fleeting": {func(_ *facts.Credential, s *facts.Supporting) {
			s.ValidFrom, s.ValidUntil = "2026-11-22T11:30:00Z", "2026-11-22T12:30:00Z"
		}, nil},
	} {
		in := delegated(func(c *facts.Credential, s *facts.Supporting) {
			inList(0, func(s *facts.Status) { s.Issuer = mya })(nil, s)
			c.Status, s.Status = s.Status, nil
		})
		if c.change != nil {
			own := &in.Presentations[0].Credentials[0]
			c.change(own, &own.Identity[0])
		}
		got := decide(t, engine, in)
		if all := codes(got); got.Decision == Permit != (c.want == nil) || c.want != nil && !slices.Equal(all, c.want) {
			t.Errorf("%s: %s %q, want %q", name, got.Decision, all, c.want)
		}
	}
}

// The command opa decides on delegators as our engine does, also where places of
// the input are odd.
func TestStockOPADecidesDelegatorsAlike(t *testing.T) {
	t.Parallel()
	var table []*facts.Input
	for _, test := range delegators {
		table = append(table, test.input)
	}
	decidedAlike(t, identityFixture(t), table, randomDelegator)
}

// decidedAlike asks the command opa and our engine the same: those of a table, and
// random ones, of which some have odd places.
func decidedAlike(t *testing.T, framework map[string]any, table []*facts.Input, random func(*testing.T, *rand.Rand) *facts.Input) {
	t.Helper()
	opa, counts := startStock(t), map[any]int{}
	engine := engineOf(t, framework)
	if opa.send(t, http.MethodPut, "/v1/data/procura/framework", framework) == nil {
		t.Fatal("opa does not take the framework")
	}
	ask := func(t *testing.T, in any) {
		t.Helper()
		want := opa.decide(t, in)
		value, err := ast.InterfaceToValue(in)
		if err != nil {
			t.Fatal(err)
		}
		got, ourErr := answered(t, engine, value)
		if ourErr != nil != (want == nil) || ourErr == nil && !reflect.DeepEqual(got, want) {
			t.Fatalf("ours %v\n%s\nopa\n%s\ninput %s", ourErr, asText(t, got), asText(t, want), asText(t, in))
		}
		decision, _ := got.(map[string]any)
		counts[decision["decision"]]++
	}
	derived := func(in *facts.Input) any {
		if err := facts.Derive(in, engine.framework); err != nil {
			t.Fatal(err)
		}
		return recorded(t, in)
	}
	for _, in := range table {
		ask(t, derived(clonedInput(t, in)))
	}
	randomly(t, 10, nil, func(t *testing.T, r *rand.Rand) {
		for range 30 {
			in := derived(random(t, r))
			if r.IntN(3) == 0 {
				in = oddOf(r, in)
			}
			ask(t, in)
		}
	})
	t.Log(counts)
	if counts[Permit] < 20 || counts[Deny] < 20 {
		t.Errorf("got %v", counts)
	}
}

// randomDelegator has identities of which some may be wrong in one way or two.
func randomDelegator(t *testing.T, r *rand.Rand) *facts.Input {
	t.Helper()
	in := clonedInput(t, pick(r, delegated(nil), delegatedChain(identity(mya))))
	c := &in.Presentations[0].Credentials[0]
	if len(c.Ancestors) > 0 {
		c = &c.Ancestors[0]
	}
	for range r.IntN(3) {
		c.Identity = append(c.Identity, identity(pick(r, mya, mya, "did:example:x")))
	}
	randomSupports(r, c.Identity)
	if r.IntN(6) == 0 {
		in.Request.Proxied.ID = pick(r, mya, "did:example:x")
	}
	return in
}

// randomSupports changes each in one way or none.
func randomSupports(r *rand.Rand, all []facts.Supporting) {
	for i := range all {
		s := &all[i]
		switch r.IntN(8) {
		case 0:
			s.Issuer, s.IssuerRegistries = pick(r, mya, clinic, town), pick(r, []string{}, []string{"towns"}, []string{"camp-issuers"})
		case 1:
			s.ValidUntil = pick(r, "", "soon", "2026-11-22T12:00:00Z", "2026-11-22T12:00:01Z")
		case 2:
			s.ValidFrom = pick(r, "", "soon", "2026-11-22T12:01:00Z", "2026-11-22T12:01:01Z")
		case 3:
			s.Status = randomStatus(r, town)
		case 4:
			s.Attributes[pick(r, "firstName", "birthDate")] = pick[any](r, "ｍya", "20190203", "x", 1.0, nil, []any{"Mya"})
		}
	}
}
