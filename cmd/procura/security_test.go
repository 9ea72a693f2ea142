package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// named is a test as docs/security.md names it, beside the folder that has it.
var named = regexp.MustCompile("\\[`(Test[A-Za-z0-9_]+)`\\]\\(\\.\\./([a-z0-9/]+)\\)")

// Each attack of the threat model names a test, and every test that it names
// is there.
func TestThreatModel(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := named.FindAllStringSubmatch(string(raw), -1)
	if len(tests) < 50 {
		t.Fatalf("%d tests are named, want the model's", len(tests))
	}
	for _, m := range tests {
		if !strings.Contains(testsIn(t, m[2]), "func "+m[1]+"(t *testing.T)") {
			t.Errorf("%s has no %s", m[2], m[1])
		}
	}
	for _, row := range attacks(string(raw)) {
		if !strings.Contains(row, "`Test") && !strings.HasSuffix(row, "| the same |") {
			t.Errorf("an attack without a test: %s", row)
		}
	}
}

// attacks are the rows of all tables of attacks.
func attacks(page string) (rows []string) {
	in := false
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "| attack |"):
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
	files, err := filepath.Glob(filepath.Join("../..", folder, "*_test.go"))
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
