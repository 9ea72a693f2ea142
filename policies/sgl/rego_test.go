package sgl_test

import (
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/loader"
	"github.com/open-policy-agent/opa/v1/tester"
)

// TestRego runs the tests that lie beside the policy.
func TestRego(t *testing.T) {
	t.Parallel()
	files, err := loader.NewFileLoader().All([]string{"sgl.rego", "sgl_test.rego"})
	if err != nil {
		t.Fatal(err)
	}
	results, err := tester.NewRunner().SetModules(files.ParsedModules()).RunTests(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	passed := 0
	for r := range results {
		switch {
		case r.Error != nil:
			t.Errorf("%s: %v", r.Name, r.Error)
		case !r.Pass():
			t.Errorf("%s:%d: %s fails", r.Location.File, r.Location.Row, r.Name)
		case strings.HasPrefix(r.Name, "test_"):
			passed++
		}
	}
	if passed == 0 {
		t.Error("no test was run")
	}
}
