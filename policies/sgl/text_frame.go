package sgl

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// ErrLocale is wrapped by errors about a language that has no frame words.
var ErrLocale = errors.New("rules cannot be written in this language")

// A frame has the words of one language around the names and values of a rule.
// Each is one word of letters, in Unicode NFC, and all are different.
type frame struct {
	grant, when, of string
	any, all        string
	role, id        string
	is              string // a custom property without op
	equals          string // a written =
}

// frames has the frame words by language (BCP 47, lower case).
var frames = map[string]frame{
	"en": {grant: "Grant", when: "when", of: "of", any: "any", all: "all",
		role: "role", id: "id", is: "is", equals: "equals"},
	"de": {grant: "Gewähre", when: "wenn", of: "von", any: "eines", all: "jedes",
		role: "Rolle", id: "id", is: "ist", equals: "gleich"},
	"fr": {grant: "Accorder", when: "quand", of: "de", any: "un", all: "chacun",
		role: "rôle", id: "id", is: "est", equals: "égale"},
}

// operatorWords stand for themselves in every language: "a written op appears as
// itself" (semantics 4.4).
var operatorWords = []string{"in", "not", "contains", "like"}

// Locales lists the languages of Format and Parse, sorted.
func Locales() []string {
	var out []string
	for tag := range frames {
		out = append(out, tag)
	}
	slices.Sort(out)
	return out
}

// frameOf finds the frame words of a language tag: its own, or those of the
// language that it narrows (RFC 4647 section 3.4, without its default). An
// empty tag is English.
func frameOf(locale string) (*frame, error) {
	tag := strings.ToLower(locale)
	if tag == "" {
		tag = "en"
	}
	for {
		if f, ok := frames[tag]; ok {
			return &f, nil
		}
		cut := strings.LastIndexByte(tag, '-')
		if cut < 0 {
			return nil, fmt.Errorf("%q: %w", locale, ErrLocale)
		}
		tag = tag[:cut]
	}
}

// words lists what a name must be quoted for.
func (f *frame) words() []string {
	return append([]string{f.grant, f.when, f.of, f.any, f.all, f.role, f.id, f.is, f.equals}, operatorWords...)
}

// shapedBare is what a name looks like that needs no quotes.
var shapedBare = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// bare reports whether a name stands without quotes.
func (f *frame) bare(name string) bool {
	return shapedBare.MatchString(name) && !slices.Contains(f.words(), name)
}
