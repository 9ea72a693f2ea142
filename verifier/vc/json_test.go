package vc

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestParseJSONRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, raw string }{
		{"nothing", ``},
		{"white space only", " \n"},
		{"a byte order mark", "\ufeff{}"},
		{"a member twice", `{"a":1,"a":1}`},
		{"a member twice, one escaped", `{"a":1,"\u0061":2}`},
		{"a member twice, deep", `[{"x":{"a":1,"b":2,"a":3}}]`},
		{"the empty name twice", `{"":1,"":2}`},
		{"a high surrogate alone", `"\ud800"`},
		{"a low surrogate alone", `"\udc00"`},
		{"surrogates in wrong order", `"\udc00\ud800"`},
		{"a high surrogate before text", `"\ud800x"`},
		{"a high surrogate before another escape", `"\ud800\n"`},
		{"two high surrogates", `"\ud800\ud800"`},
		{"a surrogate in a name", `{"\ud800":1}`},
		{"a surrogate in UTF-8", "\"\xed\xa0\x80\""},
		{"invalid UTF-8", "\"\xff\""},
		{"invalid UTF-8 after an escape", "\"\\n\xff\""},
		{"an overlong form", "\"\xc0\xaf\""},
		{"a control character", "\"\n\""},
		{"a control character after an escape", "\"\\n\x01\""},
		{"an unknown escape", `"\x41"`},
		{"an escape cut short", `"\u12"`},
		{"an escape with a sign", `"\u+123"`},
		{"a string without an end", `"abc`},
		{"an escape at the end", `"abc\`},
		{"a number too large", `1e309`},
		{"a number too small", `-1e309`},
		{"a leading zero", `01`},
		{"a leading plus", `+1`},
		{"no digit", `-`},
		{"no digit after the point", `1.`},
		{"no digit before the point", `.5`},
		{"no exponent", `1e`},
		{"hexadecimal", `0x10`},
		{"an underscore", `1_000`},
		{"not a number", `NaN`},
		{"infinity", `Infinity`},
		{"a word cut short", `tru`},
		{"a word in capitals", `True`},
		{"a trailing comma in a list", `[1,]`},
		{"a trailing comma in an object", `{"a":1,}`},
		{"no colon", `{"a" 1}`},
		{"no member name", `{1:2}`},
		{"a list without an end", `[1`},
		{"an object without an end", `{"a":1`},
		{"trailing data", `{} {}`},
		{"a trailing zero byte", "{}\x00"},
		{"a comment", `{} // x`},
		{"65 levels", strings.Repeat("[", 65) + strings.Repeat("]", 65)},
		{"very many levels", strings.Repeat(`{"a":`, 100000)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if v, err := ParseJSON([]byte(c.raw)); err == nil {
				t.Errorf("ParseJSON = %v, want an error", v)
			}
		})
	}
}

func TestParseJSON(t *testing.T) {
	t.Parallel()
	raw := ` {"a":[1,-0.5e+2,true,false,null,"x\u00e9\ud83d\ude00\n\/",{}],"":{"b":[]}, "é":"\"" } `
	got, err := ParseJSON([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"a": []any{1.0, -50.0, true, false, nil, "xé😀\n/", map[string]any{}},
		"":  map[string]any{"b": []any{}},
		"é": `"`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, want %#v", got, want)
	}
	if _, err := ParseJSON([]byte(strings.Repeat("[", 64) + strings.Repeat("]", 64))); err != nil {
		t.Errorf("64 levels: %v", err)
	}
}

// What we read, encoding/json reads alike.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,"x\u0041"]}`, `"\ud83d\ude00"`, `[]`, `-1e5`, `{"a":1,"a":2}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := ParseJSON(raw)
		if err != nil {
			return
		}
		var want any
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatalf("encoding/json refuses %q: %v", raw, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %#v, encoding/json %#v", raw, got, want)
		}
	})
}

// Strings are skipped eight bytes at a time: what ends one, or may not stand in
// one, is found wherever it stands among them.
func TestStringsEndWhereTheyEnd(t *testing.T) {
	t.Parallel()
	for n := range 40 {
		plain := strings.Repeat("a", n)
		for text, want := range map[string]string{
			plain + `"`:            plain,
			plain + "\x7f" + `"`:   plain + "\x7f",
			plain + "é" + `"`:      plain + "é",
			plain + `\"b` + `"`:    plain + `"b`,
			plain + `!#[]` + `"`:   plain + `!#[]`,
			plain + "\u0100" + `"`: plain + "\u0100",
		} {
			got, err := ParseJSON([]byte(`"` + text))
			if err != nil || got != want {
				t.Errorf("%d letters before: %q: got %q, %v", n, text, got, err)
			}
		}
		for _, bad := range []string{"\x00", "\x1f", "\n", "\xff", "\xa2"} {
			if got, err := ParseJSON([]byte(`"` + plain + bad + `"`)); err == nil {
				t.Errorf("%d letters before %q: read as %q", n, bad, got)
			}
		}
	}
}
