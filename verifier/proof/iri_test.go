package proof

import (
	"regexp"
	"testing"
	"unicode/utf8"
)

// iriPattern is the rule of semantics 3.6 as it is written down.
var iriPattern = regexp.MustCompile("^[A-Za-z][A-Za-z0-9+.-]*:[^\\pZ\\pC<>\"{}|\\\\^`]+$")

func FuzzAbsoluteIRI(f *testing.F) {
	for _, text := range []string{
		"", ":", "a:", ":a", "a:b", "did:key:z6Mk", "https://a.example/#b", "_:b0", "1a:b", "a b:c", "a:b c", "a:b\u00a0c", "a:\u200f", "a:\u202e",
		"a:\u200b", "a:<b>", "a:\u0000", "a:\u007f", "a:\u0085", "urn:é", "urn:\ue000", "é:a", "a:b\n", "+a:b", "a+.-1:b", "a:\xff", "a:`", "a:\\",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := absoluteIRI(text), utf8.ValidString(text) && iriPattern.MatchString(text); got != want {
			t.Errorf("absoluteIRI(%q) = %v, want %v", text, got, want)
		}
	})
}
