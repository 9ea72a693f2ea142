package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	anyFence  = regexp.MustCompile("(?ms)^```.*?^```$")
	heading   = regexp.MustCompile(`(?m)^#+ (.*)$`)
	linked    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	linkText  = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	notInSlug = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)
)

// Every link on a page for users leads to a file that is there, and what it has
// behind # is a heading of that file.
func TestLinks(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) < 10 {
		t.Fatalf("%d pages (%v)", len(pages), err)
	}
	for _, page := range append(pages, "../../README.md", "../../verifier/DIVERGENCES.md") {
		for _, target := range broken(t, page) {
			t.Errorf("%s links to %s, which is not there", filepath.Base(page), target)
		}
	}
}

// broken are the links of a page, to this repository, that lead nowhere.
func broken(t *testing.T, page string) (out []string) {
	t.Helper()
	for _, m := range linked.FindAllStringSubmatch(prose(t, page), -1) {
		path, anchor, _ := strings.Cut(m[1], "#")
		if strings.Contains(path, "://") {
			continue
		}
		to := page
		if path != "" {
			to = filepath.Join(filepath.Dir(page), path)
		}
		if _, err := os.Stat(to); err != nil || anchor != "" && !slices.Contains(anchors(prose(t, to)), anchor) {
			out = append(out, m[1])
		}
	}
	return out
}

// prose is a page without its blocks of code.
func prose(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		return "" // its link is broken, and said to be
	}
	return anyFence.ReplaceAllString(string(raw), "")
}

// anchors are the fragments by which a page's headings are linked to, as GitHub
// makes them.
func anchors(page string) (out []string) {
	for _, m := range heading.FindAllStringSubmatch(page, -1) {
		text := linkText.ReplaceAllString(strings.ToLower(strings.TrimSpace(m[1])), "$1")
		out = append(out, strings.ReplaceAll(notInSlug.ReplaceAllString(text, ""), " ", "-"))
	}
	return out
}

func TestBrokenLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	page := filepath.Join(dir, "a.md")
	text := "# 1. The `first`, and more\n[x](#1-the-first-and-more) [y](b.md) [z](#none) [v](https://a.example/#x)\n" +
		"```\n# no heading\n[w](nowhere.md)\n```\n[u](a.md#1-the-first-and-more) [s](#no-heading) [r](c.md#x)"
	if err := os.WriteFile(page, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, want := broken(t, page), []string{"b.md", "#none", "#no-heading", "c.md#x"}; !slices.Equal(got, want) {
		t.Errorf("broken: %v, want %v", got, want)
	}
}
