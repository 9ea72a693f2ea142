package sgl_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/sgl"
)

func TestTextInLanguages(t *testing.T) {
	t.Parallel()
	rule := `{"grant": ["a", "wenn"], "id": "r", "when": {"any": [{"all": [{"roles": "Rolle", "n": 2}, {"id": "b"}]}, {"x": 1}, {"x": 1, "op": "="}, {"x": [1], "op": "not in"}]}}`
	for locale, want := range map[string]string{
		"":           `[r] Grant a, wenn when any of (all of (2 of role = Rolle; id = "b"); x is 1; x equals 1; x not in [1]).`,
		"EN-gb":      `[r] Grant a, wenn when any of (all of (2 of role = Rolle; id = "b"); x is 1; x equals 1; x not in [1]).`,
		"de":         `[r] Gewähre a, "wenn" wenn eines von (jedes von (2 von Rolle = "Rolle"; id = "b"); x ist 1; x gleich 1; x not in [1]).`,
		"de-Latn-AT": `[r] Gewähre a, "wenn" wenn eines von (jedes von (2 von Rolle = "Rolle"; id = "b"); x ist 1; x gleich 1; x not in [1]).`,
		"fr":         `[r] Accorder a, wenn quand un de (chacun de (2 de rôle = Rolle; id = "b"); x est 1; x égale 1; x not in [1]).`,
	} {
		if got, err := sgl.Format(decode(t, rule), locale); got != want || err != nil {
			t.Errorf("%q: got %s (%v)\nwant %s", locale, got, err, want)
		}
	}
	decomposed := "Gewa\u0308hre a wenn \"Rolle\" ist 1."
	got, err := sgl.Parse(decomposed, "de")
	if text, _ := sgl.Format(got, "en"); text != "Grant a when Rolle is 1." || err != nil {
		t.Errorf("got %s (%v): a quoted name is the rule's, however the frame word is composed", text, err)
	}
}

func TestTextWithoutWords(t *testing.T) {
	t.Parallel()
	rule := decode(t, `{"grant": "a", "when": {"id": "b"}}`)
	for _, locale := range []string{"xx", "english", "-en", "en_GB", "-"} {
		_, format := sgl.Format(rule, locale)
		_, parse := sgl.Parse(`Grant a when id = "b".`, locale)
		lines := sgl.FormatLines(strings.NewReader("{}\n"), io.Discard, locale)
		back := sgl.ParseLines(strings.NewReader("{}\n"), io.Discard, locale)
		for _, err := range []error{format, parse, lines, back} {
			if !errors.Is(err, sgl.ErrLocale) {
				t.Errorf("%q: got %v, want %v", locale, err, sgl.ErrLocale)
			}
		}
	}
}

func TestFormatLines(t *testing.T) {
	t.Parallel()
	leaf := `"rule": {"grant": "a", "when": {"x": "<"}}}`
	testLines(t, sgl.FormatLines, []lineCase{
		{"a rule", `{"id": 1, ` + leaf, `{"id":1,"text":"Grant a when x is \"<\"."}`},
		{"no id", `{` + leaf, `{"id":null,"text":"Grant a when x is \"<\"."}`},
		{"other members are ignored", `{"id": {"a": [1.50]}, "note": 1, ` + leaf, `{"id":{"a":[1.50]},"text":"Grant a when x is \"<\"."}`},
		{"no rule", `{"id": 1}`, `{"id":1,"error":{"code":"sgl.invalid","message":"/: a rule is an object"}}`},
		{"unusable", `{"id": 1, "rule": {"grant": "a", "when": {"x": null}}}`, `{"id":1,"error":{"code":"sgl.invalid","message":"/when: a value is`},
		{"too large", `{"id": 1, "rule": {"grant": "` + strings.Repeat("a", 4097) + `", "when": {"x": 1}}}`, `{"id":1,"error":{"code":"sgl.too_large"`},
		{"a member twice", `{"id": 1, "rule": {"grant": "a", "when": {"x": 1, "x": 2}}}`, `{"id":1,"error":{"code":"sgl.invalid"`},
		{"id twice", `{"id": 1, "id": 1, ` + leaf, `{"id":null,"error":{"code":"sgl.invalid"`},
		{"not JSON", `{"id": 1,`, `{"id":null,"error":{"code":"sgl.invalid"`},
		{"empty line", ``, `{"id":null,"error":{"code":"sgl.invalid"`},
		{"a list", `[1]`, `{"id":null,"error":{"code":"sgl.invalid"`},
		{"too long", `{"id": 1, "note": "` + strings.Repeat("a", sgl.MaxLine) + `"}`, `{"id":null,"error":{"code":"sgl.too_large"`},
	})
}

func TestParseLines(t *testing.T) {
	t.Parallel()
	testLines(t, sgl.ParseLines, []lineCase{
		{"a rule", `{"id": 1, "text": "[r] Grant a when 2 of x > \"<\"."}`, `{"id":1,"rule":{"grant":["a"],"id":"r","when":{"n":2,"op":">","x":"<"}}}`},
		{"no text", `{"id": 1}`, `{"id":1,"error":{"code":"sgl.invalid","message":"/text: a string is needed"}}`},
		{"text null", `{"id": 1, "text": null}`, `{"id":1,"error":{"code":"sgl.invalid","message":"/text`},
		{"a place", `{"id": 1, "text": "Grant a when b."}`, `{"id":1,"error":{"code":"sgl.invalid","message":"at byte 14: no operator"}}`},
		{"not JSON", `Grant a when b is 1.`, `{"id":null,"error":{"code":"sgl.invalid"`},
		{"a list", `["Grant a when b is 1."]`, `{"id":null,"error":{"code":"sgl.invalid"`},
	})
}

type lineCase struct{ name, line, want string }

func testLines(t *testing.T, lines func(io.Reader, io.Writer, string) error, cases []lineCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := lines(strings.NewReader(c.line+"\n"+c.line+"\n"), &out, "en"); err != nil {
				t.Fatal(err)
			}
			got := strings.SplitAfter(out.String(), "\n")
			if len(got) != 3 || got[0] != got[1] || !strings.HasPrefix(got[0], c.want) {
				t.Errorf("got %q\nwant %q twice", got, c.want)
			}
		})
	}
}
