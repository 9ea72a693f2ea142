package analyze_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/analyze"
)

// grown is the skeleton with so many permissions, each granted by a rule of its
// own, and roles.
func grown(t testing.TB, permissions, roles int) *trustframeworks.Document {
	t.Helper()
	var named []string
	var r, p, rules strings.Builder
	for i := range roles {
		named = append(named, fmt.Sprintf("role%d", i))
		fmt.Fprintf(&r, "  - {name: role%d, uri: https://example.org/roles/%d, definition: {en: A role.}}\n", i, i)
	}
	for i := range permissions {
		fmt.Fprintf(&p, "  - {name: p%d, uri: https://example.org/permissions/%d, definition: {en: Do it.}, audit: none, requires: {roles: role%d}}\n", i, i, i%roles)
		fmt.Fprintf(&rules, "  - variants: [WayHome]\n    rule: {grant: [p%d], when: {any: [{roles: role%d}, {roles: companion, n: 2}]}}\n", i, (i+1)%roles)
	}
	source := strings.NewReplacer(
		"\nroles:\n", "\nroles:\n"+r.String(), "\npermissions:\n", "\npermissions:\n"+p.String(),
		"\nrules:\n", "\nrules:\n"+rules.String(), "roles: [companion]\n", "roles: [companion, "+strings.Join(named, ", ")+"]\n",
	).Replace(skeleton)
	doc, found := trustframeworks.Parse([]byte(source))
	if len(found) > 0 {
		t.Fatal(found[0])
	}
	return doc
}

// Linting takes time in proportion to the document: ns/permission stays as
// permissions grow, and roles with them.
func BenchmarkLint(b *testing.B) {
	for _, size := range []struct{ permissions, roles int }{{50, 12}, {200, 50}, {800, 200}} {
		doc := grown(b, size.permissions, size.roles)
		b.Run(fmt.Sprintf("%dx%d", size.permissions, size.roles), func(b *testing.B) {
			for b.Loop() {
				if found := analyze.Lint(doc); len(found) > 0 {
					b.Fatal(found[0])
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size.permissions), "ns/permission")
		})
	}
}

// What BenchmarkLint times, counted: sixteen times the document takes sixteen
// times the allocations.
func TestLintIsLinear(t *testing.T) { // alone: it counts for the whole process
	allocations := func(permissions, roles int) float64 {
		doc := grown(t, permissions, roles)
		return testing.AllocsPerRun(3, func() { analyze.Lint(doc) })
	}
	small, large := allocations(50, 12), allocations(800, 200)
	if large > 17*small {
		t.Errorf("%.0f allocations for 50 permissions, %.0f for 800: more than in proportion", small, large)
	}
}

// Rules that Parse refuses because they unfold too far are not unfolded by the
// linter either.
func TestLintOfRulesThatUnfold(t *testing.T) { // alone, as above
	var leaves []string
	for i := range 12 {
		leaves = append(leaves, fmt.Sprintf("{age: %d}", i))
	}
	unfolding := when("{any: [" + strings.Join(leaves, ", ") + "], n: 6}")
	allocations := func(rules int) float64 {
		source := strings.Replace(skeleton, "\nrules:\n", "\nrules:\n"+strings.Repeat("  - variants: [WayHome]\n"+unfolding, rules), 1)
		doc, _ := trustframeworks.Read([]byte(source))
		if doc == nil {
			t.Fatal("the document has not the shape of one")
		}
		return testing.AllocsPerRun(1, func() { analyze.Lint(doc) })
	}
	if within, beyond := allocations(150), allocations(600); beyond > 2*within {
		t.Errorf("%.0f allocations for 150 rules, %.0f for 600, of which most are not looked at", within, beyond)
	}
}
