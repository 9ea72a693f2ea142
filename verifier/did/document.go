package did

import (
	"crypto"
	"strings"
	"time"

	"github.com/procura-dev/procura/verifier/vc"
)

// A document is what is read of a DID document: who may use which key for
// what. Services, and members that DID Core does not define, say nothing about
// that; they are not read.
type document struct {
	id      string
	methods map[string]*method          // by their whole identifier
	listed  map[Purpose]map[string]bool // identifiers in a relationship
}

// A method is a verification method; err says why it gives no key.
type method struct {
	public crypto.PublicKey
	err    *Error
	until  time.Time // expires or revoked, the earlier; zero: never
}

// relationships of DID Core. All may embed methods; two of them matter here.
var relationships = []Purpose{Assertion, Authentication, "keyAgreement", "capabilityInvocation", "capabilityDelegation"}

// errDocument is what is wrong with a document as a whole.
func errDocument(why string) *Error { return fail(Unresolvable, "the DID document %s", why) }

// parseDocument reads the DID document of id (DID Core, "Core Properties").
// What is known must have its shape, or nothing of the document is taken.
func parseDocument(raw []byte, id string) (*document, *Error) {
	v, err := vc.ParseJSON(raw)
	m, ok := v.(map[string]any)
	switch {
	case err != nil || !ok:
		return nil, errDocument("is no JSON object, or names a member twice")
	case m["id"] != id:
		return nil, errDocument("is of another DID")
	case !knownContext(m["@context"]):
		return nil, errDocument("is under an @context that is not that of DIDs")
	case m["deactivated"] != nil && m["deactivated"] != false:
		return nil, errDocument("is deactivated")
	}
	d := &document{id: id, methods: map[string]*method{}, listed: map[Purpose]map[string]bool{}}
	list, ok := listOf(m, "verificationMethod")
	if !ok {
		return nil, errDocument("has a verificationMethod that is no list, or of more than 64")
	}
	for _, item := range list {
		if _, e := d.add(item); e != nil {
			return nil, e
		}
	}
	for _, p := range relationships {
		if e := d.relate(m, p); e != nil {
			return nil, e
		}
	}
	return d, nil
}

// The contexts of DID Core 1.0 and 1.1, and of its drafts. A document in plain
// JSON has none. An object could turn names round.
var contexts = map[string]bool{
	"https://www.w3.org/ns/did/v1": true, "https://www.w3.org/ns/did/v1.1": true,
	"https://w3id.org/did/v1": true, "https://w3id.org/did/v0.11": true,
}

func knownContext(v any) bool {
	if v == nil {
		return true
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for i, item := range list {
		text, ok := item.(string)
		if !ok || i == 0 && !contexts[text] {
			return false
		}
	}
	return len(list) > 0
}

// maxListed bounds the methods of a document, and each relationship: documents
// are kept, and one host may serve those of many people.
const maxListed = 64

// listOf reads an optional list.
func listOf(m map[string]any, name string) ([]any, bool) {
	v, ok := m[name]
	if !ok {
		return nil, true
	}
	list, ok := v.([]any)
	return list, ok && len(list) <= maxListed
}

// relate reads one relationship: references to methods, and methods that serve
// it alone ("Verification Relationships").
func (d *document) relate(m map[string]any, p Purpose) *Error {
	list, ok := listOf(m, string(p))
	if !ok {
		return errDocument("has a verification relationship that is no list, or of more than 64")
	}
	d.listed[p] = map[string]bool{}
	for _, item := range list {
		id, ok := item.(string)
		if ok {
			id = d.absolute(id)
		} else {
			var e *Error
			if id, e = d.add(item); e != nil {
				return e
			}
		}
		d.listed[p][id] = true
	}
	return nil
}

// absolute completes a relative DID URL that is a fragment alone ("Relative
// DID URLs").
func (d *document) absolute(id string) string {
	if strings.HasPrefix(id, "#") {
		return d.id + id
	}
	return id
}

// add reads a verification method. Two of one identifier spoil the document.
func (d *document) add(v any) (string, *Error) {
	m, ok := v.(map[string]any)
	id, named := m["id"].(string)
	if !ok || !named || id == "" {
		return "", errDocument("has a verification method that is no object, or has no id")
	}
	id = d.absolute(id)
	if d.methods[id] != nil {
		return "", errDocument("has two verification methods of one id")
	}
	d.methods[id] = readMethod(m, d.id)
	return id, nil
}

// key returns the key of a method, at an instant.
func (d *document) key(id string, p Purpose, now time.Time) (*Key, error) {
	m := d.methods[id]
	switch {
	case m == nil:
		return nil, errNoMethod
	case !d.listed[p][id]:
		return nil, fail(WrongPurpose, "the DID document does not list the key for %q", string(p))
	case m.err != nil:
		return nil, m.err
	case !m.until.IsZero() && !now.Before(m.until):
		return nil, fail(Unresolvable, "the verification method has expired, or was revoked")
	}
	k := &Key{ID: id, Controller: d.id, Public: m.public}
	if !m.until.IsZero() {
		k.Life = m.until.Sub(now)
	}
	return k, nil
}
