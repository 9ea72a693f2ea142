package sgl_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/sgl"
)

func decode(t testing.TB, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

// code is the code of a problem, or "".
func code(p *sgl.Problem) string {
	if p == nil {
		return ""
	}
	return p.Code
}

// TestUnusableConditions has each unusable form of semantics 4.1.
func TestUnusableConditions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, condition string }{
		{"no object", `"parent"`},
		{"null", `null`},
		{"a list", `[{"id": "a"}]`},
		{"empty", `{}`},
		{"n alone", `{"n": 1}`},
		{"op alone", `{"op": "="}`},
		{"id and roles", `{"id": "a", "roles": "b"}`},
		{"role and roles", `{"role": "a", "roles": "a"}`},
		{"all and any", `{"all": [{"id": "a"}], "any": [{"id": "a"}]}`},
		{"two properties", `{"x": 1, "y": 1}`},
		{"a property and id", `{"x": 1, "id": "a"}`},
		{"a member of a newer version", `{"roles": "a", "within": "P1D"}`},
		{"unknown operator", `{"x": 1, "op": "=="}`},
		{"operator in capitals", `{"x": [1], "op": "IN"}`},
		{"operator that is fullwidth", `{"x": 1, "op": "＝"}`},
		{"operator that is no string", `{"x": 1, "op": 1}`},
		{"operator null", `{"x": 1, "op": null}`},
		{"empty string", `{"x": ""}`},
		{"empty role", `{"roles": ""}`},
		{"empty id", `{"id": ""}`},
		{"empty property name", `{"": 1}`},
		{"property like a keyword", `{"ｒｏｌｅｓ": "a"}`},
		{"empty list", `{"x": []}`},
		{"empty string in a list", `{"x": ["a", ""]}`},
		{"null in a list", `{"x": ["a", null]}`},
		{"list in a list", `{"x": [["a"]]}`},
		{"null value", `{"x": null}`},
		{"null role", `{"roles": null}`},
		{"object value", `{"x": {"a": 1}}`},
		{"n 0", `{"roles": "a", "n": 0}`},
		{"n negative", `{"roles": "a", "n": -1}`},
		{"n broken", `{"roles": "a", "n": 1.5}`},
		{"n too high", `{"roles": "a", "n": 2147483648}`},
		{"n text", `{"roles": "a", "n": "1"}`},
		{"n true", `{"roles": "a", "n": true}`},
		{"n null", `{"roles": "a", "n": null}`},
		{"n on all", `{"all": [{"id": "a"}], "n": 1}`},
		{"op on all", `{"all": [{"id": "a"}], "op": "="}`},
		{"op on any", `{"any": [{"id": "a"}], "op": "in"}`},
		{"n 0 on any", `{"any": [{"id": "a"}], "n": 0}`},
		{"all empty", `{"all": []}`},
		{"any empty", `{"any": []}`},
		{"all without a list", `{"all": {"id": "a"}}`},
		{"any of a string", `{"any": ["a"]}`},
		{"any of null", `{"any": null}`},
		{"inner condition", `{"all": [{"id": "a"}, {"any": [{"id": ""}]}]}`},
		{"contains without a list", `{"x": "a", "op": "contains"}`},
		{"contains without a list on roles", `{"roles": "a", "op": "contains"}`},
		{"contains without a list on id", `{"id": "a", "op": "contains"}`},
		{"id number", `{"id": 1}`},
		{"id list", `{"id": ["a"]}`},
		{"id list with =", `{"id": ["a"], "op": "="}`},
		{"id list of numbers", `{"id": [1], "op": "in"}`},
		{"roles list", `{"roles": ["a"]}`},
		{"roles number", `{"roles": 1}`},
		{"roles number with in", `{"roles": 1, "op": "in"}`},
		{"roles string with a comparison", `{"roles": "a", "op": "="}`},
		{"roles list with a comparison", `{"roles": [1], "op": ">"}`},
		{"roles boolean", `{"roles": true}`},
		{"like number", `{"x": 1, "op": "like"}`},
		{"like list", `{"x": ["a"], "op": "like"}`},
		{"like empty", `{"x": "", "op": "like"}`},
		{"like open group", `{"x": "(a", "op": "like"}`},
		{"like that closes another's group", `{"x": "a)|(b", "op": "like"}`},
		{"like backreference", `{"x": "(a)\\1", "op": "like"}`},
		{"like lookahead", `{"x": "(?=a)", "op": "like"}`},
		{"like beyond 1 KiB", `{"x": "` + strings.Repeat("a", 1025) + `", "op": "like"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			condition := decode(t, c.condition)
			rule := sgl.ParseRule(map[string]any{"grant": "g", "when": condition})
			for _, disjoint := range []bool{true, false} {
				if got := code(rule.Problem(disjoint)); got != sgl.Invalid {
					t.Errorf("%s: got %q, want %q", c.condition, got, sgl.Invalid)
				}
			}
			if got := sgl.DeriveCondition(condition)["problem"]; got != sgl.Invalid {
				t.Errorf("%s derives %v, want %q", c.condition, got, sgl.Invalid)
			}
		})
	}
}

func TestUnusableRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, rule string }{
		{"no object", `["g"]`},
		{"no grant", `{"when": {"id": "a"}}`},
		{"no when", `{"grant": "g"}`},
		{"when null", `{"grant": "g", "when": null}`},
		{"empty grant", `{"grant": [], "when": {"id": "a"}}`},
		{"empty name", `{"grant": ["g", ""], "when": {"id": "a"}}`},
		{"grant null", `{"grant": null, "when": {"id": "a"}}`},
		{"grant number", `{"grant": [1], "when": {"id": "a"}}`},
		{"id number", `{"grant": "g", "id": 1, "when": {"id": "a"}}`},
		{"id null", `{"grant": "g", "id": null, "when": {"id": "a"}}`},
		{"unless", `{"grant": "g", "when": {"id": "a"}, "unless": {"id": "b"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := sgl.Derive(decode(t, c.rule))["problem"]; got != sgl.Invalid {
				t.Errorf("%s derives %v, want %q", c.rule, got, sgl.Invalid)
			}
		})
	}
}

func TestUsable(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{
		`{"grant": "g", "when": {"id": "a", "n": 1}}`,
		`{"grant": ["g", "h"], "id": "", "when": {"role": "a", "n": 2.0}}`,
		`{"grant": "g", "when": {"roles": "a", "n": 2147483647}}`,
		`{"grant": "g", "when": {"grant": ["a", 1, true], "op": "contains"}}`,
		`{"grant": "g", "when": {"x": ["a", "a"], "op": "="}}`,
		`{"grant": "g", "when": {"x": "` + strings.Repeat("a", 1024) + `", "op": "like"}}`,
		`{"grant": "g", "when": {"any": [{"roles": 2, "op": ">="}, {"x": true, "op": "<"}], "n": 2}}`,
	} {
		derived := sgl.Derive(decode(t, rule))
		if derived["problem"] != nil || derived["problems"] != nil {
			t.Errorf("%s derives %v", rule, derived)
		}
	}
}

// nested makes a condition of the given depth around a leaf.
func nested(depth int, leaf any) any {
	for range depth - 1 {
		leaf = map[string]any{"all": []any{leaf}}
	}
	return leaf
}

func many[T any](n int, v T) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// TestLimits has each limit and what lies on it, and the order of the codes.
func TestLimits(t *testing.T) {
	t.Parallel()
	leaf, broken := map[string]any{"id": "a"}, map[string]any{"id": ""}
	long := strings.Repeat("é", sgl.MaxString/2)
	different := func(n int) map[string]any {
		var list []any
		for i := range n {
			list = append(list, map[string]any{"roles": fmt.Sprint(i)})
		}
		return map[string]any{"all": list}
	}
	for _, c := range []struct {
		name             string
		condition        any
		disjoint, shared string
	}{
		{"depth 16", nested(16, leaf), "", ""},
		{"depth 17", nested(17, leaf), sgl.TooLarge, sgl.TooLarge},
		{"depth 5000, invalid within", nested(5000, broken), sgl.Invalid, sgl.Invalid},
		{"256 conditions", map[string]any{"any": many(255, leaf)}, "", ""},
		{"257 conditions", map[string]any{"any": many(256, leaf)}, sgl.TooLarge, sgl.TooLarge},
		{"257 conditions, the last invalid", map[string]any{"any": append(many(256, leaf), any(broken))}, sgl.Invalid, sgl.Invalid},
		{"list of 256", map[string]any{"x": many(256, 1.0)}, "", ""},
		{"list of 257", map[string]any{"x": many(257, 1.0)}, sgl.TooLarge, sgl.TooLarge},
		{"string of 4 KiB", map[string]any{"x": long}, "", ""},
		{"string beyond", map[string]any{"x": long + "a"}, sgl.TooLarge, sgl.TooLarge},
		{"name beyond", map[string]any{long + "a": 1.0}, sgl.TooLarge, sgl.TooLarge},
		{"pattern that repeats", map[string]any{"x": "(a?){1000}", "op": "like"}, "", ""},
		{"pattern that repeats too often", map[string]any{"x": strings.Repeat("(?:a?){999}", 5), "op": "like"}, sgl.TooLarge, sgl.TooLarge},
		{"patterns that repeat too often", map[string]any{"all": []any{map[string]any{"x": "(a??){999}", "op": "like"},
			map[string]any{"x": "((?:b?)(?:c?)){999}", "op": "like"}}}, sgl.TooLarge, sgl.TooLarge},
		{"17 demands", different(17), "", ""},
		{"18 demands", different(18), sgl.TooComplex, ""},
		{"255 demands", different(255), sgl.TooComplex, ""},
		{"12 of which 8", anyOf(8, 12, 1).(map[string]any)["when"], "", ""},
		{"8128 alternatives", anyOf(2, 128, 1).(map[string]any)["when"], "", ""},
		{"8256 alternatives", anyOf(2, 129, 1).(map[string]any)["when"], sgl.TooComplex, ""},
		{"8192 multisets", map[string]any{"any": many(2, leaf), "n": 8191.0}, "", ""},
		{"8193 multisets", map[string]any{"any": many(2, leaf), "n": 8192.0}, sgl.TooComplex, ""},
		{"many multisets", map[string]any{"any": many(2, leaf), "n": float64(sgl.MaxCount)}, sgl.TooComplex, ""},
		{"2^13 sequences", map[string]any{"any": []any{map[string]any{"any": many(2, leaf)}}, "n": 13.0}, "", sgl.Invalid},
		{"2^14 sequences", map[string]any{"any": []any{map[string]any{"any": many(2, leaf)}}, "n": 14.0}, sgl.TooComplex, sgl.Invalid},
		{"one multiset of many", map[string]any{"any": many(1, leaf), "n": float64(sgl.MaxCount)}, "", ""},
		{"repeats of all", map[string]any{"any": []any{nested(2, leaf)}, "n": 2.0}, "", sgl.Invalid},
		{"repeats of all, too deep", nested(17, map[string]any{"any": []any{nested(2, leaf)}, "n": 2.0}), sgl.TooLarge, sgl.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rule := sgl.ParseCondition(c.condition)
			if got := code(rule.Problem(true)); got != c.disjoint {
				t.Errorf("disjoint: got %q, want %q", got, c.disjoint)
			}
			if got := code(rule.Problem(false)); got != c.shared {
				t.Errorf("shared: got %q, want %q", got, c.shared)
			}
		})
	}
}

func TestGroupLimit(t *testing.T) {
	t.Parallel()
	rule := sgl.ParseCondition(map[string]any{"roles": "a"})
	for n, want := range map[int]string{64: "", 65: sgl.TooLarge} {
		got := sgl.Verdict(rule, make([]sgl.Principal, n), true, false)
		if code(got.Problem) != want {
			t.Errorf("%d principals: got %q, want %q", n, code(got.Problem), want)
		}
	}
}

func TestRequires(t *testing.T) {
	t.Parallel()
	repeats := decode(t, `{"any": [{"roles": "board"}, {"roles": "auditor"}], "n": 3}`)
	if got := sgl.DeriveCondition(repeats)["problem"]; got != sgl.Invalid {
		t.Errorf("a permission's requires may raise n past the list: %v", got)
	}
	if got := sgl.Derive(map[string]any{"grant": "g", "when": repeats}); got["problem"] != nil || got["repeats"] != true {
		t.Errorf("a rule may not, or is not marked: %v", got)
	}
}

func TestGrantIsNFKC(t *testing.T) {
	t.Parallel()
	got := sgl.Derive(decode(t, `{"grant": ["ﬁle", "file", "a"], "id": "ﬁ", "when": {"id": "ﬁ"}}`))
	if fmt.Sprint(got["grant"]) != "[file a]" || got["id"] != "ﬁ" {
		t.Errorf("got %v, want file once and the id as written", got)
	}
}
