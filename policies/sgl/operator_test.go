package sgl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/sgl"
)

// partyOf reads a principal as sgl eval takes it; id may be a list of DIDs.
func partyOf(flat map[string]any) party {
	p := party{unique: true, properties: map[string]any{}}
	texts := func(v any) []string {
		var out []string
		for _, s := range either(v, list(v)) {
			out = append(out, s.(string))
		}
		return out
	}
	for name, v := range flat {
		switch name {
		case "id":
			p.ids = texts(v)
		case "roles":
			p.roles = texts(v)
		default:
			p.properties[name] = v
		}
	}
	return p
}

func list(v any) []any {
	out, _ := v.([]any)
	return out
}

// TestOperators has each operator over each kind, in Go and in Rego.
func TestOperators(t *testing.T) {
	t.Parallel()
	q := prepare(t, verdicts)
	long := strings.Repeat("a", 4000)
	const early, late = `"2020-01-01T00:00:00Z"`, `"2020-01-01T00:00:00.000000000001Z"`
	for _, c := range []struct {
		condition, principal string
		want                 bool
	}{
		// "the values compare so"
		{`{"x": 1, "op": "="}`, `{"x": 1.0}`, true},
		{`{"x": 1, "op": "="}`, `{"x": "1"}`, false},
		{`{"x": 0, "op": "="}`, `{"x": -0.0}`, true},
		{`{"x": 1, "op": "!="}`, `{"x": 2}`, true},
		{`{"x": 1, "op": "!="}`, `{"x": 1}`, false},
		{`{"x": 1, "op": "!="}`, `{"x": "2"}`, false},
		{`{"x": 1, "op": "!="}`, `{"y": 2}`, false},
		{`{"x": 20, "op": ">"}`, `{"x": 27}`, true},
		{`{"x": 20, "op": ">"}`, `{"x": 20}`, false},
		{`{"x": 20, "op": ">="}`, `{"x": 20}`, true},
		{`{"x": 20, "op": "<"}`, `{"x": 1e-300}`, true},
		{`{"x": 20, "op": "<="}`, `{"x": 20.000000000000004}`, false},
		{`{"x": 9007199254740992, "op": "="}`, `{"x": 9007199254740993}`, true},
		{`{"x": "b", "op": "<"}`, `{"x": "a"}`, true},
		{`{"x": "b", "op": "<"}`, `{"x": "B"}`, true},
		{`{"x": "｡", "op": "<"}`, `{"x": "𐀀"}`, false},
		{`{"x": "\ue000", "op": "<"}`, `{"x": "𐀀"}`, false},
		{`{"x": "a", "op": "<="}`, `{"x": "a"}`, true},
		{`{"x": "ﬁ", "op": "="}`, `{"x": "fi"}`, true},
		{`{"x": true, "op": "="}`, `{"x": true}`, true},
		{`{"x": true, "op": "!="}`, `{"x": false}`, true},
		{`{"x": true, "op": "<"}`, `{"x": false}`, false},
		{`{"x": true, "op": ">="}`, `{"x": true}`, false},
		{`{"x": true, "op": "="}`, `{"x": 1}`, false},
		{`{"x": ` + early + `, "op": "="}`, `{"x": "2020-01-01T01:00:00+01:00"}`, true},
		{`{"x": ` + early + `, "op": "="}`, `{"x": "２０２０-01-01t00:00:00.000z"}`, true},
		{`{"x": ` + early + `, "op": ">"}`, `{"x": ` + late + `}`, true},
		{`{"x": ` + late + `, "op": "<="}`, `{"x": ` + early + `}`, true},
		{`{"x": ` + early + `, "op": "!="}`, `{"x": "2020-01-01"}`, false},
		{`{"x": "9999-12-31T23:59:59Z", "op": "<"}`, `{"x": "9999-12-31T23:59:58.9Z"}`, true},
		{`{"x": "2262-04-12T00:00:00Z", "op": "<"}`, `{"x": "1600-01-01T00:00:00Z"}`, true},
		{`{"x": "0000-01-01T00:00:00Z", "op": ">="}`, `{"x": "0000-01-01T00:00:00Z"}`, true},
		// "a principal's list is replaced by its size, counting members that differ"
		{`{"x": 2, "op": "="}`, `{"x": ["a", "a", "b"]}`, true},
		{`{"x": 2, "op": "="}`, `{"x": ["ﬁ", "fi", 1]}`, true},
		{`{"x": 3, "op": ">="}`, `{"x": [1, "1", true]}`, true},
		{`{"x": "a", "op": "="}`, `{"x": ["a"]}`, false},
		{`{"x": "a", "op": "!="}`, `{"x": ["b"]}`, false},
		{`{"x": ["a"], "op": "="}`, `{"x": "a"}`, false},
		{`{"x": [2], "op": "!="}`, `{"x": 1}`, false},
		{`{"roles": 2, "op": ">="}`, `{"roles": ["a", "b"]}`, true},
		{`{"roles": 1, "op": "="}`, `{"roles": "a"}`, true},
		{`{"roles": 0, "op": ">="}`, `{}`, false},
		// default op: = for a scalar, in for a list
		{`{"x": "a"}`, `{"x": "a"}`, true},
		{`{"x": "a"}`, `{"x": ["b", "a"]}`, true},
		{`{"x": 1}`, `{"x": ["a"]}`, false},
		{`{"x": ["a", "b"]}`, `{"x": "a"}`, false},
		{`{"x": ["a", "b"]}`, `{"x": ["c", "a"]}`, true},
		{`{"ﬁeld": 1}`, `{"field": 1}`, true},
		// in, not in
		{`{"x": ["a", 1], "op": "in"}`, `{"x": 1}`, true},
		{`{"x": "a", "op": "in"}`, `{"x": ["b", "a"]}`, true},
		{`{"x": "a", "op": "in"}`, `{"x": "a"}`, true},
		{`{"x": ["a", "b"], "op": "in"}`, `{"x": ["b", "c"]}`, true},
		{`{"x": ["a", "b"], "op": "in"}`, `{"x": ["c"]}`, false},
		{`{"x": [` + early + `], "op": "in"}`, `{"x": "2020-01-01T00:00:00.0Z"}`, true},
		{`{"x": ["a", "b"], "op": "not in"}`, `{"x": "c"}`, true},
		{`{"x": ["a", "b"], "op": "not in"}`, `{"x": 1}`, false},
		{`{"x": ["a", 2], "op": "not in"}`, `{"x": [1, true]}`, true},
		{`{"x": ["a", 1], "op": "not in"}`, `{"x": ["b", 1]}`, false},
		{`{"x": "a", "op": "not in"}`, `{}`, false},
		{`{"roles": "a", "op": "not in"}`, `{"roles": ["b"]}`, true},
		{`{"roles": "a", "op": "not in"}`, `{"roles": ["a", "b"]}`, false},
		{`{"roles": ["a", "b"], "op": "in"}`, `{"roles": "b"}`, true},
		{`{"roles": "2020-01-01T00:00:00Z"}`, `{"roles": ["2020-01-01T00:00:00.0Z"]}`, false},
		{`{"roles": "ﬁ"}`, `{"roles": ["fi"]}`, true},
		// contains
		{`{"x": ["a", 1], "op": "contains"}`, `{"x": [1, 2, "a"]}`, true},
		{`{"x": ["a", 1], "op": "contains"}`, `{"x": ["1", "a"]}`, false},
		{`{"x": ["a"], "op": "contains"}`, `{"x": "a"}`, false},
		{`{"roles": ["a", "b"], "op": "contains"}`, `{"roles": ["a", "b", "c"]}`, true},
		{`{"roles": ["a"], "op": "contains"}`, `{"roles": "a"}`, true},
		// like
		{`{"x": "a+", "op": "like"}`, `{"x": "aaa"}`, true},
		{`{"x": "a+", "op": "like"}`, `{"x": "aaab"}`, false},
		{`{"x": "a|ab", "op": "like"}`, `{"x": "ab"}`, true},
		{`{"x": "(?i)AB", "op": "like"}`, `{"x": "ab"}`, true},
		{`{"x": "\\Qa.", "op": "like"}`, `{"x": "a."}`, true},
		{`{"x": "\\Qa.", "op": "like"}`, `{"x": "ab"}`, false},
		{`{"x": "\\Qa\\", "op": "like"}`, `{"x": "a\\"}`, true},
		{`{"x": "a.b", "op": "like"}`, `{"x": "a\nb"}`, false},
		{`{"x": "(?s)a.b", "op": "like"}`, `{"x": "a\nb"}`, true},
		{`{"x": "(?m)^b$", "op": "like"}`, `{"x": "a\nb"}`, false},
		// what an engine that tries one way after another would not end in our lives
		{`{"x": "(a+)+$", "op": "like"}`, `{"x": "` + long + `!"}`, false},
		{`{"x": "(a|aa)+", "op": "like"}`, `{"x": "` + long + `!"}`, false},
		{`{"x": "(.*a){20}", "op": "like"}`, `{"x": "` + long + `"}`, true},
		{`{"x": "a$", "op": "like"}`, `{"x": "a\n"}`, false},
		{`{"x": "ﬁ.", "op": "like"}`, `{"x": "ﬁn"}`, true},
		{`{"x": ".*", "op": "like"}`, `{"x": ["a"]}`, false},
		{`{"x": ".*", "op": "like"}`, `{"x": ` + early + `}`, false},
		{`{"x": ".*", "op": "like"}`, `{"x": 1}`, false},
		{`{"x": "2020-01-01T00:00:00Z", "op": "like"}`, `{"x": ` + early + `}`, false},
		{`{"roles": ".*", "op": "like"}`, `{"roles": "a"}`, false},
		// id: byte for byte; = in like of one DID, != and not in of all
		{`{"id": "ﬁ"}`, `{"id": "fi"}`, false},
		{`{"id": "a"}`, `{"id": ["b", "a"]}`, true},
		{`{"id": "a", "op": "!="}`, `{"id": ["b", "a"]}`, false},
		{`{"id": "a", "op": "!="}`, `{"id": ["b", "c"]}`, true},
		{`{"id": "a", "op": "!="}`, `{}`, false},
		{`{"id": ["a", "c"], "op": "in"}`, `{"id": ["b", "a"]}`, true},
		{`{"id": ["a", "c"], "op": "not in"}`, `{"id": ["b", "a"]}`, false},
		{`{"id": "a", "op": "not in"}`, `{"id": ["b", "c"]}`, true},
		{`{"id": "a", "op": "not in"}`, `{}`, false},
		{`{"id": "did:.*", "op": "like"}`, `{"id": ["x", "did:a"]}`, true},
		{`{"id": "b", "op": "<"}`, `{"id": "a"}`, true},
		{`{"id": "b", "op": ">="}`, `{"id": "a"}`, false},
		{`{"id": ["a", "b"], "op": "contains"}`, `{"id": ["b", "a"]}`, true},
		{`{"id": "2020-01-01T00:00:00Z"}`, `{"id": "2020-01-01T00:00:00.0Z"}`, false},
	} {
		condition := decode(t, c.condition)
		group := []party{partyOf(decode(t, c.principal).(map[string]any))}
		for _, disjoint := range []bool{true, false} {
			ask := question{Rule: sgl.DeriveCondition(condition), Principals: derived(group), Disjoint: disjoint, Unique: true}
			if ask.Rule["problem"] != nil {
				t.Fatalf("%s is unusable: %v", c.condition, ask.Rule)
			}
			inRego, inGo := inRego(t, q, []question{ask})[0], inGo(t, ask)
			if inRego.Met != c.want || inGo.Met != c.want {
				t.Errorf("%s over %s: got %v in Rego and %v in Go, want %v", c.condition, c.principal, inRego, inGo, c.want)
			}
		}
	}
}

// TestInstants has what is a full RFC 3339 date-time and what is not.
func TestInstants(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2020-01-01T00:00:00Z":            "t [1577836800 ]",
		"2020-01-01T00:00:00.100Z":        "t [1577836800 1]",
		"1969-12-31T23:59:59.25-00:00":    "t [-1 25]",
		"2020-02-29T23:59:59+23:59":       "t [1582934459 ]",
		"1998-12-31T23:59:60Z":            "t [915148800 ]",
		"1990-12-31T15:59:60-08:00":       "t [662688000 ]",
		"1998-12-31T23:58:60Z":            "",
		"1998-11-30T23:59:60Z":            "",
		"2021-02-29T00:00:00Z":            "",
		"2020-00-01T00:00:00Z":            "",
		"2020-01-00T00:00:00Z":            "",
		"2020-13-01T00:00:00Z":            "",
		"2020-01-01T24:00:00Z":            "",
		"2020-01-01T00:60:00Z":            "",
		"2020-01-01T00:00:00":             "",
		"2020-01-01T00:00Z":               "",
		"2020-01-01 00:00:00Z":            "",
		"2020-01-01T00:00:00.Z":           "",
		"2020-01-01T00:00:00,5Z":          "",
		"2020-01-01T00:00:00+24:00":       "",
		"2020-01-01T00:00:00+0100":        "",
		"2020-01-01T00:00:00+01":          "",
		"2020-01-01T00:00:00Zz":           "",
		"+020-01-01T00:00:00Z":            "",
		"12020-01-01T00:00:00Z":           "",
		"2020-01-01":                      "",
		"2020-01-01T00:00:00.1234567891Z": "t [1577836800 1234567891]",
	} {
		value := sgl.Value(text)["values"].([]any)[0].([]any)
		got := fmt.Sprint(value[0], " ", value[1])
		if want == "" {
			want = "s " + text
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value any
		want  string
	}{
		{"ﬁ", "map[list:false values:[[s fi]]]"},
		{[]any{"a", 1.0, "a", true}, "map[list:true values:[[s a] [n 1] [b true]]]"},
		{nil, "map[]"}, {"", "map[]"}, {[]any{}, "map[]"}, {[]any{nil}, "map[]"},
		{map[string]any{"a": 1.0}, "map[]"}, {many(257, 1.0), "map[]"},
	} {
		if got := fmt.Sprint(sgl.Value(c.value)); got != c.want {
			t.Errorf("%v: got %s, want %s", c.value, got, c.want)
		}
	}
}

// TestProperties shows that a member which only looks like a role is none.
func TestProperties(t *testing.T) {
	t.Parallel()
	got := sgl.Properties(map[string]any{"roles": "parent", "ｒｏｌｅ": "parent", "id": "a", "x": 1.0, "ｘ": 1.0,
		"y": "a", "ｙ": "b", "z": nil, "": "a", "all": true})
	if want := "map[x:map[list:false values:[[n 1]]]]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
