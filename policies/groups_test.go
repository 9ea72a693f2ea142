package policies

import (
	"slices"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
)

const (
	grandma = "did:example:grandma"
	grandpa = "did:example:grandpa"
)

// A group is an input of several principals or credentials, and what is decided.
type group struct {
	name    string
	input   func() *facts.Input
	granted []string
	codes   []string
}

func asked(permission string, presentations ...facts.Presentation) *facts.Input {
	in := base()
	in.Request.Permissions = []string{permission}
	in.Presentations = presentations
	return in
}

func grandparents() *facts.Input {
	return asked("travel", presentation(0, grandma, guardian("grandparent")), presentation(1, grandpa, guardian("grandparent")))
}

func guardianNamed(role, property string, value any) facts.Credential {
	c := guardian(role)
	c.Holder.Properties = map[string]any{property: value}
	return c
}

var groups = []group{
	{"two grandparents", grandparents, []string{"travel"}, nil},
	{"one grandparent", func() *facts.Input { return asked("travel", presentation(0, grandma, guardian("grandparent"))) }, nil, []string{"permission.ungranted"}},
	{"one grandparent twice", func() *facts.Input {
		return asked("travel", presentation(0, grandma, guardian("grandparent")), presentation(1, grandma, guardian("grandparent")))
	}, nil, []string{"permission.ungranted"}},
	{"one key under two DIDs", func() *facts.Input {
		in := grandparents()
		in.Presentations[1].Key = in.Presentations[0].Key
		return in
	}, nil, []string{"permission.ungranted"}},
	{"sameness over a third", func() *facts.Input {
		in := grandparents()
		third := presentation(2, grandpa, guardian("grandparent"))
		third.Key = in.Presentations[0].Key
		in.Presentations = append(in.Presentations, third)
		return in
	}, nil, []string{"permission.ungranted"}},
	{"two known by a key alone", func() *facts.Input {
		in := grandparents()
		in.Presentations[0].Credentials[0].Holder.ID, in.Presentations[1].Credentials[0].Holder.ID = "", ""
		return in
	}, nil, []string{"permission.ungranted"}},
	{"one of two known by a key alone", func() *facts.Input {
		in := grandparents()
		in.Presentations[0].Credentials[0].Holder.ID = ""
		in.Presentations[1].Credentials[0].Holder.ID = "did:key:z6MkGrandpa"
		return in
	}, []string{"travel"}, nil},
	{"one known by a key alone, and one whose DID may have it", func() *facts.Input {
		in := grandparents()
		in.Presentations[0].Credentials[0].Holder.ID = ""
		return in
	}, nil, []string{"permission.ungranted"}},
	{"two credentials of one person", func() *facts.Input {
		return asked("travel", presentation(0, grandma, guardian("grandparent"), guardian("grandparent")))
	}, nil, []string{"permission.ungranted"}},
	{"a bad presentation beside good ones", func() *facts.Input {
		in := grandparents()
		stale := presentation(2, parent, guardian("parent"))
		stale.SignedAt = "2026-11-22T10:00:00Z"
		in.Presentations = append(in.Presentations, stale)
		in.Refused = []facts.Refused{{Code: "proof.invalid", Message: "the proof does not hold", Path: "/presentations/3"}}
		return in
	}, []string{"travel"}, []string{"holder.no_credential", "presentation.stale", "proof.invalid"}},
	{"a proved holder without a credential", func() *facts.Input {
		in := asked("food", presentation(0, parent, guardian("parent")), presentation(1, grandma))
		in.Presentations[0].Credentials[0].Proxied.Rules = []any{rule("food", map[string]any{"id": grandma})}
		return in
	}, nil, []string{"holder.no_credential", "permission.ungranted"}},
	{"an id beside", func() *facts.Input {
		in := asked("food", presentation(0, parent, guardian("parent")), presentation(1, grandma, guardian("grandparent")))
		in.Presentations[0].Credentials[0].Proxied.Rules = []any{rule("food", map[string]any{"id": grandma})}
		return in
	}, []string{"food"}, nil},
	{"two children in one group", func() *facts.Input {
		in := grandparents()
		in.Presentations[0].Credentials[0].Proxied.ID = "did:example:a"
		in.Presentations[1].Credentials[0].Proxied.ID = "did:example:b"
		return in
	}, nil, []string{"holder.no_credential", "permission.ungranted", "proxied.ambiguous"}},
	{"two values of one property", func() *facts.Input {
		return asked("surgery", presentation(0, parent, guardianNamed("parent", "years", 50.0), guardianNamed("parent", "years", 60.0)), presentation(1, clinic+":nurse", nurse()))
	}, []string{"surgery"}, []string{"property.conflict"}},
	{"a required nurse beside the parent", func() *facts.Input {
		return asked("surgery", presentation(0, parent, guardian("parent")), presentation(1, "did:example:nurse", nurse()))
	}, []string{"surgery"}, nil},
	{"a delegate by the delegator", func() *facts.Input {
		c := nurse()
		c.Issuer, c.Proxied.ID = "did:example:child", "did:example:child"
		in := asked("food", presentation(0, "did:example:nurse", c))
		in.Request.Proxied = facts.ProxiedRequest{ID: "did:example:child"}
		return in
	}, []string{"food"}, nil},
	{"a delegator whom the challenge does not name", func() *facts.Input {
		c := nurse()
		c.Issuer, c.Proxied.ID = "did:example:child", "did:example:child"
		return asked("food", presentation(0, "did:example:nurse", c))
	}, nil, []string{"holder.no_credential", "permission.ungranted", "proxied.insufficient"}},
	{"another delegator than the child", func() *facts.Input {
		c := nurse()
		c.Issuer, c.Proxied.ID = "did:example:other", "did:example:child"
		in := asked("food", presentation(0, "did:example:nurse", c))
		in.Request.Proxied = facts.ProxiedRequest{ID: "did:example:child"}
		return in
	}, nil, []string{"holder.no_credential", "issuer.refused", "permission.ungranted"}},
}

func TestDecideGroups(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, fixture(t))
	for _, test := range groups {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := decide(t, engine, test.input())
			var granted []string
			for _, p := range d.Permissions {
				if p.Granted {
					granted = append(granted, p.Name)
				}
			}
			if !slices.Equal(granted, test.granted) || !slices.Equal(codes(d), test.codes) || (d.Decision == Permit) != (len(test.granted) > 0) {
				t.Errorf("got %s, %v for %v, want %v for %v\n%s", d.Decision, granted, codes(d), test.granted, test.codes, shown(t, d))
			}
		})
	}
}
