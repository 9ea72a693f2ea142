package facts

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// Name brings a name of a role, permission or property to the form in which
// names are compared: NFKC (semantics 4.1).
func Name(s string) string { return norm.NFKC.String(s) }

// Fold is Unicode's caseless form over compatibility forms. Of ASCII that is its
// lower case.
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s)))
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// A text is what a person reads: by BCP 47 tag, or under the empty tag where
// the author gave one plain string.
type text map[string]string

var errText = errors.New("is neither a text nor an object of texts by language tag")

// section begins one locale's part in the form of RFC 0103's sample,
// "|en: …|es: …".
var section = regexp.MustCompile(`\|\s*([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)\s*:`)

// readText reads a string, {tag: string}, or the sample's form. Empty texts,
// tags that are malformed or come twice, and empty objects are errors.
func readText(v any) (text, error) {
	switch v := v.(type) {
	case string:
		return readSections(v)
	case map[string]any:
		t := make(text, len(v))
		for tag, s := range v {
			if err := t.add(tag, s); err != nil {
				return nil, err
			}
		}
		if len(t) > 0 {
			return t, nil
		}
	}
	return nil, errText
}

// readSections reads "|en: …|es: …". The sample breaks lines inside a text, so
// there any run of white space is one space. A string that does not begin so is
// a plain text, kept as written.
func readSections(s string) (text, error) {
	var at [][]int
	if strings.Contains(s, "|") {
		at = section.FindAllStringSubmatchIndex(s, -1)
	}
	if len(at) == 0 || strings.TrimSpace(s[:at[0][0]]) != "" {
		if strings.TrimSpace(s) == "" {
			return nil, errText
		}
		return text{"": s}, nil
	}
	t := make(text, len(at))
	for i, m := range at {
		end := len(s)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		if err := t.add(s[m[2]:m[3]], strings.Join(strings.Fields(s[m[1]:end]), " ")); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// localised is the value of the text that v is, as JSON has it.
func localised(v any) (any, error) {
	if s, ok := v.(string); ok && isPlainText(s) {
		return v, nil
	}
	t, err := readText(v)
	if err != nil {
		return nil, err
	}
	return t.value(), nil
}

// isPlainText holds for a text that has no locales, which is most that are read.
func isPlainText(s string) bool {
	return !strings.Contains(s, "|") && strings.TrimSpace(s) != ""
}

func (t text) add(tag string, v any) error {
	s, ok := v.(string)
	if _, twice := t[tag]; twice || !ok || strings.TrimSpace(s) == "" || !wellFormed(tag) {
		return errText
	}
	t[tag] = s
	return nil
}

// wellFormed takes tags of unknown subtags too: what matters is that it is a tag.
func wellFormed(tag string) bool {
	if len(tag) < 2 || len(tag) > 35 {
		return false
	}
	_, err := language.Parse(tag)
	var unknown language.ValueError
	return err == nil || errors.As(err, &unknown)
}

// value is t as JSON has it: a string, or an object of strings.
func (t text) value() any {
	if s, plain := t[""]; plain {
		return s
	}
	m := make(map[string]any, len(t))
	for tag, s := range t {
		m[tag] = s
	}
	return m
}
