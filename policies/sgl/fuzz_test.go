package sgl_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/sgl"
)

// FuzzRule reads any JSON as a rule: it must not panic or hang, must derive the
// same twice, and what it derives must decide alike after a way through JSON.
func FuzzRule(f *testing.F) {
	for _, seed := range []string{
		`{"grant": "g", "when": {"roles": "parent"}}`,
		`{"grant": ["g"], "id": "r", "when": {"all": [{"id": "a"}, {"any": [{"x": 1, "op": ">"}, {"y": ["a"], "op": "contains"}], "n": 3}]}}`,
		`{"grant": "g", "when": {"x": "a)|(b", "op": "like"}}`,
		`{"grant": "g", "when": {"x": "\\Qp1", "op": "like", "n": 2e0}}`,
		`{"grant": "g", "when": {"any": [{"any": [{"id": "a"}, {"id": "b"}]}], "n": 13}}`,
		`{"grant": "g", "when": {"x": ["2020-01-01T00:00:00Z", true, 1e308], "op": "not in"}}`,
	} {
		f.Add([]byte(seed))
	}
	group := derived([]party{
		{ids: []string{"a"}, unique: true, roles: []string{"parent", "p"}, properties: map[string]any{"x": 1.0, "y": []any{"a"}}},
		{ids: []string{"b", "c"}, class: 1, roles: []string{"parent"}, properties: map[string]any{"x": "p1"}},
		{class: 2, unique: true, properties: map[string]any{"x": "2020-01-01T00:00:00Z"}},
	})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var tree any
		if json.Unmarshal(raw, &tree) != nil {
			return
		}
		derived := sgl.Derive(tree)
		if !reflect.DeepEqual(derived, sgl.Derive(tree)) {
			t.Fatal("derived twice, it differs")
		}
		people, err := sgl.ReadPrincipals(group)
		if err != nil {
			t.Fatal(err)
		}
		for _, disjoint := range []bool{true, false} {
			want := sgl.Verdict(sgl.ParseRule(tree), people, disjoint, true)
			got := inGo(t, question{Rule: derived, Principals: group, Disjoint: disjoint, Unique: true})
			if got.Met != want.Met || len(got.Principals) != len(want.Principals) {
				t.Fatalf("disjoint %v: got %v after JSON, want %v", disjoint, got, want)
			}
		}
	})
}

// FuzzLine reads any lines: there is one answer to each, in order, and it is JSON.
func FuzzLine(f *testing.F) {
	f.Add(`{"id": 1, "group": [{"id": "a", "roles": ["p"]}], "when": {"roles": "p"}, "disjoint": true}`)
	f.Add(`{"id": "\ud83d\ude00", "group": [{"x": [1.5e-3, true, null]}], "when": {"x": 1e999}}`)
	f.Add(`{"id":1,"id":2}`)
	f.Fuzz(func(t *testing.T, text string) {
		lines, answers := strings.Split(text, "\n"), evalLines(t, text+"\n")
		if len(answers) != len(lines) {
			t.Fatalf("%d answers to %d lines", len(answers), len(lines))
		}
		for i, answer := range answers {
			if said := short(t, answer); !json.Valid([]byte(lines[i])) && said[:5] != "null " {
				t.Fatalf("%q is not JSON, and gets %s", lines[i], answer)
			}
		}
	})
}
