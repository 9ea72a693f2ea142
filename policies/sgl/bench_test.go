package sgl_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/procura-dev/procura/policies/sgl"
)

// atCap are rules whose cost is at or just below the cap, over groups that make
// every alternative fail as late as it can.
func atCap() map[string]question {
	return map[string]question{
		"alternatives": {Rule: sgl.Derive(anyOf(8, 12, 1)), Principals: scarce(12, 7, 1), Disjoint: true},
		"counts":       {Rule: sgl.Derive(anyOf(8, 12, 8)), Principals: scarce(12, 63, 8), Disjoint: true},
		"one":          {Rule: sgl.Derive(anyOf(17, 17, 1)), Principals: scarce(17, 16, 1), Disjoint: true},
		"plenty":       {Rule: sgl.Derive(anyOf(17, 17, 3)), Principals: scarce(17, 50, 3), Disjoint: true},
		"many":         {Rule: sgl.Derive(anyOf(2, 128, 2)), Principals: scarce(64, 3, 2), Disjoint: true},
		"multisets":    {Rule: sgl.Derive(anyOf(60, 3, 1)), Principals: scarce(3, 59, 1), Disjoint: true},
	}
}

// anyOf makes a rule with any n of so many roles, each held by count people.
func anyOf(n, of, count int) any {
	list := []any{}
	for i := range of {
		list = append(list, map[string]any{"roles": fmt.Sprint("r", i), "n": float64(count)})
	}
	return map[string]any{"grant": "g", "when": map[string]any{"any": list, "n": float64(n)}}
}

// scarce makes people of whom each holds nearly every role, so that only the
// sets of many demands run short: person i lacks one role.
func scarce(roles, people, count int) []any {
	var group []party
	for i := range people {
		p := party{class: i, ids: []string{fmt.Sprint("did:", i)}, properties: map[string]any{}}
		for r := range roles {
			if (i+r)%roles >= count/2 {
				p.roles = append(p.roles, fmt.Sprint("r", r))
			}
		}
		group = append(group, p)
	}
	return derived(group)
}

var common = question{
	Rule:       sgl.Derive(map[string]any{"grant": "travel", "when": map[string]any{"roles": "parent"}}),
	Principals: derived([]party{{ids: []string{"did:a"}, roles: []string{"parent"}}}),
	Disjoint:   true,
}

// ofTwo is a rule with one of two roles.
var ofTwo = question{Rule: sgl.Derive(anyOf(1, 2, 1)), Principals: scarce(2, 1, 1), Disjoint: true}

func BenchmarkDerive(b *testing.B) {
	rule := map[string]any{"grant": []any{"travel"}, "when": map[string]any{"roles": "grandparent", "n": 2.0}}
	for b.Loop() {
		sgl.Derive(rule)
	}
}

func BenchmarkDeriveAtCap(b *testing.B) {
	rule := anyOf(8, 12, 1)
	for b.Loop() {
		sgl.Derive(rule)
	}
}

func BenchmarkGo(b *testing.B) {
	questions := atCap()
	questions["common"], questions["ofTwo"] = common, ofTwo
	for name, q := range questions {
		b.Run(name, func(b *testing.B) {
			rule, group := read(b, q)
			for b.Loop() {
				sgl.Verdict(rule, group, q.Disjoint, q.Unique)
			}
		})
	}
}

func read(t testing.TB, q question) (*sgl.Rule, []sgl.Principal) {
	t.Helper()
	rule, err := sgl.ReadRule(q.Rule)
	if err != nil {
		t.Fatal(err)
	}
	group, err := sgl.ReadPrincipals(q.Principals)
	if err != nil {
		t.Fatal(err)
	}
	return rule, group
}

func BenchmarkRego(b *testing.B) {
	questions := atCap()
	questions["common"], questions["ofTwo"] = common, ofTwo
	q := prepare(b, `data.procura.sgl.verdict(input.rule, input.principals, input.disjoint, input.unique)`)
	for name, ask := range questions {
		b.Run(name, func(b *testing.B) {
			raw, err := json.Marshal(ask)
			if err != nil {
				b.Fatal(err)
			}
			input := ast.MustParseTerm(string(raw)).Value
			for b.Loop() {
				if _, err := q.Eval(b.Context(), rego.EvalParsedInput(input)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestAtCap holds Go and Rego to each other where the work is largest, and
// shows that the rules are what the benchmarks say.
func TestAtCap(t *testing.T) {
	t.Parallel()
	q := prepare(t, verdicts)
	for name, ask := range atCap() {
		if problem := ask.Rule["problems"]; problem != nil {
			t.Errorf("%s is beyond the cap: %v", name, problem)
		}
		got, want := inRego(t, q, []question{ask})[0], inGo(t, ask)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: Rego says %v, Go says %v", name, got, want)
		}
		t.Logf("%s: %d alternatives, met %v", name, len(ask.Rule["alternatives"].([]any)), want.Met)
	}
}
