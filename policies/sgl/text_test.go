package sgl_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/procura-dev/procura/policies/sgl"
)

// TestText has what semantics 4.4 says, both ways.
func TestText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rule, text string }{
		{`{"grant": ["a", "b c"], "when": {"roles": "grandparent", "n": 2}}`, `Grant a, "b c" when 2 of role = grandparent.`},
		{`{"grant": ["a"], "when": {"id": "Bob"}}`, `Grant a when id = "Bob".`},
		{`{"grant": ["a"], "when": {"any": [{"roles": "p"}, {"roles": "q"}]}}`, `Grant a when any of (role = p; role = q).`},
		{`{"grant": ["a"], "when": {"any": [{"roles": "p"}, {"roles": "q"}, {"roles": "r"}], "n": 2}}`, `Grant a when 2 of (role = p; role = q; role = r).`},
		{`{"grant": ["a"], "when": {"all": [{"roles": "p"}, {"roles": "q"}]}}`, `Grant a when all of (role = p; role = q).`},
		{`{"grant": ["a"], "when": {"years_exp": 20, "op": ">"}}`, `Grant a when years_exp > 20.`},
		{`{"grant": ["a"], "when": {"certifications": ["A", "B"], "op": "contains"}}`, `Grant a when certifications contains ["A", "B"].`},
		// operators
		{`{"grant": ["a"], "when": {"x": "v"}}`, `Grant a when x is "v".`},
		{`{"grant": ["a"], "when": {"x": "v", "op": "="}}`, `Grant a when x equals "v".`},
		{`{"grant": ["a"], "when": {"id": "v", "op": "="}}`, `Grant a when id equals "v".`},
		{`{"grant": ["a"], "when": {"roles": 2, "op": "="}}`, `Grant a when role equals 2.`},
		{`{"grant": ["a"], "when": {"roles": 2, "op": ">=", "n": 3}}`, `Grant a when 3 of role >= 2.`},
		{`{"grant": ["a"], "when": {"roles": ["p", "q"], "op": "not in"}}`, `Grant a when role not in ["p", "q"].`},
		{`{"grant": ["a"], "when": {"roles": "p", "op": "in"}}`, `Grant a when role in "p".`},
		{`{"grant": ["a"], "when": {"id": "did:.*", "op": "like", "n": 2}}`, `Grant a when 2 of id like "did:.*".`},
		{`{"grant": ["a"], "when": {"x": 20.5, "op": "!="}}`, `Grant a when x != 20.5.`},
		{`{"grant": ["a"], "when": {"x": -1e300, "op": "<="}}`, `Grant a when x <= -1e+300.`},
		{`{"grant": ["a"], "when": {"x": [true, 1, "2020-01-01T00:00:00Z"], "op": "<"}}`, `Grant a when x < [true, 1, "2020-01-01T00:00:00Z"].`},
		{`{"grant": ["a"], "when": {"x": [false]}}`, `Grant a when x is [false].`},
		// names
		{`{"grant": ["Grant", "any", "x-1", "1x", "é"], "when": {"roles": "all"}}`, `Grant "Grant", "any", x-1, "1x", "é" when role = "all".`},
		{`{"grant": ["true"], "when": {"roles": "true"}}`, `Grant true when role = true.`},
		{`{"grant": ["a"], "when": {"is": 1}}`, `Grant a when "is" is 1.`},
		{`{"grant": ["a"], "when": {"in": [1], "op": "in"}}`, `Grant a when "in" in [1].`},
		{`{"grant": ["a"], "when": {"x y": 1, "n": 2147483647}}`, `Grant a when 2147483647 of "x y" is 1.`},
		{`{"grant": ["a"], "when": {"roles": "Board. Member; (x)"}}`, `Grant a when role = "Board. Member; (x)".`},
		{`{"grant": ["a\"\\"], "when": {"x": "\n\u202e\u00ad\ud83d\ude00\udb40\udc01<"}}`, `Grant "a\"\\" when x is "\u000a\u202e` + `\u00ad😀\udb40\udc01<".`},
		{`{"grant": ["a"], "when": {"id": "ﬁ\u00a0"}}`, `Grant a when id = "ﬁ\u00a0".`},
		// ids
		{`{"grant": ["a"], "id": "r1", "when": {"id": "v"}}`, `[r1] Grant a when id = "v".`},
		{`{"grant": ["a"], "id": "two (2) \"words\", é.", "when": {"id": "v"}}`, `[two (2) "words", é.] Grant a when id = "v".`},
		{`{"grant": ["a"], "id": "Grant", "when": {"id": "v"}}`, `[Grant] Grant a when id = "v".`},
		{`{"grant": ["a"], "id": "", "when": {"id": "v"}}`, `[""] Grant a when id = "v".`},
		{`{"grant": ["a"], "id": " x", "when": {"id": "v"}}`, `[" x"] Grant a when id = "v".`},
		{`{"grant": ["a"], "id": "x] Grant b", "when": {"id": "v"}}`, `["x] Grant b"] Grant a when id = "v".`},
		{`{"grant": ["a"], "id": "\"x", "when": {"id": "v"}}`, `["\"x"] Grant a when id = "v".`},
		// nesting
		{`{"grant": ["a"], "when": {"all": [{"any": [{"x": 1}], "n": 3}, {"all": [{"roles": "p", "n": 2}]}]}}`, `Grant a when all of (3 of (x is 1); all of (2 of role = p)).`},
	} {
		if got, err := sgl.Format(decode(t, c.rule), "en"); got != c.text || err != nil {
			t.Errorf("%s\nis written %s (%v)\nwant       %s", c.rule, got, err, c.text)
		}
		if got, err := sgl.Parse(c.text, "en"); !reflect.DeepEqual(got, decode(t, c.rule)) || err != nil {
			t.Errorf("%s\nis read %v (%v)\nwant    %s", c.text, got, err, c.rule)
		}
	}
}

func TestTextNormalises(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, rule, text string }{
		{"role", `{"grant": ["a"], "when": {"role": "p"}}`, `Grant a when role = p.`},
		{"one grant", `{"grant": "a", "when": {"roles": "p"}}`, `Grant a when role = p.`},
		{"the same grant twice stays", `{"grant": ["a", "a"], "when": {"roles": "p"}}`, `Grant a, a when role = p.`},
		{"n of 1", `{"grant": "a", "when": {"roles": "p", "n": 1.0}}`, `Grant a when role = p.`},
		{"n of 1 on any", `{"grant": "a", "when": {"any": [{"roles": "p"}], "n": 1}}`, `Grant a when any of (role = p).`},
		{"NFKC of names and values", `{"grant": "ﬁ", "when": {"ﬂ": ["ﬃ", "e\u0301"]}}`, `Grant fi when fl is ["ffi", "é"].`},
		{"NFKC of roles", `{"grant": "a", "when": {"role": "ﬁ"}}`, `Grant a when role = fi.`},
		{"not of ids", `{"grant": "a", "id": "ﬁ", "when": {"id": ["ﬁ"], "op": "in"}}`, `[ﬁ] Grant a when id in ["ﬁ"].`},
		{"zero has no sign", `{"grant": "a", "when": {"x": -0.0}}`, `Grant a when x is 0.`},
		{"numbers are doubles", `{"grant": "a", "when": {"x": 9007199254740993}}`, `Grant a when x is 9007199254740992.`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, err := sgl.Format(decode(t, c.rule), "en"); got != c.text || err != nil {
				t.Errorf("got %s (%v), want %s", got, err, c.text)
			}
		})
	}
	kept := `{"grant":"a","when":{"all":[{"n":1,"role":"ﬁ"}]}}`
	rule := decode(t, kept)
	if _, err := sgl.Format(rule, "en"); err != nil || !reflect.DeepEqual(rule, decode(t, kept)) {
		t.Errorf("the caller's rule is now %v (%v)", rule, err)
	}
}

// Numbers come as JSON and YAML parsers make them.
func TestTextOfOtherNumbers(t *testing.T) {
	t.Parallel()
	for _, n := range []any{2, int64(2), uint64(2), 2.0, json.Number("2e0")} {
		rule := map[string]any{"grant": "a", "when": map[string]any{"x": n, "n": n}}
		if got, err := sgl.Format(rule, ""); got != "Grant a when 2 of x is 2." || err != nil {
			t.Errorf("%T: got %s (%v)", n, got, err)
		}
	}
}

// TestTextIsFree has what Format never writes and nobody can misread.
func TestTextIsFree(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" \r\nGrant\ta,b\n when  role=p .\n":       `{"grant": ["a", "b"], "when": {"roles": "p"}}`,
		`Grant"a"when"x">=20.`:                     `{"grant": ["a"], "when": {"x": 20, "op": ">="}}`,
		`[ "r" ]Grant a when role = "p".`:          `{"grant": ["a"], "id": "r", "when": {"roles": "p"}}`,
		`Grant a when 1 of role = p.`:              `{"grant": ["a"], "when": {"roles": "p"}}`,
		`Grant a when 1 of (2.0 of role = p).`:     `{"grant": ["a"], "when": {"any": [{"roles": "p", "n": 2}]}}`,
		`Grant a when role is p.`:                  `{"grant": ["a"], "when": {"roles": "p"}}`,
		`Grant a when "roles" = p.`:                `{"grant": ["a"], "when": {"roles": "p"}}`,
		`Grant a when "role" = p.`:                 `{"grant": ["a"], "when": {"roles": "p"}}`,
		`Grant a when roles = p.`:                  `{"grant": ["a"], "when": {"roles": "p"}}`,
		`Grant a when "id" is "x".`:                `{"grant": ["a"], "when": {"id": "x"}}`,
		`Grant a when x in[ 1,"\u0061" , 1.5e1 ].`: `{"grant": ["a"], "when": {"x": [1, "a", 15], "op": "in"}}`,
		`Grant "ﬁ" when "ﬂ" is "ﬃ".`:               `{"grant": ["fi"], "when": {"fl": "ffi"}}`,
		`Grant a when x not  in [1].`:              `{"grant": ["a"], "when": {"x": [1], "op": "not in"}}`,
	} {
		if got, err := sgl.Parse(text, "en"); !reflect.DeepEqual(got, decode(t, want)) || err != nil {
			t.Errorf("%q\nis read %v (%v)\nwant    %s", text, got, err, want)
		}
	}
}

func TestTextRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, message string }{
		{"nothing", "", "at byte 0: no period"},
		{"no period", "Grant a when x > 20.5", "at byte 21: no period"},
		{"period in a string", `Grant a when x is "a.`, "string without end at byte 20"},
		{"not UTF-8", "Grant a when x is \"\xff\".", "at byte 0: text that is not UTF-8"},
		{"byte order mark", "\ufeffGrant a when role = p.", `at byte 0: no "Grant"`},
		{"small letters", "grant a when role = p.", `at byte 0: no "Grant"`},
		{"another language", "Gewähre a wenn Rolle = p.", `at byte 0: no "Grant"`},
		{"no name", "Grant when role = p.", `at byte 6: "when" is a word of the sentence`},
		{"empty name", `Grant "" when role = p.`, "at byte 6: an empty name"},
		{"name in single quotes", `Grant 'a' when role = p.`, "at byte 6: no name"},
		{"name with a digit in front", `Grant 1a when role = p.`, "at byte 6: no name"},
		{"name with an accent", `Grant é when role = p.`, `at byte 6: "é" has letters`},
		{"trailing comma", "Grant a, when role = p.", `at byte 9: "when" is a word`},
		{"two names", "Grant a b when role = p.", `at byte 8: no "when"`},
		{"no condition", "Grant a when.", "at byte 12: no name"},
		{"more text", "Grant a when role = p. Grant b when role = q.", "at byte 21: more text"},
		{"or", "Grant a when role = p or role = q.", "at byte 22: more text"},
		{"two periods", "Grant a when role = p..", "at byte 21: more text"},
		{"empty id", `[] Grant a when role = p.`, "at byte 1: an id that must be quoted"},
		{"id with space around", `[ r ] Grant a when role = p.`, "at byte 1: an id that must be quoted"},
		{"id with a bracket", `[[r] Grant a when role = p.`, "at byte 1: an id that must be quoted"},
		{"id without end", `[r Grant a when role = p.`, `at byte 24: no "]"`},
		{"quoted id without end", `["r" Grant a when role = p.`, `at byte 5: no "]"`},
		{"lone surrogate in an id", `["\ud800"] Grant a when role = p.`, "at byte 2: a surrogate is alone"},
		{"lone surrogate in a name", `Grant "\ud800" when role = p.`, "at byte 7: a surrogate is alone"},
		{"lone surrogate in a value", `Grant a when x is "\ud800".`, "at byte 18: a surrogate is alone"},
		{"number outside doubles", `Grant a when x is 1e999.`, "at byte 18: a number is outside doubles"},
		{"frame word as a role", "Grant a when role = when.", `at byte 20: "when" is a word`},
		{"operator as a property", "Grant a when in in [1].", `at byte 13: "in" is a word`},
		{"= behind a property", "Grant a when x = 1.", `at byte 15: "=" behind a property is written "is" or "equals"`},
		{"no operator", `Grant a when x "v".`, "at byte 15: no operator"},
		{"unknown operator", `Grant a when x matches "v".`, "at byte 15: no operator"},
		{"operator doubled", `Grant a when role == p.`, "no value at byte 19"},
		{"not without in", `Grant a when x not [1].`, `at byte 19: no "in"`},
		{"bare value", `Grant a when x is v.`, "no value at byte 18"},
		{"bare id", `Grant a when id = Bob.`, "no value at byte 18"},
		{"bare role behind a written op", `Grant a when role equals p.`, "no value at byte 25"},
		{"null", `Grant a when x is null.`, "at byte 13: a value is"},
		{"object", `Grant a when x is {"id": "a"}.`, "at byte 13: a value is"},
		{"list in a list", `Grant a when x is [["a"]].`, "at byte 13: a value is"},
		{"empty string", `Grant a when x is "".`, "at byte 13: a value is"},
		{"keyword as a property", `Grant a when "any" is [{"id": "a"}].`, `at byte 13: a property spelled like the keyword "any"`},
		{"n as a property", `Grant a when n is 1.`, `at byte 13: a property spelled like the keyword "n"`},
		{"keyword after NFKC", `Grant a when "ｒｏｌｅ" is "p".`, "at byte 13: a property may not be spelled"},
		{"pattern", `Grant a when x like "a)|(b".`, "at byte 13: the pattern is not valid RE2"},
		{"role number", `Grant a when role = 2.`, "at byte 13: roles takes strings"},
		{"contains without a list", `Grant a when all of (x contains "a").`, "at byte 21: contains takes a list"},
		{"n 0", `Grant a when 0 of role = p.`, "at byte 13: n is a whole number"},
		{"n broken", `Grant a when 1.5 of role = p.`, "at byte 13: n is a whole number"},
		{"n too high", `Grant a when 2147483648 of role = p.`, "at byte 13: n is a whole number"},
		{"n with a zero in front", `Grant a when 02 of role = p.`, "at byte 13: n is a whole number"},
		{"n negative", `Grant a when -1 of role = p.`, "at byte 13: no name"},
		{"n without of", `Grant a when 2 role = p.`, `at byte 15: no "of"`},
		{"n of any of", `Grant a when 2 of any of (role = p).`, `at byte 18: "any" is a word`},
		{"no bracket", `Grant a when any of role = p.`, `at byte 20: no "("`},
		{"empty list", `Grant a when any of ().`, "at byte 21: no name"},
		{"open list", `Grant a when any of (role = p; role = q.`, `at byte 39: no ";" or ")"`},
		{"comma in a list", `Grant a when any of (role = p, role = q).`, `at byte 29: no ";" or ")"`},
		{"trailing semicolon", `Grant a when any of (role = p; ).`, "at byte 31: no name"},
		{"brackets alone", `Grant a when (role = p).`, "at byte 13: no name"},
		{"nested beyond reading", "Grant a when " + strings.Repeat("any of (", 20000) + ".", "nesting too deep"},
		{"right-to-left mark", "Grant a when role = p\u200f.", "at byte 21: more text"},
		{"no-break space", "Grant\u00a0a when role = p.", "at byte 5: no name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rule, err := sgl.Parse(c.text, "en")
			p, ok := errors.AsType[*sgl.Problem](err)
			if !ok || rule != nil || p.Code != sgl.Invalid || !strings.HasPrefix(p.Message, c.message) && c.name != "nested beyond reading" {
				t.Errorf("got %v, %v\nwant %s", rule, err, c.message)
			}
		})
	}
}

// TestTextUnusable has rules that have no text, and those that have one though
// they cannot be decided.
func TestTextUnusable(t *testing.T) {
	t.Parallel()
	rule := func(when any) any { return map[string]any{"grant": "a", "when": when} }
	wide := func(n int) string { return strings.Repeat("\ufdfa", n) } // 3 bytes, in NFKC 33
	deep := "Grant a when " + strings.Repeat("all of (", 16) + "role = p" + strings.Repeat(")", 16) + "."
	for _, c := range []struct {
		name string
		rule any
		want string
	}{
		{"no rule", nil, sgl.Invalid},
		{"a bare condition", decode(t, `{"roles": "p"}`), sgl.Invalid},
		{"an extra member", decode(t, `{"grant": "a", "when": {"roles": "p", "within": 1}}`), sgl.Invalid},
		{"an id that is not UTF-8", map[string]any{"grant": "a", "id": "\xff", "when": map[string]any{"id": "a"}}, sgl.Invalid},
		{"too deep", rule(nested(17, map[string]any{"id": "a"})), sgl.TooLarge},
		{"too large in NFKC", rule(map[string]any{"x": wide(200)}), sgl.TooLarge},
		{"a pattern too large in NFKC", rule(map[string]any{"x": wide(100), "op": "like"}), sgl.Invalid},
		{"an id is not in NFKC", rule(map[string]any{"id": wide(200)}), ""},
		{"too complex", rule(map[string]any{"any": many(2, any(map[string]any{"id": "a"})), "n": 8192.0}), ""},
		{"not to be shared", rule(map[string]any{"any": []any{nested(2, map[string]any{"id": "a"})}, "n": 2.0}), ""},
	} {
		text, err := sgl.Format(c.rule, "en")
		if p, _ := errors.AsType[*sgl.Problem](err); code(p) != c.want || (text == "") != (c.want != "") {
			t.Errorf("%s: got %q, %v, want %q", c.name, text, err, c.want)
		}
	}
	if _, err := sgl.Parse(deep, "en"); err == nil || !strings.HasPrefix(err.Error(), sgl.TooLarge) {
		t.Errorf("depth 17 is read: %v", err)
	}
}

// normal is what semantics 4.4 leaves of a rule, written apart from the package.
func normal(v any, key string) any {
	switch v := v.(type) {
	case string:
		if key == "id" || key == "op" {
			return v
		}
		return norm.NFKC.String(v)
	case []any:
		out := []any{}
		for _, m := range v {
			out = append(out, normal(m, key))
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for name, m := range v {
			out[norm.NFKC.String(name)] = normal(m, name)
		}
		if role, ok := out["role"]; ok {
			delete(out, "role")
			out["roles"] = role
		}
		if out["n"] == 1.0 {
			delete(out, "n")
		}
		if grant, ok := out["grant"].(string); ok {
			out["grant"] = []any{grant}
		}
		return out
	}
	return v
}

// awkward are names and strings that look like something else in a sentence.
var awkward = []string{"a", "b c", "ﬁ", "when", "Grant", "of", "any", "Rolle", "rôle", "is", "in", "not", "true", "null", "1", "-1",
	"a.", "a;b", ") of (", "[x]", `"`, `\`, `\u0041`, "'", "é", "e\u0301", "\u202e", "\x00", "\u2028", "😀", "Ω", "a-b", "_", "-", " ", "a, b", "="}

// rule makes a random rule around random conditions.
func (c chance) rule() map[string]any {
	names := []any{}
	for range 1 + c.IntN(3) {
		names = append(names, pick(c, awkward...))
	}
	when := c.condition(1 + c.IntN(4))
	if c.IntN(3) == 0 {
		when = map[string]any{"all": []any{when, map[string]any{pick(c, awkward...): pick(c, awkward...)},
			map[string]any{"role": pick(c, awkward...)}, map[string]any{"id": []any{pick(c, awkward...)}, "op": "in"}}}
	}
	out := map[string]any{"grant": any(names), "when": when}
	if c.IntN(2) == 0 {
		out["grant"] = names[0]
	}
	if c.IntN(2) == 0 {
		out["id"] = pick(c, append(awkward, "", "r 1")...)
	}
	return out
}

// TestTextOfRandomRules holds "Parsing what format wrote gives the same rule".
func TestTextOfRandomRules(t *testing.T) {
	t.Parallel()
	written := 0
	for seed := range uint64(10000) {
		c := seeded(seed)
		rule, locale := c.rule(), pick(c, sgl.Locales()...)
		text, err := sgl.Format(rule, locale)
		if code(sgl.ParseRule(rule).Problem(true)) == sgl.Invalid {
			if err == nil {
				t.Fatalf("seed %d: unusable, and written %s", seed, text)
			}
			continue
		}
		if err != nil {
			t.Fatalf("seed %d: %v in %v", seed, err, rule)
		}
		written++
		got, err := sgl.Parse(text, locale)
		if err != nil || !reflect.DeepEqual(got, normal(rule, "")) {
			t.Fatalf("seed %d: %s\nis read %v (%v)\nwant    %v", seed, text, got, err, normal(rule, ""))
		}
		if !reflect.DeepEqual(sgl.Derive(got), sgl.Derive(rule)) {
			t.Fatalf("seed %d: %s is decided in another way than %v", seed, text, rule)
		}
	}
	if written < 6000 {
		t.Errorf("only %d rules were usable", written)
	}
}
