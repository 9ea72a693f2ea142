package policies

import (
	"bytes"
	"cmp"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write the generated files instead of comparing")

func TestReasonsDocument(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "docs", "reasons.md")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, ReasonsDocument(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, ReasonsDocument()) {
		t.Errorf("%s is not what reasons.go says: run with -update", path)
	}
}

func TestReasonsAreSortedAndDifferent(t *testing.T) {
	t.Parallel()
	for i := 1; i < len(Reasons); i++ {
		if cmp.Compare(Reasons[i-1].Code, Reasons[i].Code) >= 0 {
			t.Errorf("%s stands before %s", Reasons[i-1].Code, Reasons[i].Code)
		}
	}
}

// Every code that the Rego can give, also one that it passes on from package
// sgl, is in the table: codes have a dot and one of the table's first words.
func TestReasonsOfTheLibrary(t *testing.T) {
	t.Parallel()
	code := regexp.MustCompile(`"([a-z]+\.[a-z_]+)"`)
	for path, raw := range Library() {
		for _, found := range code.FindAllSubmatch(raw, -1) {
			if !published(string(found[1])) && !slices.Contains([]string{"place.codes"}, string(found[1])) {
				t.Errorf("%s: the table has no %s", path, found[1])
			}
		}
	}
}

func published(code string) bool {
	return slices.ContainsFunc(Reasons, func(r ReasonDef) bool { return r.Code == code })
}
