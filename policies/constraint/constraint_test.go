// Package constraint_test runs the Rego tests that lie beside the policy.
package constraint_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/tester"
)

func TestRego(t *testing.T) {
	t.Parallel()
	for _, strict := range []bool{false, true} { // stock OPA is not strict about built-ins
		events, err := tester.NewRunner().RaiseBuiltinErrors(strict).SetModules(modules(t)).RunTests(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for r := range events {
			n++
			if !r.Pass() {
				t.Errorf("strict built-ins %v: %s", strict, r)
			}
		}
		if n < 25 {
			t.Errorf("strict built-ins %v: %d tests ran, want 25 at least", strict, n)
		}
	}
}

func modules(t testing.TB) map[string]*ast.Module {
	t.Helper()
	files, err := filepath.Glob("*.rego")
	files = append(files, "../dispatch/dispatch.rego")
	if err != nil || len(files) == 0 {
		t.Fatalf("no policies here: %v", err)
	}
	out := map[string]*ast.Module{}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		m, err := ast.ParseModuleWithOpts(f, string(raw), ast.ParserOptions{ProcessAnnotation: true})
		if err != nil {
			t.Fatal(err)
		}
		out[f] = m
	}
	return out
}

// Four constraints of one credential, all of which hold.
const (
	fourFacts = `{
		"constraints": [
			{"type": "time_window", "sources": ["verifier"], "digest": "a", "parameters": {}, "values": {"startTime": 0, "endTime": 9000000000000000000}},
			{"type": "geo_radius", "sources": ["verifier"], "digest": "b", "parameters": {}, "values": {"distanceM": 1, "radiusM": 10000}},
			{"type": "boundary", "sources": ["verifier"], "digest": "c", "parameters": {}, "values": {"codes": {"US-TX": true}}},
			{"type": "circumstance_text", "sources": ["verifier"], "digest": "d", "parameters": {}, "values": {"attested": true}}
		],
		"presentation": {
			"circumstances": {
				"place": {"source": "verifier", "accuracyM": 10},
				"attestations": [{"constraint": "d", "credential": "e", "derived": {"issuedAt": 1}}]
			},
			"derived": {"placeLines": [["US", "US-TX", "US-TX:HOUSTON"]]}
		},
		"credential": {"digest": "e", "proxied": {}},
		"moment": {"now": 2, "maxAge": 5, "skew": 0, "attestations": [0]}
	}`
	fourHold = `every c in input.constraints {
		data.procura.constraint.outcome(c, input.presentation, input.credential, input.moment).outcome == "holds"
	}`
)

// BenchmarkFour measures the share of a decision that constraints take.
func BenchmarkFour(b *testing.B) {
	options := []func(*rego.Rego){rego.Query(fourHold), rego.SetRegoVersion(ast.RegoV1)}
	for _, m := range modules(b) {
		options = append(options, rego.ParsedModule(m))
	}
	query, err := rego.New(options...).PrepareForEval(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	facts := rego.EvalParsedInput(ast.MustParseTerm(fourFacts).Value)
	for b.Loop() {
		if results, err := query.Eval(b.Context(), facts); err != nil || len(results) != 1 {
			b.Fatalf("got %v, %v, want four constraints that hold", results, err)
		}
	}
}
