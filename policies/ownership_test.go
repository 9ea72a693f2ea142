package policies

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
)

const (
	owner = "did:example:owner"
)

// ownerFixture is the fixture in which nurses and helpers are appointed by whom the
// town's books, or by its DID a registry, call the owner. A nurse's may be read in
// another way, too.
func ownerFixture(t testing.TB) map[string]any {
	t.Helper()
	f := chainFixture(t)
	f["ownershipIssuers"] = []any{
		map[string]any{"by": "registry", "registry": "towns", "variants": map[string]any{"Nurse": true, "ChildGuardian": true}},
		map[string]any{"by": "did", "did": owner},
	}
	f["identityIssuers"] = []any{map[string]any{"by": "did", "did": "did:example:passports"}}
	f["variants"].(map[string]any)["Nurse"].(map[string]any)["identification"] = []any{[]any{"firstName", "birthDate"}, []any{"plate"}}
	f["issuers"] = []any{
		map[string]any{"variants": map[string]any{"Nurse": true, "ChildGuardian": true, "Helper": true}, "by": "owner"},
		map[string]any{"variants": map[string]any{"Helper": true}, "by": "chain"},
	}
	return f
}

// title says that the owner has what is called so.
func title() facts.Supporting {
	s := identity(owner)
	s.Path, s.Digest = "/presentations/0/verifiableCredential/0/provenanceProofs/0/1", "title"
	return s
}

// owned is a nurse of an owner's.
func owned(change func(c *facts.Credential, s *facts.Supporting)) *facts.Input {
	c := nurse()
	c.Issuer, c.IssuerRegistries = owner, []string{}
	s := title()
	if change != nil {
		change(&c, &s)
	}
	if s.Path != "" {
		c.Ownership = []facts.Supporting{s}
	}
	return asked("food", presentation(0, "did:example:nurse", c))
}

// ownedChain is a helper of a parent whom an owner appointed.
func ownedChain(titles ...facts.Supporting) *facts.Input {
	return linked("food", func(_, above *facts.Credential) {
		above.Issuer, above.IssuerRegistries, above.Ownership = owner, []string{}, titles
	})
}

// byID asks for what is owned by an id beside or in the place of attributes.
func byID(attributes bool) *facts.Input {
	in := owned(func(c *facts.Credential, _ *facts.Supporting) { c.Proxied.ID = "did:example:thing" })
	in.Request.Proxied.ID = "did:example:thing"
	if !attributes {
		in.Request.Proxied.Attributes = nil
	}
	return in
}

var owners = []struct {
	name  string
	input *facts.Input
	want  []string // codes; nil: permit
}{
	{"who owns it", owned(nil), nil},
	{"who shows no title", owned(func(_ *facts.Credential, s *facts.Supporting) { s.Path = "" }), out("issuer.refused")},
	{"an owner who appoints himself", func() *facts.Input {
		in := owned(nil)
		p := presentation(0, owner, in.Presentations[0].Credentials[0])
		return asked("food", p)
	}(), nil},
	{"who calls himself the owner, though he is listed", owned(func(_ *facts.Credential, s *facts.Supporting) {
		s.Issuer, s.IssuerRegistries = owner, []string{"towns"}
	}), out("issuer.refused")},
	{"another owner's title", owned(func(_ *facts.Credential, s *facts.Supporting) { s.Subject = "did:example:other" }), out("chain.unlinked", "issuer.refused")},
	{"the proxy's title", owned(func(_ *facts.Credential, s *facts.Supporting) { s.Subject = "did:example:nurse" }), out("chain.unlinked", "issuer.refused")},
	{"a title by another", owned(func(_ *facts.Credential, s *facts.Supporting) {
		s.Issuer, s.IssuerRegistries = "did:example:x", []string{"camp-issuers"}
	}), out("issuer.refused")},
	{"a title by one who says who somebody is", owned(func(_ *facts.Credential, s *facts.Supporting) {
		s.Issuer, s.IssuerRegistries = "did:example:passports", []string{}
	}), out("issuer.refused")},
	{"expired", owned(func(_ *facts.Credential, s *facts.Supporting) { s.ValidUntil = "2026-11-22T12:00:00Z" }), out("credential.expired", "issuer.refused")},
	{"not yet valid", owned(func(_ *facts.Credential, s *facts.Supporting) { s.ValidFrom = "2026-11-22T12:01:01Z" }), out("credential.not_yet_valid", "issuer.refused")},
	{"a date that is none", owned(func(_ *facts.Credential, s *facts.Supporting) { s.ValidUntil = "ever" }), out("credential.malformed", "issuer.refused")},
	{"without dates", owned(func(_ *facts.Credential, s *facts.Supporting) { s.ValidFrom, s.ValidUntil = "", "" }), nil},
	{"in force", owned(inList(0, nil)), nil},
	{"revoked", owned(inList(1, nil)), out("issuer.refused", "status.revoked")},
	{"suspended", owned(inList(1, func(s *facts.Status) { s.Purpose = "suspension" })), out("issuer.refused", "status.suspended")},
	{"by another's list", owned(inList(0, func(s *facts.Status) { s.Issuer = owner })), out("issuer.refused", "status.refused")},
	{"a list that is over", owned(inList(0, func(s *facts.Status) { s.ValidUntil = "2026-11-22T12:00:00Z" })), out("status.stale")},
	{"another thing", owned(said("firstName", "Omar")), out("issuer.refused", "proxied.mismatch")},
	{"a thing that looks alike", owned(said("firstName", "Муа")), out("issuer.refused", "proxied.mismatch")},
	{"half of what identifies it", owned(func(_ *facts.Credential, s *facts.Supporting) { delete(s.Attributes, "birthDate") }), out("issuer.refused", "proxied.mismatch")},
	{"nothing that identifies it", owned(func(_ *facts.Credential, s *facts.Supporting) { s.Attributes = map[string]any{"height": 1.0} }), out("issuer.refused", "proxied.mismatch")},
	{"of whose names one is another's", owned(func(c *facts.Credential, s *facts.Supporting) {
		c.Proxied.Attributes["plate"], s.Attributes["plate"] = "TX-1", "TX-2"
	}), out("issuer.refused", "proxied.mismatch")},
	{"what the credential says besides of itself", owned(func(c *facts.Credential, s *facts.Supporting) {
		c.Proxied.Attributes["photo"] = "x"
	}), nil},
	{"a request for more than the title says", func() *facts.Input {
		in := owned(func(c *facts.Credential, s *facts.Supporting) {
			c.Proxied.Attributes["photo"] = "x"
			delete(s.Attributes, "photo")
		})
		in.Request.Proxied.Attributes["photo"] = facts.Comparable{Text: "x"}
		return in
	}(), out("proxied.insufficient", "proxied.mismatch")},
	{"a request that names another way to identify it", func() *facts.Input {
		in := owned(func(c *facts.Credential, _ *facts.Supporting) { c.Proxied.Attributes["plate"] = "TX-1" })
		in.Request.Proxied.Attributes = map[string]facts.Comparable{"plate": {Text: "TX-1"}}
		return in
	}(), out("proxied.insufficient", "proxied.mismatch")},
	{"an id that the owner alone gives", byID(false), out("proxied.insufficient")},
	{"an id beside attributes", byID(true), nil},
	{"of a variant of which the town says nothing", func() *facts.Input {
		c := helper("helper")
		c.Issuer, c.Ownership = owner, []facts.Supporting{title()}
		return asked("food", presentation(0, "did:example:helper", c))
	}(), out("issuer.refused")},
	{"a chain that ends in the owner", ownedChain(title()), nil},
	{"such a chain without a title", ownedChain(), out("chain.refused", "issuer.refused")},
	{"such a chain with the title at its leaf", func() *facts.Input {
		in := ownedChain()
		in.Presentations[0].Credentials[0].Ownership = []facts.Supporting{title()}
		return in
	}(), out("chain.refused", "chain.unlinked", "issuer.refused", "issuer.refused")},
	{"a title in the place of a chain", func() *facts.Input {
		in := owned(nil)
		c := &in.Presentations[0].Credentials[0]
		*c = hang(*c, held(owner, guardian("grandparent")))
		c.Ownership = []facts.Supporting{title()}
		return in
	}(), out("chain.refused", "chain.role", "chain.undelegated", "chain.validity", "issuer.refused", "issuer.refused")},
	{"of two titles one is good", func() *facts.Input {
		in := owned(nil)
		c := &in.Presentations[0].Credentials[0]
		c.Ownership = append([]facts.Supporting{identity("did:example:x")}, c.Ownership...)
		return in
	}(), nil},
	{"two titles that are half good", func() *facts.Input {
		in := owned(func(_ *facts.Credential, s *facts.Supporting) { s.ValidUntil = "2026-11-22T12:00:00Z" })
		c := &in.Presentations[0].Credentials[0]
		other := title()
		c.Proxied.Attributes["plate"], other.Attributes = "TX-1", map[string]any{"plate": "TX-1"}
		c.Ownership = append(c.Ownership, other)
		return in
	}(), out("credential.expired", "proxied.insufficient", "proxied.mismatch")},
}

// An owner is whom another calls so (semantics 3.3).
func TestDecideOwners(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, ownerFixture(t))
	for _, test := range owners {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := decide(t, engine, clonedInput(t, test.input))
			all, want := slices.Compact(codes(got)), slices.Compact(slices.Clone(test.want))
			if got.Decision == Permit != (test.want == nil) || got.Decision == Deny && !slices.Equal(all, want) {
				t.Errorf("%s %q, want %q\n%+v", got.Decision, all, want, got.Reasons)
			}
		})
	}
}

// Where no owner is listed, or nobody who says who one is, a title says nothing.
func TestNoOwnersListed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"issuers", "ownershipIssuers"} {
		f := ownerFixture(t)
		f[name] = []any{}
		if got := decide(t, engineOf(t, f), clonedInput(t, owned(nil))); got.Decision != Deny {
			t.Errorf("without %s: %s", name, got.Decision)
		}
	}
}

// Who stands below another gives up nothing of that by a title: its variant must list
// chains.
func TestTitlesReplaceNoChain(t *testing.T) {
	t.Parallel()
	f := ownerFixture(t)
	f["ownershipIssuers"] = []any{map[string]any{"by": "registry", "registry": "towns"}}
	chained := func() *facts.Input {
		return linked("food", func(leaf, above *facts.Credential) {
			above.Issuer, above.Ownership = owner, []facts.Supporting{title()}
			leaf.Ownership = []facts.Supporting{title()}
			leaf.Ownership[0].Subject = parent
		})
	}
	if got := decide(t, engineOf(t, f), chained()); got.Decision != Permit {
		t.Fatalf("%+v", got.Reasons)
	}
	f["issuers"] = f["issuers"].([]any)[:1]
	if got := decide(t, engineOf(t, f), chained()); got.Decision != Deny || !slices.Contains(codes(got), "issuer.refused") {
		t.Errorf("%s %q", got.Decision, codes(got))
	}
}

// Whom else an owner could appoint is told, where the request says what is owned; of
// an id alone no title speaks.
func TestOwnersAreNeeded(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, ownerFixture(t))
	grandmother := func() *facts.Input {
		c := guardian("grandparent")
		c.Issuer, c.IssuerRegistries, c.Ownership = owner, []string{}, []facts.Supporting{title()}
		return asked("travel", presentation(0, grandma, c))
	}
	if got := decide(t, engine, grandmother()); got.Decision != Deny || len(got.Needs) == 0 {
		t.Errorf("%s needs %+v", got.Decision, got.Needs)
	}
	in := grandmother()
	in.Request.Proxied = facts.ProxiedRequest{ID: "did:example:thing"}
	if got := decide(t, engine, in); len(got.Needs) > 0 {
		t.Errorf("by an id alone: %+v", got.Needs)
	}
}

// A permit lasts no longer than the title by which it was given.
func TestOwnersUntil(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, ownerFixture(t))
	for name, c := range map[string]struct {
		change func(*facts.Credential, *facts.Supporting)
		want   string
	}{
		"its end":         {func(_ *facts.Credential, s *facts.Supporting) { s.ValidUntil = "2026-11-22T12:05:00Z" }, "2026-11-22T12:05:00Z"},
		"its proof's end": {func(_ *facts.Credential, s *facts.Supporting) { s.ProvedUntil = "2026-11-22T12:06:00Z" }, "2026-11-22T12:06:00Z"},
		"its list's end":  {inList(0, func(s *facts.Status) { s.ValidUntil = "2026-11-22T12:07:00Z" }), "2026-11-22T12:07:00Z"},
	} {
		if got := decide(t, engine, clonedInput(t, owned(c.change))).ValidUntil; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// The command opa decides on owners as our engine does.
func TestStockOPADecidesOwnersAlike(t *testing.T) {
	t.Parallel()
	var table []*facts.Input
	for _, test := range owners {
		table = append(table, test.input)
	}
	decidedAlike(t, ownerFixture(t), table, randomOwner)
}

// randomOwner has titles of which some may be wrong.
func randomOwner(t *testing.T, r *rand.Rand) *facts.Input {
	t.Helper()
	in := clonedInput(t, pick(r, owned(nil), ownedChain(title()), byID(true)))
	c := &in.Presentations[0].Credentials[0]
	if len(c.Ancestors) > 0 {
		c = &c.Ancestors[0]
	}
	for range r.IntN(3) {
		s := title()
		s.Subject = pick(r, owner, owner, "did:example:x")
		c.Ownership = append(c.Ownership, s)
	}
	randomSupports(r, c.Ownership)
	if r.IntN(6) == 0 {
		in.Request.Proxied.ID = pick(r, "did:example:thing", "did:example:x")
	}
	return in
}
