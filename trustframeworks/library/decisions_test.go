package library_test

import (
	"testing"

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
	for _, name := range []string{camp, car} {
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

