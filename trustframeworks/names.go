package trustframeworks

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/procura-dev/procura/policies/facts"
)

// ErrName and ErrURI are what the functions below wrap.
var (
	ErrName = errors.New("not a name")
	ErrURI  = errors.New("not an absolute https IRI without query, fragment or trailing slash")
)

const maxName = 128

// CheckName holds the character rule of semantics 2.2, for frameworks and for
// what they name: NFC, 1–128 characters, no "/", no control character, no
// space at either end. Characters that nobody sees, as the right-to-left mark
// and the joiners, are control characters here: they make look-alikes.
func CheckName(name string) error {
	switch {
	case name == "" || utf8.RuneCountInString(name) > maxName:
		return fmt.Errorf("a name has 1 to %d characters: %w", maxName, ErrName)
	case !utf8.ValidString(name) || !norm.NFC.IsNormalString(name):
		return fmt.Errorf("%q is not in Unicode form NFC: %w", name, ErrName)
	case strings.Contains(name, "/"):
		return fmt.Errorf("%q holds a \"/\", which separates the parts of a credential's type: %w", name, ErrName)
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }):
		return fmt.Errorf("%q holds a control or format character: %w", name, ErrName)
	case strings.TrimFunc(name, unicode.IsSpace) != name:
		return fmt.Errorf("%q begins or ends with a space: %w", name, ErrName)
	}
	return nil
}

// reserved names are path segments of the service, or mean another in every path.
var reserved = map[string]bool{"all": true, "keys": true, "index": true, "public": true, ".": true, "..": true}

// CheckFrameworkName holds the rule for a framework's own name.
func CheckFrameworkName(name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if reserved[FoldName(name)] {
		return fmt.Errorf("%q is reserved: %w", name, ErrName)
	}
	return nil
}

// FoldName gives the form in which the names of a tenant's frameworks are
// compared: NFKC and case folding.
func FoldName(name string) string {
	return facts.Fold(name)
}

// iri is what 3.6 allows in a signed place.
var iri = regexp.MustCompile("^[A-Za-z][A-Za-z0-9+.-]*:[^\\s<>\"{}|\\\\^`]+$")

// isIRI reports whether text is an absolute IRI that RDF proofs carry unchanged.
func isIRI(text string) bool {
	odd := func(c rune) bool { return unicode.IsControl(c) || unicode.IsSpace(c) }
	return iri.MatchString(text) && utf8.ValidString(text) && !strings.ContainsFunc(text, odd)
}

// CheckURI holds the rule for a framework's uri.
func CheckURI(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || !isIRI(text) || !strings.HasPrefix(text, "https://") || u.Host == "" || u.User != nil:
		return fmt.Errorf("%q: %w", text, ErrURI)
	case strings.ContainsAny(text, "?#") || strings.HasSuffix(text, "/"):
		return fmt.Errorf("%q: %w", text, ErrURI)
	}
	return nil
}
