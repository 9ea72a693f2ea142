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
			[]string{"near:place + place:place.codes"}, true},
		{"a jurisdiction", changed(func(in *facts.Input) { in.Presentations[0].Circumstances.Jurisdiction = nil }),
			[]string{"law:jurisdiction"}, true},
		{"one more grandparent, or a parent", func() *facts.Input {
			return asked("travel", presentation(0, grandma, guardian("grandparent")))
		}, []string{"principal grandparent", "principal parent"}, true},
		{"a parent where nobody came", func() *facts.Input { return asked("school") }, []string{"principal parent"}, true},
		{"a nurse beside the parent", func() *facts.Input {
			return asked("surgery", presentation(0, parent, guardian("parent")))
		}, []string{"principal nurse"}, true},
		{"what an expired credential cannot be", changed(func(in *facts.Input) { credential(in).ValidUntil = in.Now }), nil, true},
		{"what nobody grants", func() *facts.Input { return asked("fly", presentation(0, parent, guardian("parent"))) }, nil, true},
		{"what the verifier cannot do", changed(func(in *facts.Input) { in.Request.SupportedObligations = []string{"x"} }), []string{"obligation record"}, true},
		{"two where nobody came", func() *facts.Input { return asked("surgery") }, []string{"principal nurse + principal parent"}, true},
		{"who is not thirty may be five", func() *facts.Input {
			c := guardian("grandparent")
			c.Holder.Properties = nil
			c.Proxied.Rules = []any{rule("food", map[string]any{"all": []any{
				map[string]any{"years": 30.0, "op": "!="}, map[string]any{"years": 30.0, "op": ">"},
			}})}
			return asked("food", presentation(0, parent, c))
		}, []string{"principal != + principal >", "principal > + principal >"}, true},
		{"beside a key alone nobody is sure to be another", func() *facts.Input {
			return asked("travel", faceless(presentation(0, grandma, guardian("grandparent"))))
		}, []string{"principal parent"}, false},
		{"beside a key alone the name of a key is another", func() *facts.Input {
			c := guardian("grandparent")
			c.Proxied.Rules = []any{rule("food", map[string]any{"all": []any{
				map[string]any{"roles": "grandparent"}, map[string]any{"any": []any{map[string]any{"id": "did:key:y"}, map[string]any{"id": "did:web:y.example"}}},
			}})}
			return asked("food", faceless(presentation(0, grandma, c)))
		}, []string{"principal did:key:y"}, false},
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

// A circumstance is told only where it does something, though the credential that
// lacks it brings tests of its own.
func TestNeedsOfWhatMakesNoDifference(t *testing.T) {
	t.Parallel()
	f := fixture(t)
	f["rules"] = []any{map[string]any{"variants": map[string]any{"ChildGuardian": true}, "rule": rule("food", map[string]any{"years": 30.0, "op": ">"})}}
	in := base()
	in.Presentations[0].Circumstances.Jurisdiction = nil
	credential(in).Proxied.Rules = []any{rule("food", map[string]any{"years": 50.0, "op": ">"})}
	if got := needed(decide(t, engineOf(t, f), in)); !slices.Equal(got, []string{"principal >", "principal >"}) {
		t.Errorf("got %q", got)
	}
}

// faceless makes the holder known by a key alone.
func faceless(p facts.Presentation) facts.Presentation {
	p.Holder, p.Credentials[0].Holder.ID = "urn:ietf:params:oauth:jwk-thumbprint:sha-256:"+p.Key, ""
	return p
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
			switch p.Kind {
			case "circumstance":
				parts = append(parts, p.Constraint+":"+p.Circumstance)
			default:
				parts = append(parts, p.Kind+" "+p.Role+p.ID+p.Action+p.Op)
			}
		}
		slices.Sort(parts)
		out = append(out, strings.Join(parts, " + "))
	}
	return out
}
