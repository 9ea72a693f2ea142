package policies

import (
	"slices"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
)

// besides are decisions over credentials that stand beside others, and which of them
// are accepted.
func besides(t *testing.T) []struct {
	name  string
	input *facts.Input
	want  []string
} {
	t.Helper()
	beside := func(in *facts.Input, paths ...string) *facts.Input {
		for _, path := range paths {
			in.Presentations[0].Beside = append(in.Presentations[0].Beside, facts.Reference{Path: path, Digest: "of " + path})
		}
		return in
	}
	const leaf, second, other = "/presentations/0/verifiableCredential/0", "/presentations/0/verifiableCredential/1", "/presentations/0/verifiableCredential/2"
	both := delegated(nil)
	both.Presentations[0].Credentials[0].Identity = append(both.Presentations[0].Credentials[0].Identity, func() facts.Supporting {
		s := identity(mya)
		s.Path, s.Attributes = other, map[string]any{"firstName": "May"}
		return s
	}())
	chained := linked("food", func(_, above *facts.Credential) { above.Path = second })
	broken := linked("food", func(leaf, above *facts.Credential) { above.Path, leaf.ValidUntil = second, "2026-11-22T11:00:00Z" })
	return []struct {
		name  string
		input *facts.Input
		want  []string
	}{
		{"none", delegated(nil), []string{leaf}},
		{"one that serves", beside(delegated(nil), second), []string{leaf, second}},
		{"one of which nothing is told", beside(delegated(nil), second, other), []string{leaf, second}},
		{"one that says otherwise", beside(both, second, other), []string{leaf, second}},
		{"one that is over", beside(delegated(func(_ *facts.Credential, s *facts.Supporting) { s.ValidUntil = "2026-11-22T12:00:00Z" }), second), nil},
		{"one of a credential that is out", beside(delegated(func(c *facts.Credential, _ *facts.Supporting) { c.ValidUntil = "2026-11-22T12:00:00Z" }), second), nil},
		{"one above", beside(chained, second), []string{leaf, second}},
		{"one above what is out", beside(broken, second), nil},
	}
}

// What stands beside is accepted where an accepted credential rests on it.
func TestDecisionListsWhatIsBeside(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, identityFixture(t))
	for _, test := range besides(t) {
		got, listed := decide(t, engine, clonedInput(t, test.input)), 0
		var accepted []string
		for _, c := range got.Credentials {
			if c.Accepted {
				accepted = append(accepted, c.Path)
			}
			if c.Digest == "of "+c.Path {
				listed++
			}
		}
		if !slices.Equal(accepted, test.want) || listed != len(test.input.Presentations[0].Beside) {
			t.Errorf("%s: %q are accepted, want %q; %d are listed\n%+v", test.name, accepted, test.want, listed, got.Reasons)
		}
	}
	in := delegated(nil)
	in.Presentations[0].Beside = []facts.Reference{{Path: "/x", Digest: "d"}}
	if got := Refuse(in, "framework.withdrawn", "").Credentials; len(got) != 2 || got[1] != (Credential{Path: "/x", Digest: "d"}) {
		t.Errorf("where no policy is asked: %+v", got)
	}
}

// The command opa lists alike.
func TestStockOPAListsWhatIsBesideAlike(t *testing.T) {
	t.Parallel()
	var table []*facts.Input
	for _, test := range besides(t) {
		table = append(table, test.input)
	}
	decidedAlike(t, identityFixture(t), table, randomDelegator)
}
