package library_test

import (
	"testing"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier"
)

func compiled(t *testing.T, d *trustframeworks.Document) *verifier.Framework {
	t.Helper()
	c, found := compile.Compile(d)
	for _, f := range found {
		t.Errorf("%s:%d:%d: %s %s: %s", d.Name, f.Line, f.Column, f.Code, f.Path, f.Message)
	}
	if t.Failed() {
		t.FailNow()
	}
	f, err := verifier.NewFramework(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFrameworksPassTheirOwnTests(t *testing.T) {
	t.Parallel()
	for name := range shipped {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := document(t, name)
			if len(d.Tests) < 10 {
				t.Errorf("%d tests, want at least 10", len(d.Tests))
			}
			results, err := verifier.TestFramework(t.Context(), compiled(t, d))
			if err != nil {
				t.Fatal(err)
			}
			if len(results) != len(d.Tests) {
				t.Errorf("%d results of %d tests", len(results), len(d.Tests))
			}
			for _, r := range results {
				if r.Failure != "" {
					t.Errorf("%s: %s", r.Name, r.Failure)
				}
			}
		})
	}
}

// A test that expects a denial must say why, by a code of the published table.
func TestExpectedReasonsArePublished(t *testing.T) {
	t.Parallel()
	published := map[string]bool{}
	for _, r := range policies.Reasons {
		published[r.Code] = true
	}
	for name, d := range documents(t) {
		permits := 0
		for _, test := range d.Tests {
			if test.Expect.Decision == "permit" {
				permits++
			} else if len(test.Expect.Reasons) == 0 {
				t.Errorf("%s: %q expects a denial without a reason", name, test.Name)
			}
			for _, code := range test.Expect.Reasons {
				if !published[code] {
					t.Errorf("%s: %q expects the code %q, which no table has", name, test.Name, code)
				}
			}
		}
		if permits == 0 || permits == len(d.Tests) {
			t.Errorf("%s: %d of %d tests permit; want some, not all", name, permits, len(d.Tests))
		}
	}
}
