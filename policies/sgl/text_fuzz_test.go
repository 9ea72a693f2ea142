package sgl_test

import (
	"reflect"
	"testing"

	"github.com/procura-dev/procura/policies/sgl"
)

// FuzzText reads any text as a rule: what is read can be written, reads again as
// the same, is written the same in every language, and is a usable rule.
func FuzzText(f *testing.F) {
	for _, seed := range []string{
		`Grant a, "b c" when 2 of role = grandparent.`,
		`[r 1] Grant a when 2 of (id = "Bob"; all of (years_exp > 20; x not in ["A", true]); y equals 1.5e3).`,
		`["\ud83d\ude00"] Grant "Grant" when any of (role like "a.*"; role >= 2).`,
		`Gewähre a wenn 2 von Rolle = "Rolle".`,
		`Accorder a quand un de (chacun de (rôle = p); x égale "ﬁ").`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, locale := range sgl.Locales() {
			rule, err := sgl.Parse(text, locale)
			if err != nil {
				continue
			}
			if p := sgl.ParseRule(rule).Problem(true); p != nil && p.Code != sgl.TooComplex {
				t.Fatalf("%q is read as an unusable rule: %v", text, p)
			}
			for _, other := range sgl.Locales() {
				written, err := sgl.Format(rule, other)
				if err != nil {
					t.Fatalf("%q is read but cannot be written: %v", text, err)
				}
				if again, err := sgl.Parse(written, other); err != nil || !reflect.DeepEqual(rule, again) {
					t.Fatalf("%q is read %v, and after %q %v (%v)", text, rule, written, again, err)
				}
			}
		}
	})
}
