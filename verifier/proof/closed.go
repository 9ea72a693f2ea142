package proof

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/procura-dev/procura/verifier/vc"
)

const contextRefused = "context.refused"

// absoluteIRI reports what an identifier, a type that is no term, and each
// other IRI must look like (semantics 3.6, rule 3): a scheme, a colon, and one
// or more characters of which none is white space, invisible or a delimiter.
func absoluteIRI(text string) bool {
	scheme, rest, found := strings.Cut(text, ":")
	return found && isScheme(scheme) && rest != "" && utf8.ValidString(rest) && !strings.ContainsFunc(rest, outsideIRI)
}

func isScheme(text string) bool {
	return text != "" && letter(rune(text[0])) && !strings.ContainsFunc(text, func(r rune) bool {
		return !letter(r) && (r < '0' || r > '9') && r != '+' && r != '.' && r != '-'
	})
}

func outsideIRI(r rune) bool {
	if r < 0x80 {
		return r <= ' ' || r == 0x7f || strings.ContainsRune("<>\"{}|\\^`", r)
	}
	return unicode.In(r, unicode.Z, unicode.C)
}

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// The most values of a credential and of a presentation under an RDF proof,
// outside of @json members. Each takes some 20 µs and kilobytes to canonicalise,
// which comes before the signature; a credential of ours has a few dozen.
const (
	maxCredentialValues   = 1 << 10
	maxPresentationValues = 1 << 14
)

// bounded refuses a document of more values than most.
func bounded(doc map[string]any, most int) *vc.Refusal {
	if values("", doc, most) < 0 {
		return refuse(contextRefused, "more than %d values", most)
	}
	return nil
}

// values returns what is left of a number after the values of v are taken from
// it: negative where they are more. Members named as @json ones count as one.
func values(name string, v any, left int) int {
	if left--; name == "permissions" || name == "constraints" || name == "provenanceProofs" {
		return left
	}
	switch v := v.(type) {
	case map[string]any:
		for n, inner := range v {
			if left = values(n, inner, left); left < 0 {
				return left
			}
		}
	case []any:
		for _, inner := range v {
			if left = values("", inner, left); left < 0 {
				return left
			}
		}
	}
	return left
}

// check holds an object against its place, before any canonicalisation.
// Member names, shapes and values outside the place's are refused.
func (p *place) check(m map[string]any, path string) *vc.Refusal {
	for name, value := range m {
		at := path + "/" + escapePointer(name)
		s, ok := p.slot(name)
		if !ok {
			return p.stranger(name, at)
		}
		if r := s.check(value, at); r != nil {
			return r
		}
	}
	return nil
}

func (p *place) stranger(name, at string) *vc.Refusal {
	if slices.Contains(p.otherModel, name) {
		return malformedAt(at, "the member is not of the credential's data model")
	}
	return refuseAt(at, "a member that does not belong here")
}

func (s *slot) check(v any, at string) *vc.Refusal {
	switch s.kind {
	case jsonValue:
		return nil
	case nodeValue:
		return s.checkNodes(v, at)
	case graphValue:
		return checkGraphs(v, at)
	case openValue, textsValue, irisValue:
		return checkOpen(v, at, ofOpen[s.kind])
	case typeValue, namesValue:
		return s.checkNames(v, at)
	}
	if list, ok := v.([]any); ok && s.many {
		return s.checkIRIs(list, at)
	}
	text, ok := v.(string)
	switch {
	case !ok:
		return malformedAt(at, "the member is no string")
	case (s.kind == iriValue || s.kind == idValue) && !absoluteIRI(text):
		return refuseAt(at, "the value is no absolute IRI")
	case s.kind == termValue && s.terms[text] == "":
		return refuseAt(at, "the value is not defined")
	}
	return nil
}

// checkIRIs checks a list of one or more different IRIs.
func (s *slot) checkIRIs(list []any, at string) *vc.Refusal {
	if len(list) == 0 {
		return refuseAt(at, "an empty list")
	}
	for i, item := range list {
		if _, ok := item.(string); !ok {
			return malformedAt(at, "neither a string nor a list of strings")
		}
		if r := s.check(item, at); r != nil {
			return r
		}
		if slices.Contains(list[:i], item) {
			return refuseAt(at, "a value stands twice")
		}
	}
	return nil
}

// checkNames checks type and role: a string, or a list of different ones.
func (s *slot) checkNames(v any, at string) *vc.Refusal {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	if len(list) == 0 {
		return refuseAt(at, "an empty list")
	}
	seen := make(map[string]bool, len(list))
	for _, item := range list {
		text, ok := item.(string)
		switch {
		case !ok:
			return malformedAt(at, "neither a string nor a list of strings")
		case seen[text]:
			return refuseAt(at, "a value stands twice")
		case s.kind == typeValue && strings.HasPrefix(text, "Proxy."):
			return &vc.Refusal{Code: vc.TypeUncovered, Message: "a bare proxy type is no part of what an RDF proof covers", Path: at}
		case s.kind == typeValue && s.terms[text] == "" && !s.mayBeTerm(text) && !absoluteIRI(text):
			return refuseAt(at, "a type that is neither defined nor an absolute IRI")
		}
		seen[text] = true
	}
	return nil
}

// checkOpen checks a member that a framework or one of its listed contexts defines:
// one value, or a list of two or more different ones.
func checkOpen(v any, at string, one func(any, string) *vc.Refusal) *vc.Refusal {
	list, ok := v.([]any)
	if !ok {
		return one(v, at)
	}
	if len(list) < 2 {
		return refuseAt(at, "a list of fewer than two values")
	}
	seen := make(map[any]bool, len(list))
	for i, item := range list {
		if r := one(item, at+"/"+strconv.Itoa(i)); r != nil {
			return r
		}
		if seen[item] {
			return refuseAt(at, "a value stands twice")
		}
		seen[item] = true
	}
	return nil
}

const maxInteger = 1<<53 - 1

func checkScalar(v any, at string) *vc.Refusal {
	switch v := v.(type) {
	case string, bool:
		return nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) <= maxInteger && !(v == 0 && math.Signbit(v)) {
			return nil
		}
		return refuseAt(at, "a number that is no integer of at most 53 bits")
	}
	return refuseAt(at, "neither a string, a boolean nor an integer")
}

// ofOpen checks one value of a member that can have several.
var ofOpen = map[valueKind]func(v any, at string) *vc.Refusal{openValue: checkScalar, textsValue: checkText, irisValue: checkIRI}

func checkText(v any, at string) *vc.Refusal {
	if _, ok := v.(string); ok {
		return nil
	}
	return refuseAt(at, "the value is no string")
}

func checkIRI(v any, at string) *vc.Refusal {
	if text, ok := v.(string); ok && absoluteIRI(text) {
		return nil
	}
	return refuseAt(at, "the value is no absolute IRI")
}

// maxEntries bounds entries of credentialStatus.
const maxEntries = 16

func (s *slot) checkNodes(v any, at string) *vc.Refusal {
	m, ok := v.(map[string]any)
	if ok {
		return s.place.check(m, at)
	}
	list, ok := v.([]any)
	if !ok || !s.many {
		return malformedAt(at, "the member is no object")
	}
	if len(list) == 0 || len(list) > maxEntries {
		return refuseAt(at, "an empty list, or more than %d entries", maxEntries)
	}
	for i, item := range list {
		m, ok := item.(map[string]any)
		if !ok {
			return malformedAt(at, "an entry that is no object")
		}
		if r := s.place.check(m, at+"/"+strconv.Itoa(i)); r != nil {
			return r
		}
		for _, other := range list[:i] {
			if o, _ := other.(map[string]any); reflect.DeepEqual(o, m) || o["id"] != nil && o["id"] == m["id"] {
				return refuseAt(at, "an entry stands twice")
			}
		}
	}
	return nil
}

// checkGraphs checks the credentials of a presentation, which are checked in
// full one by one: here, that each is an object that stands for itself.
func checkGraphs(v any, at string) *vc.Refusal {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	if len(list) == 0 {
		return refuseAt(at, "an empty list")
	}
	for i, item := range list {
		m, ok := item.(map[string]any)
		path := at + "/" + strconv.Itoa(i)
		if !ok {
			return refuseAt(path, "a credential that is no object in a presentation under an RDF proof")
		}
		for name, value := range m {
			if name == "@context" {
				continue
			}
			if !plain(name, value) {
				return refuseAt(path+"/"+escapePointer(name), "a name that begins with @ or holds a colon, or a context below the top")
			}
		}
	}
	return nil
}

// plain reports that no name in a tree begins with @ or holds a colon, outside
// what @json members hold: their names are free.
func plain(name string, v any) bool {
	if strings.HasPrefix(name, "@") || strings.Contains(name, ":") {
		return false
	}
	if name == "permissions" || name == "constraints" || name == "provenanceProofs" {
		return true
	}
	switch v := v.(type) {
	case map[string]any:
		for n, inner := range v {
			if !plain(n, inner) {
				return false
			}
		}
	case []any:
		for _, inner := range v {
			if !plain(name, inner) {
				return false
			}
		}
	}
	return true
}

func refuseAt(path, format string, args ...any) *vc.Refusal {
	r := refuse(contextRefused, format, args...)
	r.Path = path
	return r
}

func malformedAt(path, message string) *vc.Refusal {
	return &vc.Refusal{Code: vc.CredentialMalformed, Message: message, Path: path}
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// escapePointer makes a name a token of a JSON Pointer (RFC 6901).
func escapePointer(name string) string {
	return pointerEscapes.Replace(name)
}
