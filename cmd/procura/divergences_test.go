package main

import (
	"os"
	"strings"
	"testing"
)

// Each entry of what we do otherwise names a test, in Go or Rego, and every test
// that it names is there.
func TestDivergences(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../verifier/DIVERGENCES.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := rowsUnder(string(raw), "| section |")
	if len(rows) < 100 {
		t.Fatalf("%d entries, want those of every specification", len(rows))
	}
	folders := map[string]string{}
	for _, row := range rows {
		held := row[strings.LastIndex(row[:len(row)-2], " | "):]
		links := named.FindAllStringSubmatch(held, -1)
		if len(links) == 0 {
			t.Errorf("an entry without a test: %s", row)
		}
		for _, link := range links {
			if folders[link[2]] == "" {
				folders[link[2]] = testsIn(t, link[2])
			}
			for _, test := range each.FindAllStringSubmatch(link[1], -1) {
				if !hasTest(folders[link[2]], test[1]) {
					t.Errorf("%s has no %s: %s", link[2], test[1], row)
				}
			}
		}
	}
}

// hasTest tells whether the text of tests has one of this name.
func hasTest(text, name string) bool {
	return strings.Contains(text, "\nfunc "+name+"(t *testing.T)") || strings.Contains(text, "\n"+name+" if ")
}
