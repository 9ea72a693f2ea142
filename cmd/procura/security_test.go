package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// named is a link of a document with the tests that it names, and the folder
// that has them; each is one of these.
var (
	named = regexp.MustCompile("\\[([^\\]]*`[Tt]est[^\\]]*)\\]\\(\\.\\./([^)]+)\\)")
	each  = regexp.MustCompile("`([^`]+)`")
)

// Each attack and each warning of the threat model names a test, and every test that it names
// is there.
func TestThreatModel(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	links := named.FindAllStringSubmatch(string(raw), -1)
	if len(links) < 50 {
		t.Fatalf("%d links to tests, want the model's", len(links))
	}
	for _, link := range links {
		for _, test := range each.FindAllStringSubmatch(link[1], -1) {
			if !hasTest(testsIn(t, link[2]), test[1]) {
				t.Errorf("%s has no %s", link[2], test[1])
			}
		}
	}
	for _, row := range rowsUnder(string(raw), "| attack |") {
		if !strings.Contains(row, "`Test") && !strings.HasSuffix(row, "| the same |") {
			t.Errorf("an attack without a test: %s", row)
		}
	}
	for _, row := range rowsUnder(string(raw), "| source |") {
		if !strings.Contains(row, "`Test") && !strings.Contains(row, "| not defended") {
			t.Errorf("a warning without a test: %s", row)
		}
	}
}

// rowsUnder are the rows of all tables whose head begins so.
func rowsUnder(page, head string) (rows []string) {
	in := false
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, head):
			in = true
		case !strings.HasPrefix(line, "| "):
			in = false
		case in && !strings.HasPrefix(line, "| --- |"):
			rows = append(rows, line)
		}
	}
	return rows
}

// testsIn is the text of a folder's tests.
func testsIn(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", folder, "*_test.*"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(raw)
	}
	return all.String()
}
