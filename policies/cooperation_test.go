package policies

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
)

// together is a guardian who may act only where the group meets a condition.
func together(role string, condition map[string]any) facts.Credential {
	c := guardian(role)
	c.Holder.Constraints["together"] = condition
	return c
}

func kin(n int) string { return fmt.Sprintf("did:example:kin%d", n) }

func TestCooperation(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, fixture(t))
	two := map[string]any{"roles": "grandparent", "n": 2.0}
	for _, test := range []struct {
		name     string
		input    *facts.Input
		accepted []int // presentations
		permits  bool
	}{
		{"alone", asked("travel", presentation(0, kin(0), together("grandparent", two))), nil, false},
		{"two of two", asked("travel", presentation(0, kin(0), together("grandparent", two)), presentation(1, kin(1), together("grandparent", two))), []int{0, 1}, true},
		{"one bound, one free", asked("travel", presentation(0, kin(0), together("grandparent", two)), presentation(1, kin(1), guardian("grandparent"))), []int{0, 1}, true},
		{"one twice", asked("travel", presentation(0, kin(0), together("grandparent", two)), presentation(1, kin(0), guardian("grandparent"))), []int{1}, false},
		{"who is dropped counts no longer", asked("travel",
			presentation(0, kin(0), together("grandparent", two)),
			presentation(1, kin(1), together("grandparent", map[string]any{"roles": "nurse"})),
			presentation(2, kin(2), guardian("parent"))), []int{2}, true},
		{"each the other", asked("food",
			presentation(0, kin(0), together("parent", map[string]any{"id": kin(1)})),
			presentation(1, kin(1), together("parent", map[string]any{"id": kin(0)}))), []int{0, 1}, true},
		{"what nobody can read", asked("food", presentation(0, kin(0), together("parent", map[string]any{"roles": "parent", "unless": true}))), nil, false},
		{"more matches than it lists", asked("food", presentation(0, kin(0), together("parent", map[string]any{"any": []any{map[string]any{"roles": "parent"}}, "n": 2.0}))), nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := decide(t, engine, test.input)
			var got []int
			for i, c := range d.Credentials {
				if c.Accepted {
					got = append(got, i)
				}
			}
			if !slices.Equal(got, test.accepted) || (d.Decision == Permit) != test.permits {
				t.Errorf("got %v, want %v\n%s", got, test.accepted, shown(t, d))
			}
		})
	}
}

// A chain in which each needs the next falls one by one. 64 rounds are decided;
// beyond them nobody who needs another stays.
func TestCooperationRounds(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, fixture(t))
	for _, test := range []struct {
		name  string
		links int
		last  string
		want  int
	}{
		{"a ring", 70, "link0", 70}, {"one that needs itself", 70, "link69", 70}, {"sixty-three links", 63, "nobody", 0}, {"seventy links", 70, "nobody", 0},
	} {
		var chain []facts.Credential
		for i := range test.links {
			next := fmt.Sprintf("link%d", i+1)
			if i == test.links-1 {
				next = test.last
			}
			c := together("parent", map[string]any{next: true})
			c.Holder.Properties = map[string]any{fmt.Sprintf("link%d", i): true}
			chain = append(chain, c)
		}
		in := asked("food", presentation(0, kin(0), chain...))
		for i := range in.Presentations[0].Credentials {
			in.Presentations[0].Credentials[i].Path = fmt.Sprintf("/presentations/0/verifiableCredential/%d", i)
		}
		d := decide(t, engine, in)
		accepted := 0
		for _, c := range d.Credentials {
			if c.Accepted {
				accepted++
			}
		}
		if accepted != test.want || (d.Decision == Permit) != (test.want > 0) {
			t.Errorf("%s: got %d and %s, want %d", test.name, accepted, d.Decision, test.want)
		}
	}
}

// Over random groups it is the fixpoint that the table describes.
func TestCooperationIsTheFixpoint(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, fixture(t))
	type one struct {
		role, wants string
		n           int
	}
	sizes := map[int]int{}
	randomly(t, 10, nil, func(t *testing.T, r *rand.Rand) {
		for range 10 {
			group := make([]one, 1+r.IntN(8))
			var all []facts.Presentation
			for i := range group {
				group[i] = one{pick(r, "parent", "grandparent"), pick(r, "parent", "grandparent"), 1 + r.IntN(5)}
				all = append(all, presentation(i, kin(i), together(group[i].role, map[string]any{"roles": group[i].wants, "n": float64(group[i].n)})))
			}
			left := map[int]bool{}
			for i := range group {
				left[i] = true
			}
			for {
				count := map[string]int{}
				for i := range left {
					count[group[i].role]++
				}
				before := len(left)
				for i := range left {
					if count[group[i].wants] < group[i].n {
						delete(left, i)
					}
				}
				if len(left) == before {
					break
				}
			}
			d, got := decide(t, engine, asked("food", all...)), map[int]bool{}
			for i, c := range d.Credentials {
				if c.Accepted {
					got[i] = true
				}
			}
			sizes[len(left)]++
			if !reflect.DeepEqual(got, left) {
				t.Fatalf("%+v: got %v, want %v", group, got, left)
			}
		}
	})
	t.Log(sizes)
}

// What is missing is told with what would hold, and supplying it permits.
func TestNeedsOfLimits(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, fixture(t))
	for _, test := range []struct {
		name        string
		constraints map[string]any
		parts       []string
	}{
		{"function", map[string]any{"function": []any{"medical"}}, []string{"circumstance function"}},
		{"agent", map[string]any{"software": "wallet", "devices": "phone"}, []string{"circumstance agent"}},
		{"attested agent", map[string]any{"software": "wallet", "attestation": true}, []string{"circumstance agent", "circumstance attestations"}},
		{"relationship", map[string]any{"dealWith": "did:example:bank", "dealWithTypes": []any{"bank"}}, []string{"circumstance counterparty"}},
		{"attributes", map[string]any{"attributes": []any{"birthDate", "name"}}, []string{"circumstance attributesRequested"}},
		{"the proxied's biometric", map[string]any{"modality": "face", "maxAge": "PT1H"}, []string{"circumstance biometrics"}},
		{"the holder's biometric", map[string]any{"modality": "face", "maxAge": "PT1H", "party": "holder"}, []string{"circumstance biometrics"}},
		{"cooperation", map[string]any{"together": map[string]any{"roles": "grandparent"}}, []string{"principal grandparent"}},
		{"cooperation of two", map[string]any{"together": map[string]any{"all": []any{map[string]any{"roles": "grandparent"}, map[string]any{"roles": "nurse"}}}}, []string{"principal grandparent", "principal nurse"}},
		{"cooperation and function", map[string]any{"together": map[string]any{"roles": "nurse"}, "function": "medical"}, []string{"circumstance function", "principal nurse"}},
		{"hours", map[string]any{"from": "13:00", "to": "14:00"}, nil},
		{"usage", map[string]any{"most": 1.0, "period": "P1D"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := base()
			for name, v := range test.constraints {
				credential(in).Holder.Constraints[name] = v
			}
			credential(in).Proxied.Rules = []any{rule("food", map[string]any{"roles": "parent"})}
			d := decide(t, engine, in)
			if d.Decision != Deny {
				t.Fatalf("got %s", shown(t, d))
			}
			i := slices.IndexFunc(d.Needs, func(n Need) bool { return slices.Equal(kinds(n), test.parts) })
			if (i < 0) != (test.parts == nil) {
				t.Fatalf("got %s, want %v", shown(t, d), test.parts)
			}
			for _, need := range d.Needs {
				s := suppliers[0]
				if after := decide(t, engine, s.supply(t, in, need.Parts)); after.Decision != Permit {
					t.Errorf("%v: got %s", kinds(need), shown(t, after))
				}
			}
		})
	}
}

func kinds(n Need) []string {
	var out []string
	for _, p := range n.Parts {
		out = append(out, p.Kind+" "+p.Circumstance+p.Role)
	}
	slices.Sort(out)
	return out
}

// Oversight comes with the permit, from those credentials that it rests on.
func TestOversight(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, fixture(t))
	overseen := func(within any) facts.Credential {
		c := guardian("parent")
		c.Holder.Constraints["tell"] = "|en: the court |fr: le tribunal"
		if within != nil {
			c.Holder.Constraints["within"] = within
		}
		return c
	}
	reports := func(d *Decision) (out []Obligation) {
		for _, o := range d.Obligations {
			if o.Action == "report" {
				out = append(out, o)
			}
		}
		return out
	}
	d := decide(t, engine, asked("food", presentation(0, parent, overseen("P1D"))))
	want := []Obligation{{
		ID: "report/overseen/presentations/0/verifiableCredential/0", Action: "report", By: "2026-11-23T12:00:00Z",
		Text: map[string]any{"en": "the court", "fr": "le tribunal"},
	}}
	if got := reports(d); d.Decision != Permit || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := reports(decide(t, engine, asked("food", presentation(0, parent, overseen(nil))))); len(got) != 1 || got[0].By != "" {
		t.Errorf("without a limit: got %+v", got)
	}
	if got := reports(decide(t, engine, asked("food", presentation(0, parent, overseen("P100000W"))))); len(got) != 0 && got[0].By == "" {
		t.Errorf("beyond the clock: got %+v", got)
	}
	other := nurse()
	other.Holder.Constraints["tell"] = "the clinic"
	if got := reports(decide(t, engine, asked("school", presentation(0, parent, guardian("parent")), presentation(1, kin(1), other)))); len(got) != 0 {
		t.Errorf("a credential that nothing rests on: got %+v", got)
	}
	in := asked("food", presentation(0, parent, overseen("P1D")))
	in.Request.SupportedObligations = []string{"record"}
	if d := decide(t, engine, in); d.Decision != Deny || !slices.Contains(codes(d), "obligation.unsupported") {
		t.Errorf("unsupported: got %s", shown(t, d))
	}
}
