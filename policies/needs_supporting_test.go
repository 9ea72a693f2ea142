package policies

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
)

// old is a status of a list that is over.
func old(list, by string) facts.Status {
	return facts.Status{
		Path: "/credentialStatus", Type: "BitstringStatusListEntry", Purpose: "revocation", List: list,
		Value: new(0), Issuer: by, SignedAt: "2026-11-22T11:30:00Z", ValidUntil: "2026-11-22T12:00:00Z",
	}
}

// overdue is a change by which a supporting credential's lists are over.
func overdue(lists ...string) func(*facts.Credential, *facts.Supporting) {
	return func(_ *facts.Credential, s *facts.Supporting) {
		for _, list := range lists {
			s.Status = append(s.Status, old(list, s.Issuer))
		}
	}
}

// freshNeeds are what is needed, as lists and for which credential.
func freshNeeds(d *Decision) []string {
	var out []string
	for _, n := range d.Needs {
		var parts []string
		for _, p := range n.Parts {
			parts = append(parts, p.Kind+" "+p.List+p.Circumstance+" "+p.Credential[strings.LastIndex(p.Credential, "/")+1:])
		}
		slices.Sort(parts)
		out = append(out, strings.Join(parts, " + "))
	}
	return out
}

// A fresher list of what says who a delegator is, what an owner has or what a holder
// is like is a need, and nothing else of it can be mended.
func TestNeedsOfSupportingCredentials(t *testing.T) {
	t.Parallel()
	identities, owners, abouts := identityFixture(t), ownerFixture(t), aboutFixture(t)
	identities["variants"].(map[string]any)["Nurse"].(map[string]any)["validity"].(map[string]any)["status"] = "optional"
	byMya, byTitle, byOthers := engineOf(t, identities), engineOf(t, owners), engineOf(t, abouts)
	second := func(change func(*facts.Credential, *facts.Supporting), lists ...string) *facts.Input {
		in := delegated(change)
		s := identity(mya)
		s.Path = "/presentations/0/verifiableCredential/2"
		overdue(lists...)(nil, &s)
		c := &in.Presentations[0].Credentials[0]
		c.Identity = append(c.Identity, s)
		return in
	}
	for _, test := range []struct {
		name   string
		engine *Engine
		input  *facts.Input
		want   []string
		partly bool // that the search left something out is said
	}{
		{"an identity", byMya, delegated(overdue("a")), []string{"status a 1"}, false},
		{"an identity of two lists", byMya, delegated(overdue("a", "b")), []string{"status a 1 + status b 1"}, false},
		{"a suspended identity", byMya, delegated(inList(1, func(s *facts.Status) { s.Purpose = "suspension" })), nil, false},
		{"a revoked identity", byMya, delegated(inList(1, nil)), nil, false},
		{"a revoked identity of an old list", byMya, delegated(inList(1, func(s *facts.Status) { s.ValidUntil = "2026-11-22T12:00:00Z" })), nil, false},
		{"no identity", byMya, delegated(func(_ *facts.Credential, s *facts.Supporting) { s.Path = "" }), nil, false},
		{"an identity of another name", byMya, delegated(func(c *facts.Credential, s *facts.Supporting) {
			overdue("a")(c, s)
			s.Attributes["firstName"] = "May"
		}), nil, false},
		{"one of two identities", byMya, second(overdue("a", "b"), "c"), []string{"status c 2"}, true},
		{"one identity of two", byMya, second(overdue("a"), "b"), []string{"status a 1"}, true},
		{"what the mandate needs, too", byMya, delegated(func(c *facts.Credential, s *facts.Supporting) {
			overdue("a")(c, s)
			c.Status = []facts.Status{old("b", c.Issuer)}
		}), []string{"status a 1 + status b 0"}, false},
		{"one list of both", byMya, delegated(func(c *facts.Credential, s *facts.Supporting) {
			overdue("a")(c, s)
			c.Status = []facts.Status{old("a", c.Issuer)}
			c.Status[0].Issuer = mya
		}), []string{"status a 0"}, false},
		{"an identity at the root of a chain", byMya, delegatedChain(func() facts.Supporting {
			s := identity(mya)
			overdue("a")(nil, &s)
			return s
		}()), []string{"status a 1"}, false},
		{"a title", byTitle, owned(overdue("a")), []string{"status a 1"}, false},
		{"a suspended title", byTitle, owned(inList(1, func(s *facts.Status) { s.Purpose = "suspension" })), nil, false},
		{"a title at the root of a chain", byTitle, ownedChain(func() facts.Supporting {
			s := title()
			overdue("a")(nil, &s)
			return s
		}()), []string{"status a 1"}, false},
		{"a property", byOthers, teaching(overdue("a")), []string{"status a 1"}, false},
		{"a property of two lists", byOthers, teaching(overdue("a", "b")), []string{"status a 1 + status b 1"}, false},
		{"a property of no use", byOthers, teaching(func(c *facts.Credential, s *facts.Supporting) {
			overdue("a")(c, s)
			s.Attributes["taught"] = 1.0
		}), nil, false},
		{"a property by nobody who may say so", byOthers, teaching(func(c *facts.Credential, s *facts.Supporting) {
			s.Issuer, s.IssuerRegistries = town, []string{"towns"}
			overdue("a")(c, s)
		}), nil, false},
		{"a revoked property", byOthers, teaching(inList(1, func(s *facts.Status) { s.Issuer, s.ValidUntil = "did:example:schools", "2026-11-22T12:00:00Z" })), nil, false},
		{"a property beside a place", byOthers, func() *facts.Input {
			in := teaching(overdue("a"))
			in.Presentations[0].Circumstances.Place = nil
			return in
		}(), []string{"circumstance place 0 + circumstance place.codes 0 + status a 1"}, false},
		{"a number", byOthers, func() *facts.Input {
			in := numbered("1", "2")
			overdue("a")(nil, &in.Presentations[1].Credentials[0].About[0])
			return in
		}(), []string{"status a 1"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := clonedInput(t, test.input)
			got := decide(t, test.engine, in)
			if found := slices.DeleteFunc(freshNeeds(got), func(n string) bool { return strings.Contains(n, "principal") }); !slices.Equal(found, test.want) || got.Decision != Deny {
				t.Errorf("%s needs %q, want %q\n%+v", got.Decision, found, test.want, got.Reasons)
			}
			if test.partly && *got.NeedsComplete {
				t.Error("the needs are called complete")
			}
			for _, need := range got.Needs {
				if !newcomers(need) {
					exact(t, test.engine, in, need.Parts)
				}
			}
		})
	}
}

// Whatever stands beside, what is needed permits, and nothing less.
func TestNeedsOfRandomSupportingCredentials(t *testing.T) {
	t.Parallel()
	identities, owners, abouts := identityFixture(t), ownerFixture(t), aboutFixture(t)
	kinds := map[string]int{}
	randomly(t, 5, nil, func(t *testing.T, r *rand.Rand) {
		for _, c := range []struct {
			framework map[string]any
			make      func(*testing.T, *rand.Rand) *facts.Input
		}{{identities, randomDelegator}, {owners, randomOwner}, {abouts, randomAbout}} {
			engine := engineOf(t, c.framework)
			for range 6 {
				in := c.make(t, r)
				for i := range in.Presentations {
					for j := range in.Presentations[i].Credentials {
						grown(r, &in.Presentations[i].Credentials[j])
					}
				}
				for _, need := range decide(t, engine, in).Needs {
					if newcomers(need) || !slices.ContainsFunc(need.Parts, func(p NeedPart) bool { return p.Kind == "status" }) {
						continue
					}
					kinds["status"]++
					exact(t, engine, in, need.Parts)
				}
			}
		}
	})
	if kinds["status"] == 0 && explored == "" {
		t.Error("nothing fresher was ever needed")
	}
	t.Log(kinds)
}

// newcomers reports a need of somebody more: who supplies one here brings nothing that
// others say of him.
func newcomers(n Need) bool {
	return slices.ContainsFunc(n.Parts, func(p NeedPart) bool { return p.Kind == "principal" })
}

// grown lets some lists of what supports a credential be over.
func grown(r *rand.Rand, c *facts.Credential) {
	for s := range c.Supports() {
		if r.IntN(2) == 0 {
			overdue(fmt.Sprint("list", r.IntN(3)))(nil, s)
		}
	}
	for i := range c.Ancestors {
		grown(r, &c.Ancestors[i])
	}
}
