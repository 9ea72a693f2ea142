package sgl_test

import (
	"context"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/procura-dev/procura/policies/sgl"
)

// prepare makes a query over the portable policy.
func prepare(t testing.TB, query string) rego.PreparedEvalQuery {
	t.Helper()
	source, err := os.ReadFile("sgl.rego")
	if err != nil {
		t.Fatal(err)
	}
	q, err := rego.New(rego.Query(query), rego.Module("sgl.rego", string(source)),
		rego.StrictBuiltinErrors(true)).PrepareForEval(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return q
}

const verdicts = `[data.procura.sgl.verdict(c.rule, c.principals, c.disjoint, c.unique) | some c in input]`

// An answer is what verdict gives in Rego.
type answer struct {
	Met        bool  `json:"met"`
	Principals []int `json:"principals"`
}

// A question is one call of verdict.
type question struct {
	Rule       map[string]any `json:"rule"`
	Principals []any          `json:"principals"`
	Disjoint   bool           `json:"disjoint"`
	Unique     bool           `json:"unique"`
}

// inRego asks all questions at once.
func inRego(t testing.TB, q rego.PreparedEvalQuery, questions []question) []answer {
	t.Helper()
	raw, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	var input any
	if err := json.Unmarshal(raw, &input); err != nil {
		t.Fatal(err)
	}
	result, err := q.Eval(t.Context(), rego.EvalInput(input))
	if err != nil {
		t.Fatal(err)
	}
	raw, err = json.Marshal(result[0].Expressions[0].Value)
	if err != nil {
		t.Fatal(err)
	}
	var answers []answer
	if err := json.Unmarshal(raw, &answers); err != nil || len(answers) != len(questions) {
		t.Fatalf("got %d answers to %d questions: %v", len(answers), len(questions), err)
	}
	return answers
}

// inGo asks after a way through JSON, as the engine's built-in does.
func inGo(t testing.TB, q question) answer {
	t.Helper()
	raw, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	rule, err := sgl.ReadRule(tree["rule"])
	if err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	group, err := sgl.ReadPrincipals(tree["principals"])
	if err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	out := sgl.Verdict(rule, group, q.Disjoint, q.Unique)
	return answer{out.Met, append([]int{}, out.Principals...)}
}

// TestEqual holds the Go and the Rego of a verdict to each other, and both to a
// search over all assignments.
func TestEqual(t *testing.T) {
	t.Parallel()
	q := prepare(t, verdicts)
	const batches, size = 60, 100
	met, unusable := 0, 0
	for batch := range uint64(batches) {
		c := seeded(batch)
		var questions []question
		var want []bool
		for range size {
			condition, group := c.condition(1+c.IntN(4)), c.group(6)
			ask := question{Principals: derived(group), Disjoint: c.IntN(3) > 0, Unique: c.IntN(3) == 0}
			ask.Rule = sgl.Derive(map[string]any{"grant": "g", "when": condition})
			problem := sgl.ParseCondition(condition).Problem(ask.Disjoint)
			if problem != nil {
				unusable++
			}
			questions = append(questions, ask)
			want = append(want, problem == nil && oracle(condition, group, ask.Disjoint, ask.Unique))
		}
		for i, got := range inRego(t, q, questions) {
			raw, _ := json.Marshal(questions[i])
			if got.Met != want[i] {
				t.Errorf("batch %d: Rego says %v, search says %v: %s", batch, got.Met, want[i], raw)
			}
			if inGo := inGo(t, questions[i]); !reflect.DeepEqual(inGo, got) {
				t.Errorf("batch %d: Go says %v, Rego says %v: %s", batch, inGo, got, raw)
			}
			if got.Met {
				met++
			}
			if !slices.IsSorted(got.Principals) {
				t.Errorf("principals are not ascending: %v", got.Principals)
			}
			if t.Failed() {
				return // one case says enough
			}
		}
	}
	t.Logf("%d of %d met, %d unusable", met, batches*size, unusable)
	if met < batches*size/10 || unusable > batches*size/5 {
		t.Errorf("the random rules show too little")
	}
}

// TestDeep has every depth that a condition may have: Rego takes its levels one
// by one.
func TestDeep(t *testing.T) {
	t.Parallel()
	q := prepare(t, verdicts)
	group := derived([]party{{ids: []string{"did:a"}, roles: []string{"p"}}})
	for depth := 1; depth <= sgl.MaxDepth; depth++ {
		for role, want := range map[string]bool{"p": true, "q": false} {
			rule := sgl.DeriveCondition(nested(depth, map[string]any{"roles": role}))
			for _, disjoint := range []bool{true, false} {
				ask := question{Rule: rule, Principals: group, Disjoint: disjoint}
				if got := inRego(t, q, []question{ask})[0]; got.Met != want || inGo(t, ask).Met != want {
					t.Errorf("depth %d, disjoint %v: got %v, want %v", depth, disjoint, got.Met, want)
				}
			}
		}
	}
}
