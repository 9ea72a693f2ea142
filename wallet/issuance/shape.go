package issuance

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/procura-dev/procura/verifier/vc"
)

// iri matches what can stand as an identifier.
var iri = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^` + "`" + `]+$`)

// ours are members that signing gives a credential, or that a JWT would read as
// claims of its own.
var ours = []string{"proof", "status", "iss", "sub", "jti", "nbf", "exp", "iat", "aud", "cnf", "nonce", "vc", "vp", "vct", "_sd", "_sd_alg"}

// shape refuses a credential that is not what its data model says (VCDM 2.0 and
// 1.1, "Basic Concepts"), before anything is made of it.
func shape(doc map[string]any) error {
	for name := range doc {
		if slices.Contains(ours, name) || strings.HasPrefix(name, "@") && name != "@context" {
			return faulty("/credential/"+name, "is not the asker's to write")
		}
	}
	return heads(doc)
}

// heads are what says how the rest is to be read, of what, and about whom.
func heads(doc map[string]any) error {
	contexts, ok := doc["@context"].([]any)
	if !ok || len(contexts) == 0 || contexts[0] != vc.ContextV1 && contexts[0] != vc.ContextV2 || !all(contexts, isContext) {
		return faulty("/credential/@context", "must be a list that begins with %s or %s, of URLs and objects", vc.ContextV2, vc.ContextV1)
	}
	if err := inline(contexts); err != nil {
		return err
	}
	if types := list(doc["type"]); !slices.Contains(types, any("VerifiableCredential")) || !all(types, isText) {
		return faulty("/credential/type", "must be a list of names with VerifiableCredential among them")
	}
	if id, given := doc["id"]; given && !isIRI(id) {
		return faulty("/credential/id", "must be one URL")
	}
	if err := subjects(doc["credentialSubject"]); err != nil {
		return err
	}
	issuer, _ := doc["issuer"].(map[string]any)
	if err := worded(doc, "/credential/"); err != nil {
		return err
	}
	if err := worded(issuer, "/credential/issuer/"); err != nil {
		return err
	}
	return typed(doc)
}

// worded holds what names and describes a credential or its issuer (VCDM 2.0,
// "Names and Descriptions").
func worded(m map[string]any, at string) error {
	for _, name := range []string{"name", "description"} {
		if v, given := m[name]; given && !isWords(v) {
			return faulty(at+name, "must be a text, or texts with their languages")
		}
	}
	return nil
}

func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

func all(l []any, is func(any) bool) bool {
	return len(l) > 0 && !slices.ContainsFunc(l, func(v any) bool { return !is(v) })
}

func isText(v any) bool {
	s, ok := v.(string)
	return ok && s != ""
}

// isContext is a reference to a context, or one itself.
func isContext(v any) bool {
	_, inline := v.(map[string]any)
	return inline || isIRI(v)
}

func isIRI(v any) bool {
	s, ok := v.(string)
	return ok && len(s) <= maxName && iri.MatchString(s)
}

// isWords is a text, or language value objects (VCDM 2.0, "Language and Base
// Direction").
func isWords(v any) bool {
	return all(list(v), func(one any) bool {
		if isText(one) {
			return true
		}
		m, ok := one.(map[string]any)
		for name, value := range m {
			if !isText(value) || !slices.Contains([]string{"@value", "@language", "@direction"}, name) {
				return false
			}
		}
		return ok && isText(m["@value"])
	})
}

// subjects are objects that say something each.
func subjects(v any) error {
	ok := all(list(v), func(one any) bool {
		m, isObject := one.(map[string]any)
		id, named := m["id"]
		return isObject && len(m) > 0 && (!named || isIRI(id))
	})
	if !ok {
		return faulty("/credential/credentialSubject", "must be an object that says something, or a list of such; an id in it is a URL")
	}
	return nil
}

// needs are members whose objects must have a type, and what else (VCDM 2.0,
// "Advanced Concepts"; "Status", "Data Schemas").
var needs = map[string][]string{
	"credentialStatus": {"type"}, "credentialSchema": {"type", "id"}, "termsOfUse": {"type"},
	"evidence": {"type"}, "refreshService": {"type"}, "relatedResource": {"id"},
}

func typed(doc map[string]any) error {
	for name, required := range needs {
		v, given := doc[name]
		if !given {
			continue
		}
		ok := all(list(v), func(one any) bool {
			m, _ := one.(map[string]any)
			id, named := m["id"]
			kind, has := m["type"]
			return m != nil && (!named || isIRI(id)) && (!has || all(list(kind), isText)) &&
				!slices.ContainsFunc(required, func(r string) bool { _, there := m[r]; return !there })
		})
		if !ok {
			return faulty("/credential/"+name, "must be objects with %s; an id is a URL", strings.Join(required, " and "))
		}
	}
	return related(doc["relatedResource"])
}

// related resources differ, and each has a digest (VCDM 2.0, "Integrity of
// Related Resources").
func related(v any) error {
	seen := map[any]bool{}
	if v == nil {
		return nil
	}
	for _, one := range list(v) {
		m, _ := one.(map[string]any)
		if seen[m["id"]] || !isText(m["digestSRI"]) && !isText(m["digestMultibase"]) {
			return faulty("/credential/relatedResource", "must have different ids, and a digest each")
		}
		seen[m["id"]] = true
	}
	return nil
}

// dates holds from when and until when a credential is valid, in the words of
// its model alone. VCDM 1.1 demands a beginning: it is now, where none is given.
func dates(doc map[string]any, now time.Time) error {
	from, until, not := "validFrom", "validUntil", []string{"issuanceDate", "expirationDate"}
	if isV1(doc) {
		from, until, not = "issuanceDate", "expirationDate", []string{"validFrom", "validUntil"}
		if _, given := doc[from]; !given {
			doc[from] = now.UTC().Format(time.RFC3339)
		}
	}
	for _, name := range not {
		if _, given := doc[name]; given {
			return faulty("/credential/"+name, "is of another version of the data model")
		}
	}
	begins, err := date(doc, from)
	if err != nil {
		return err
	}
	ends, err := date(doc, until)
	switch {
	case err != nil || ends.IsZero():
		return err
	case !ends.After(begins):
		return faulty("/credential/"+until, "is not after the beginning")
	}
	return nil
}

func date(doc map[string]any, name string) (time.Time, error) {
	v, given := doc[name]
	if !given {
		return time.Time{}, nil
	}
	s, _ := v.(string)
	at, ok := vc.Instant(s)
	if !ok {
		return at, faulty("/credential/"+name, "must be a date-time with a zone")
	}
	return at, nil
}

func isV1(doc map[string]any) bool {
	contexts, _ := doc["@context"].([]any)
	return len(contexts) > 0 && contexts[0] == vc.ContextV1
}
