package trustframeworks_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/trustframeworks"
)

// TestHostileSources gives documents that are meant to crash a reader or to
// keep it busy. Each is refused; one that kept it busy would end the test run.
func TestHostileSources(t *testing.T) {
	t.Parallel()
	keys := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "k%d: v\n", i)
		}
		return b.String()
	}
	cases := []struct{ name, source, code string }{
		{"empty", "", trustframeworks.CodeSyntax},
		{"null", "null", trustframeworks.CodeSchema},
		{"list", "[]", trustframeworks.CodeSchema},
		{"comments alone", strings.Repeat("#\n", 1000), trustframeworks.CodeSyntax},
		{"too long", "a: " + strings.Repeat("x", trustframeworks.MaxSize), trustframeworks.CodeTooLarge},
		{"not UTF-8", "name: a\xff", trustframeworks.CodeSyntax},
		{"JSON not UTF-8", "{\"name\": \"a\xff\"}", trustframeworks.CodeSyntax},
		{"JSON cut off", `{"name": "a`, trustframeworks.CodeSyntax},
		{"JSON with more behind it", `{} {}`, trustframeworks.CodeSyntax},
		{"JSON with a trailing comma", `{"name": "a",}`, trustframeworks.CodeSyntax},
		{"JSON with a member twice, once escaped", `{"name": "a", "n\u0061me": "b"}`, trustframeworks.CodeDuplicate},
		{"JSON with half a pair", `{"name": "\ud800x"}`, trustframeworks.CodeSyntax},
		{"JSON with two first halves", `{"name": "\ud800\ud800"}`, trustframeworks.CodeSyntax},
		{"JSON with half a pair in a name", `{"\udc00": 1}`, trustframeworks.CodeSyntax},
		{"JSON with a number too large", `{"name": 1e999}`, trustframeworks.CodeSyntax},
		{"JSON nested", `{"a":` + strings.Repeat("[", 500_000), trustframeworks.CodeTooLarge},
		{"JSON of many values", `{"a":[` + strings.Repeat("1,", 200_000) + `1]}`, trustframeworks.CodeTooLarge},
		{"YAML with half a pair", `name: "\ud800"`, trustframeworks.CodeSyntax},
		{"YAML brackets nested", strings.Repeat("[", 500_000), trustframeworks.CodeTooLarge},
		{"YAML lists nested", strings.Repeat("- ", 200_000) + "x", trustframeworks.CodeTooLarge},
		{"YAML lists nested behind a carriage return", "#\r" + strings.Repeat("- ", 200_000) + "x", trustframeworks.CodeTooLarge},
		{"YAML complex keys nested", strings.Repeat("? ", 200_000), trustframeworks.CodeTooLarge},
		{"YAML tags", strings.Repeat("!a ", 200_000), trustframeworks.CodeSyntax},
		{"YAML aliases", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", trustframeworks.CodeSyntax},
		{"YAML of many keys", keys(60_000), trustframeworks.CodeTooLarge},
		{"YAML of many dashes", strings.Repeat("-\n", 300_000), trustframeworks.CodeTooLarge},
		{"YAML with a number as a name", "1: a\n", trustframeworks.CodeSyntax},
		{"YAML with a tab", "a:\n\tb: 1\n", trustframeworks.CodeSyntax},
		{"YAML with infinity", "a: .inf\n", trustframeworks.CodeSyntax},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, found := trustframeworks.Parse([]byte(c.source))
			if d != nil || len(found) == 0 || found[0].Code != c.code {
				t.Errorf("got %v, want %s", found, c.code)
			}
		})
	}
}

// TestRulesThatUnfold: many rules, each at the cost that one may have, are
// refused before they fill a bundle.
func TestRulesThatUnfold(t *testing.T) {
	t.Parallel()
	var leaves []string
	for i := range 12 {
		leaves = append(leaves, fmt.Sprintf("{age: %d}", i))
	}
	rule := "  - variants: [WayHome]\n    rule: {grant: [collect], when: {any: [" + strings.Join(leaves, ", ") + "], n: 6}}\n"
	source := strings.Replace(skeleton, "\nrules:\n", "\nrules:\n"+strings.Repeat(rule, 200), 1)
	_, found := trustframeworks.Parse([]byte(source))
	if len(found) != 1 || found[0].Code != "sgl.too_complex" || found[0].Line == 0 {
		t.Errorf("got %v, want sgl.too_complex once", found)
	}
}

// TestPatternsThatUnfold: patterns of few bytes that take gigabytes and minutes
// are refused before anything compiles them, by their length or their steps.
func TestPatternsThatUnfold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ pattern, why string }{
		"long":    {strings.Repeat("a", 5000), "bytes, more than"},
		"repeats": {"(?:" + strings.Repeat("a", 900) + "){0,1000}", "more than 10000 steps"},
		"nested":  {"(?:(?:a{10}){10}){10}" + strings.Repeat("a{1000}", 20), "more than 10000 steps"},
	} {
		source := strings.Replace(skeleton, "firstName: {type: string", `firstName: {type: string, pattern: "`+c.pattern+`"`, 1)
		_, found := trustframeworks.Parse([]byte(source))
		if len(found) != 1 || found[0].Code != trustframeworks.CodePartySchema || found[0].Line == 0 || !strings.Contains(found[0].Message, c.why) {
			t.Errorf("%s: got %v, want %s once, since %s", name, found, trustframeworks.CodePartySchema, c.why)
		}
	}
}

// FuzzParse: no input panics, and what comes back is sound or has findings
// with places.
func FuzzParse(f *testing.F) {
	f.Add([]byte(skeleton))
	f.Add([]byte(`{"name": "a", "version": "1.0.0", "rules": [{"rule": {"grant": [], "when": {"any": [], "n": 2}}}]}`))
	f.Add([]byte("a: &a\n  - *a\n? b\n: !!c d\n--- \n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, found := parseSoon(t, raw)
		if (d == nil) == (len(found) == 0) {
			t.Errorf("got document %v and findings %v", d, found)
		}
		if d != nil && !d.Sound() {
			t.Errorf("the document is not sound")
		}
		for _, finding := range found {
			if finding.Line < 1 || finding.Column < 1 || finding.Code == "" || finding.Message == "" {
				t.Errorf("a finding without a place or a reason: %+v", finding)
			}
		}
	})
}

// parseSoon fails where reading takes so long that a caller would wait.
func parseSoon(t *testing.T, raw []byte) (d *trustframeworks.Document, found []trustframeworks.Finding) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		d, found = trustframeworks.Parse(raw)
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatalf("reading %d bytes takes more than a minute", len(raw))
	}
	return d, found
}
