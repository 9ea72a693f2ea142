package policies

import (
	"os"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/tester"
)

// The tests in Rego that lie beside the mask.
func TestMask(t *testing.T) {
	t.Parallel()
	beside, err := os.ReadFile("system/log/mask_test.rego")
	if err != nil {
		t.Fatal(err)
	}
	modules := map[string]*ast.Module{MaskPath: ast.MustParseModule(string(Mask)), "test": ast.MustParseModule(string(beside))}
	results, err := tester.NewRunner().SetTimeout(time.Minute).SetModules(modules).RunTests(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for result := range results {
		ran++
		if !result.Pass() {
			t.Errorf("%s: %v", result.Name, result.Error)
		}
	}
	if ran != 2 {
		t.Errorf("%d tests ran", ran)
	}
}
