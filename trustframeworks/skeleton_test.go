package trustframeworks_test

import (
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier"
)

// TestNewPassesItsOwnTest: the document that an author begins with compiles,
// and decides its example as it says.
func TestNewPassesItsOwnTest(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Way home", `A "quoted" {brace}`} {
		doc, found := trustframeworks.Parse(trustframeworks.New(name))
		if len(found) > 0 {
			t.Fatal(found)
		}
		compiled, found := compile.Compile(doc)
		if len(found) > 0 {
			t.Fatal(found)
		}
		f, err := verifier.NewFramework(t.Context(), compiled)
		if err != nil {
			t.Fatal(err)
		}
		results, err := verifier.TestFramework(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if len(results) != 1 || results[0].Failure != "" {
			t.Errorf("%q: got %+v, want one test that went as expected", name, results)
		}
	}
}
