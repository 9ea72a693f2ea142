package analyze_test

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/procura-dev/procura/trustframeworks/analyze"
)

var update = flag.Bool("update", false, "write docs/lint.md")

func TestCodesDocument(t *testing.T) {
	t.Parallel()
	const path = "../../docs/lint.md"
	want := analyze.CodesDocument()
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what codes.go says: run this test with -update", path)
	}
}

// Every code that a finding can have is in the table, once.
func TestEveryCodeIsInTheTable(t *testing.T) {
	t.Parallel()
	constant := regexp.MustCompile(`(?m)^\s*(?:const )?(?:Code\w+|Invalid|TooLarge|TooComplex)\s+=\s+"([a-z_]+\.[a-z_]+)"`)
	for _, path := range []string{"codes.go", "../finding.go", "../archive.go", "../compile/compile.go", "../compile/own.go", "../../policies/sgl/sgl.go"} {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found := constant.FindAllSubmatch(raw, -1)
		if len(found) == 0 {
			t.Errorf("%s: no codes found", path)
		}
		for _, m := range found {
			rows := slices.Collect(func(yield func(analyze.Code) bool) {
				for _, c := range analyze.Codes {
					if c.Code == string(m[1]) && !yield(c) {
						return
					}
				}
			})
			if len(rows) != 1 || rows[0].About == "" || rows[0].Advice == "" {
				t.Errorf("%s: %s has %d rows, want one with what is found and what to do", path, m[1], len(rows))
			}
		}
	}
}
