package policies

import (
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
)

func TestNeeds(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, fixture(t))
	for _, test := range []struct {
		name     string
		input    func() *facts.Input
		needs    []string
		complete bool
	}{
		{"a place", changed(func(in *facts.Input) { in.Presentations[0].Circumstances.Place = nil }),
			[]string{"near:place + place:place.codes"}, false},
		{"a jurisdiction", changed(func(in *facts.Input) { in.Presentations[0].Circumstances.Jurisdiction = nil }),
			[]string{"law:jurisdiction"}, false},
		{"one more grandparent, or a parent", func() *facts.Input {
			return asked("travel", presentation(0, grandma, guardian("grandparent")))
		}, []string{"principal grandparent", "principal parent"}, false},
		{"a parent where nobody came", func() *facts.Input { return asked("school") }, []string{"principal parent"}, false},
		{"a nurse beside the parent", func() *facts.Input {
			return asked("surgery", presentation(0, parent, guardian("parent")))
		}, []string{"principal nurse"}, false},
		{"what an expired credential cannot be", changed(func(in *facts.Input) { credential(in).ValidUntil = in.Now }), nil, false},
		{"what nobody grants", func() *facts.Input { return asked("fly", presentation(0, parent, guardian("parent"))) }, nil, true},
		{"what the verifier cannot do", changed(func(in *facts.Input) { in.Request.SupportedObligations = []string{"x"} }), nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := decide(t, engine, test.input())
			if got := needed(d); d.Decision != Deny || !slices.Equal(got, test.needs) || *d.NeedsComplete != test.complete {
				t.Errorf("got %q, want %q\n%s", got, test.needs, shown(t, d))
			}
		})
	}
}

func changed(change func(in *facts.Input)) func() *facts.Input {
	return func() *facts.Input {
		in := base()
		change(in)
		return in
	}
}

func needed(d *Decision) []string {
	var out []string
	for _, need := range d.Needs {
		var parts []string
		for _, p := range need.Parts {
			if p.Kind == "principal" {
				parts = append(parts, "principal "+p.Role)
			} else {
				parts = append(parts, p.Constraint+":"+p.Circumstance)
			}
		}
		slices.Sort(parts)
		out = append(out, strings.Join(parts, " + "))
	}
	return out
}

// Supplying an alternative, and asking again, permits.
func TestNeedsHelp(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, fixture(t))
	for name, in := range map[string]*facts.Input{
		"a parent beside":      asked("travel", presentation(0, grandma, guardian("grandparent")), presentation(1, parent, guardian("parent"))),
		"a grandparent beside": grandparents(),
		"a nurse beside":       asked("surgery", presentation(0, parent, guardian("parent")), presentation(1, "did:example:nurse", nurse())),
		"the circumstances":    base(),
	} {
		if d := decide(t, engine, in); d.Decision != Permit {
			t.Errorf("%s: got %s", name, shown(t, d))
		}
	}
}
