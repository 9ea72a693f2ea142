package policies

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
)

// aboutFixture is the fixture in which a school says for how many years somebody has
// taught, of guardians alone, and the town by what number it knows people.
func aboutFixture(t testing.TB) map[string]any {
	t.Helper()
	f := chainFixture(t)
	f["properties"] = map[string]any{
		"taught": []any{
			map[string]any{"by": "registry", "registry": "schools", "variants": map[string]any{"ChildGuardian": true}},
			map[string]any{"by": "did", "did": parent},
		},
		"licence": []any{map[string]any{"by": "registry", "registry": "towns"}},
	}
	f["uniquePerson"] = map[string]any{"attribute": "number", "issuers": []any{
		map[string]any{"by": "registry", "registry": "towns"}, map[string]any{"by": "registry", "registry": "camp-issuers"},
	}}
	return f
}

// says is a credential by one of a registry about somebody.
func says(registry, subject, name string, value any) facts.Supporting {
	s := identity(subject)
	s.Path, s.Digest = "/presentations/0/verifiableCredential/1", "about"
	s.Issuer, s.IssuerRegistries = "did:example:"+registry, []string{registry}
	s.Attributes = map[string]any{name: value}
	return s
}

// teaching is a parent who may do what takes three years of teaching.
func teaching(change func(c *facts.Credential, s *facts.Supporting)) *facts.Input {
	c := guardian("parent")
	c.Holder.Properties = map[string]any{}
	c.Proxied.Rules = []any{rule("food", map[string]any{"taught": 3.0, "op": ">"})}
	s := says("schools", parent, "taught", 4.0)
	if change != nil {
		change(&c, &s)
	}
	c.About = []facts.Supporting{s}
	return asked("food", presentation(0, parent, c))
}

// numbered are two grandparents, each with a number that the town gives, or none.
func numbered(a, b any) *facts.Input {
	in := grandparents()
	for i, n := range []any{a, b} {
		if n != nil {
			c := &in.Presentations[i].Credentials[0]
			c.About = []facts.Supporting{says("towns", c.Holder.ID, "number", n)}
		}
	}
	return in
}

var ungranted = []string{"permission.ungranted"}

var abouts = []struct {
	name  string
	input *facts.Input
	want  []string // codes; nil: permit
}{
	{"who taught for long", teaching(nil), nil},
	{"who was licensed for two things", teaching(func(c *facts.Credential, s *facts.Supporting) {
		*s = says("towns", parent, "licence", []any{"car", "boat"})
		c.Proxied.Rules = []any{rule("food", map[string]any{"licence": []any{"boat"}, "op": "contains"})}
	}), nil},
	{"who taught for a year", teaching(func(_ *facts.Credential, s *facts.Supporting) { s.Attributes["taught"] = 1.0 }), ungranted},
	{"another who taught", teaching(func(_ *facts.Credential, s *facts.Supporting) { s.Subject = grandma }), ungranted},
	{"by nobody who may say so", teaching(func(_ *facts.Credential, s *facts.Supporting) {
		s.Issuer, s.IssuerRegistries = town, []string{"towns"}
	}), ungranted},
	{"by the issuer of the credential", teaching(func(c *facts.Credential, s *facts.Supporting) {
		s.Issuer, s.IssuerRegistries = c.Issuer, c.IssuerRegistries
	}), ungranted},
	{"by himself, though he is listed", teaching(func(_ *facts.Credential, s *facts.Supporting) {
		s.Issuer, s.IssuerRegistries = parent, []string{}
	}), []string{"issuer.refused", "permission.ungranted"}},
	{"under another name", teaching(func(_ *facts.Credential, s *facts.Supporting) {
		s.Attributes = map[string]any{"taught ": 4.0, "years": 40.0}
	}), ungranted},
	{"a property that the framework does not name", teaching(func(c *facts.Credential, s *facts.Supporting) {
		c.Proxied.Rules, s.Attributes = []any{rule("food", map[string]any{"height": 3.0, "op": ">"})}, map[string]any{"height": 4.0}
	}), ungranted},
	{"a role", teaching(func(c *facts.Credential, s *facts.Supporting) {
		c.Proxied.Rules, s.Attributes = []any{rule("food", map[string]any{"roles": "king"})}, map[string]any{"roles": "king", "role": "king", "taught": 9.0}
	}), ungranted},
	{"expired", teaching(func(_ *facts.Credential, s *facts.Supporting) { s.ValidUntil = "2026-11-22T12:00:00Z" }), []string{"credential.expired", "permission.ungranted"}},
	{"not yet valid", teaching(func(_ *facts.Credential, s *facts.Supporting) { s.ValidFrom = "2026-11-22T12:01:01Z" }), []string{"credential.not_yet_valid", "permission.ungranted"}},
	{"a date that is none", teaching(func(_ *facts.Credential, s *facts.Supporting) { s.ValidUntil = "ever" }), []string{"credential.malformed", "permission.ungranted"}},
	{"revoked", teaching(inList(1, func(s *facts.Status) { s.Issuer = "did:example:schools" })), []string{"permission.ungranted", "status.revoked"}},
	{"in force", teaching(inList(0, func(s *facts.Status) { s.Issuer = "did:example:schools" })), nil},
	{"of a variant of which the school says nothing", func() *facts.Input {
		c := helper("helper")
		c.Issuer, c.IssuerRegistries, c.Variant, c.Holder.Roles = clinic, []string{}, "Nurse", []string{"nurse"}
		c.Proxied.Rules = []any{rule("food", map[string]any{"taught": 3.0, "op": ">"})}
		c.About = []facts.Supporting{says("schools", "did:example:nurse", "taught", 4.0)}
		return asked("food", presentation(0, "did:example:nurse", c))
	}(), ungranted},
	{"otherwise than the credential says", teaching(func(c *facts.Credential, _ *facts.Supporting) {
		c.Holder.Properties = map[string]any{"taught": 9.0}
	}), []string{"permission.ungranted", "property.conflict"}},
	{"as the credential says", teaching(func(c *facts.Credential, _ *facts.Supporting) {
		c.Holder.Properties = map[string]any{"taught": 4.0}
	}), nil},
	{"what one above is like does not count below", linked("food", func(leaf, above *facts.Credential) {
		above.About = []facts.Supporting{says("schools", parent, "taught", 4.0)}
		leaf.Proxied.Rules = []any{rule("food", map[string]any{"taught": 3.0, "op": ">"})}
	}), ungranted},
	{"two people by number", numbered("1", "2"), nil},
	{"one person of two numbers that are one", numbered("1", "1"), ungranted},
	{"one without a number", numbered("1", nil), ungranted},
	{"a number by the school", func() *facts.Input {
		in := numbered("1", "2")
		s := &in.Presentations[1].Credentials[0].About[0]
		s.Issuer, s.IssuerRegistries = "did:example:schools", []string{"schools"}
		return in
	}(), ungranted},
	{"a number of another's", func() *facts.Input {
		in := numbered("1", "2")
		in.Presentations[1].Credentials[0].About[0].Subject = grandma
		return in
	}(), ungranted},
	{"a number that is over", func() *facts.Input {
		in := numbered("1", "2")
		in.Presentations[1].Credentials[0].About[0].ValidUntil = "2026-11-22T12:00:00Z"
		return in
	}(), []string{"credential.expired", "permission.ungranted"}},
	{"two numbers are none", func() *facts.Input {
		in := numbered("1", "2")
		c := &in.Presentations[1].Credentials[0]
		c.About = append(c.About, says("towns", grandpa, "number", "3"))
		return in
	}(), ungranted},
	{"a number in the credential and another beside", func() *facts.Input {
		in := numbered("1", "2")
		in.Presentations[1].Credentials[0].Holder.Properties = map[string]any{"number": "3"}
		return in
	}(), ungranted},
	{"a number as a list", numbered("1", []any{"2"}), ungranted},
}

// What others say of a holder counts where the framework names them for it (4.2).
func TestDecideAboutHolders(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, aboutFixture(t))
	for _, test := range abouts {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := decide(t, engine, clonedInput(t, test.input))
			if all := codes(got); got.Decision == Permit != (test.want == nil) || !slices.Equal(all, test.want) {
				t.Errorf("%s %q, want %q\n%+v", got.Decision, all, test.want, got.Reasons)
			}
		})
	}
}

// A permit lasts no longer than what it was told of a holder.
func TestAboutUntil(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, aboutFixture(t))
	for name, in := range map[string]*facts.Input{
		"a property": teaching(func(_ *facts.Credential, s *facts.Supporting) { s.ValidUntil = "2026-11-22T12:05:00Z" }),
		"a number": func() *facts.Input {
			in := numbered("1", "2")
			in.Presentations[1].Credentials[0].About[0].ProvedUntil = "2026-11-22T12:05:00Z"
			return in
		}(),
	} {
		if got := decide(t, engine, in).ValidUntil; got != "2026-11-22T12:05:00Z" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// The command opa decides on what is said of holders as our engine does.
func TestStockOPADecidesAboutHoldersAlike(t *testing.T) {
	t.Parallel()
	var table []*facts.Input
	for _, test := range abouts {
		table = append(table, test.input)
	}
	decidedAlike(t, aboutFixture(t), table, randomAbout)
}

// randomAbout has credentials about holders of which some may be wrong.
func randomAbout(t *testing.T, r *rand.Rand) *facts.Input {
	t.Helper()
	in := clonedInput(t, pick(r, teaching(nil), numbered("1", "2")))
	for i := range in.Presentations {
		c := &in.Presentations[i].Credentials[0]
		for range r.IntN(3) {
			c.About = append(c.About, says(pick(r, "schools", "towns"), pick(r, c.Holder.ID, c.Holder.ID, grandma), pick(r, "taught", "number"), pick[any](r, "1", "2", 4.0, []any{"1"})))
		}
		randomSupports(r, c.About)
	}
	return in
}
