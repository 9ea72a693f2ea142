package verifier_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

const (
	peopleURI   = "https://people.example/identity/v1"
	ownURI      = "https://people.example/terms#"
	peopleTerms = `{"@context": {"@version": 1.1, "@protected": true,
		"IdentityCredential": {"@id": "` + ownURI + `IdentityCredential"}, "VehicleTitle": {"@id": "` + ownURI + `VehicleTitle"}, "Person": "` + ownURI + `Person",
		"firstName": {"@id": "` + ownURI + `firstName"}, "lastName": "` + ownURI + `lastName", "name": "https://schema.org/name",
		"birthDate": {"@id": "` + ownURI + `birthDate", "@type": "http://www.w3.org/2001/XMLSchema#date"},
		"height": {"@id": "` + ownURI + `height"}, "vin": {"@id": "` + ownURI + `vin"}, "colour": {"@id": "` + ownURI + `colour"},
		"training": {"@id": "` + ownURI + `training"}, "number": {"@id": "` + ownURI + `number"}, "home": {"@id": "` + ownURI + `home", "@type": "@id"}}}`
)

// listing is the member of a document that lists contexts, given by address and text.
func listing(t testing.TB, pairs ...string) string {
	t.Helper()
	var all []trustframeworks.ListedContext
	for i := 0; i < len(pairs); i += 2 {
		l := trustframeworks.ListedContext{URI: pairs[i]}
		if err := json.Unmarshal([]byte(pairs[i+1]), &l.Document); err != nil {
			t.Fatal(err)
		}
		var err error
		if l.SHA256, err = l.Digest(); err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return "\ncontexts: " + string(raw)
}

// A suite is how somebody signs statements.
type suite struct{ format, curve string }

var suites = []suite{
	{vc.FormatLD, "Ed25519"}, {vc.FormatLD, "P-256"}, {vc.FormatLD, "P-384"}, {proof.Ed25519Signature2018, "Ed25519"},
	{proof.Ed25519Signature2020, "Ed25519"}, {proof.JsonWebSignature2020, "Ed25519"}, {proof.JsonWebSignature2020, "P-256"},
}

// A registry is the township whose framework lists the context of identities.
func newRegistry(t testing.TB, more ...string) *township {
	t.Helper()
	s := newTownship(t)
	s.library = altered(t, nobodys, listing(t, append([]string{peopleURI, peopleTerms}, more...)...)+towns)
	return s
}

// identityUnder is an identity of a model under the listed context.
func identityUnder(id string, model int, change func(doc, subject map[string]any)) map[string]any {
	return identityOf(id, func(doc, subject map[string]any) {
		doc["@context"] = []any{vc.ContextV1, peopleURI}
		modelled(doc, model)
		if change != nil {
			change(doc, subject)
		}
	})
}

// modelled gives a credential the dates and the context of a data model.
func modelled(doc map[string]any, model int) {
	if model == 2 {
		inModel(doc, vc.FormatVCJOSE)
	}
}

// attest signs under the contexts of a library, and returns what came out of JSON.
func attest(t testing.TB, l *verifier.Library, key *proof.Key, format string, doc map[string]any) map[string]any {
	t.Helper()
	c, err := (&proof.Signer{Key: key, Contexts: l.Context, At: at}).Credential(t.Context(), doc, format)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	m, err := vc.ParseJSON(raw)
	if err != nil {
		t.Fatal(err)
	}
	return m.(map[string]any)
}

// overStatements is Amina's mandate by the delegator, of a model, over statements.
func (s *township) overStatements(t testing.TB, format string, model int, contexts ...any) any {
	t.Helper()
	return attest(t, s.library, s.laila, format, s.credential(s.amina, func(d, _, p map[string]any) {
		p["id"] = s.laila.DID()
		base := d["trustFrameworkURI"].(string)
		d["type"] = []any{"VerifiableCredential", base + "#Proxy.G/" + strings.ReplaceAll(camp, " ", "%20") + "/1.0.0/ChildGuardian"}
		d["credentialSubject"].(map[string]any)["type"] = "ChildGuardianSubject"
		d["@context"] = append(append(d["@context"].([]any), base+"/1.0.0/context.jsonld"), contexts...)
		modelled(d, model)
	}))
}

// sentOver is a presentation over statements.
func (s *township) sentOver(t testing.TB, holder *proof.Key, credentials ...any) verifier.Submitted {
	t.Helper()
	p, err := (&proof.Signer{Key: holder, Contexts: s.library.Context, At: at}).Presentation(t.Context(), credentials, vc.FormatLD, proof.Expect{Nonce: nonce, Domain: domain})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return verifier.Submitted{MediaType: verifier.MediaLD, Raw: raw}
}

func keyOn(t testing.TB, curve string) *proof.Key {
	t.Helper()
	key, err := proof.GenerateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Over statements, too, a credential says who a delegator is: under every suite and
// both models, beside a mandate over text and one over statements.
func TestADelegatorIsIdentifiedOverStatements(t *testing.T) {
	t.Parallel()
	s := newRegistry(t)
	for _, c := range suites {
		for _, model := range []int{1, 2} {
			t.Run(c.format+" "+c.curve+" "+string(rune('0'+model)), func(t *testing.T) {
				t.Parallel()
				own := *s
				own.town = keyOn(t, c.curve)
				identity := attest(t, own.library, own.town, c.format, identityUnder(s.laila.DID(), model, func(_, subject map[string]any) {
					subject["home"], subject["name"] = "https://camp.example/tents/1", "Laila Saleh"
				}))
				text := own.decide(t, named(), own.show(t, s.amina, jwtForm, own.mandate(t, s.laila, jwtForm), identity))
				statements := own.decide(t, named(), own.sentOver(t, s.amina, own.overStatements(t, vc.FormatLD, model), identity))
				for _, a := range []*verifier.Answer{text, statements} {
					wantPermit(t, a)
					if len(a.Reasons) > 0 {
						t.Errorf("reasons of a permit: %+v", a.Reasons)
					}
				}
				wantDeny(t, own.decide(t, named(), own.sentOver(t, s.amina, own.overStatements(t, vc.FormatLD, model))), "proxied.insufficient")
			})
		}
	}
}

// forgedIdentities change an identity before it is signed, after it, or both.
var forgedIdentities = []struct {
	name, code string
	at         string // where, below the credential; empty: anywhere
	model      int    // 0: 1
	before     func(doc, subject map[string]any)
	after      func(doc, subject map[string]any)
}{
	{name: "another name", code: "proof.invalid", after: func(_, s map[string]any) { s["firstName"] = "Leila" }},
	{name: "a term for another", code: "proof.invalid", after: func(_, s map[string]any) { s["lastName"], s["firstName"] = s["firstName"], s["lastName"] }},
	{name: "a member that no context defines", code: "context.refused", after: func(_, s map[string]any) { s["role"] = "king" }},
	{name: "a member that nobody signed", code: "context.refused", before: func(_, s map[string]any) { delete(s, "firstName"); s["given"] = "Laila" },
		after: func(_, s map[string]any) { s["firstName"] = "Laila" }},
	{name: "a member of the subject at the top", code: "context.refused", after: func(d, s map[string]any) { d["firstName"] = s["firstName"]; delete(s, "firstName") }},
	{name: "a dotted member", code: "context.refused", after: func(d, _ map[string]any) { d["credentialSubject.firstName"] = "Laila" }},
	{name: "a member of proxies", code: "context.refused", after: func(d, _ map[string]any) { d["trustFrameworkURI"] = campURI }},
	{name: "provenance", code: "context.refused", after: func(d, _ map[string]any) { d["provenanceProofs"] = []any{} }},
	{name: "terms of use", code: "context.refused", after: func(d, _ map[string]any) { d["termsOfUse"] = map[string]any{"type": "https://x.example/terms"} }},
	{name: "a nested node", code: "context.refused", after: func(_, s map[string]any) { s["home"] = map[string]any{"id": "https://camp.example/tents/1"} }},
	{name: "a nested node that was signed", code: "context.refused", before: func(_, s map[string]any) {
		s["home"] = map[string]any{"id": "https://camp.example/tents/1", "firstName": "Laila"}
	}},
	{name: "a value that is typed", code: "context.refused", after: func(_, s map[string]any) {
		s["birthDate"] = map[string]any{"@value": "2018-05-21", "@type": "http://www.w3.org/2001/XMLSchema#date"}
	}},
	{name: "a text that is typed", code: "context.refused", after: func(_, s map[string]any) { s["firstName"] = map[string]any{"@value": "Laila"} }},
	{name: "a number as a typed text", code: "context.refused", after: func(_, s map[string]any) {
		s["height"] = map[string]any{"@value": "120", "@type": "http://www.w3.org/2001/XMLSchema#integer"}
	}},
	{name: "a number of a term of dates", code: "context.refused", at: "/credentialSubject/birthDate", before: func(_, s map[string]any) { s["birthDate"] = "2018" }, after: func(_, s map[string]any) { s["birthDate"] = 2018.0 }},
	{name: "a fraction", code: "context.refused", before: func(_, s map[string]any) { s["height"] = 120.5 }},
	{name: "a text in a language", code: "context.refused", after: func(_, s map[string]any) { s["firstName"] = map[string]any{"@value": "Laila", "@language": "ar"} }},
	{name: "null", code: "context.refused", after: func(_, s map[string]any) { s["number"] = nil }},
	{name: "an empty list", code: "context.refused", after: func(_, s map[string]any) { s["number"] = []any{} }},
	{name: "a list of one", code: "context.refused", after: func(_, s map[string]any) { s["firstName"] = []any{"Laila"} }},
	{name: "a list of one IRI", code: "context.refused", before: func(_, s map[string]any) { s["home"] = "https://x.example" }, after: func(_, s map[string]any) { s["home"] = []any{"https://x.example"} }},
	{name: "a value twice", code: "context.refused", after: func(_, s map[string]any) { s["firstName"] = []any{"Laila", "Laila"} }},
	{name: "a relative IRI", code: "context.refused", before: func(_, s map[string]any) { s["home"] = "https://x.example" }, after: func(_, s map[string]any) { s["home"] = "x" }},
	{name: "a blank node for an IRI", code: "context.refused", before: func(_, s map[string]any) { s["home"] = "https://x.example" }, after: func(_, s map[string]any) { s["home"] = "_:b0" }},
	{name: "a subject that is a blank node", code: "context.refused", before: func(_, s map[string]any) { delete(s, "id") }, after: func(_, s map[string]any) { s["id"] = "_:c14n0" }},
	{name: "a subject without id", code: "credential.malformed", before: func(_, s map[string]any) { delete(s, "id") }},
	{name: "a relative id", code: "context.refused", after: func(_, s map[string]any) { s["id"] = "laila" }},
	{name: "two subjects", code: "credential.malformed", after: func(d, s map[string]any) { d["credentialSubject"] = []any{s, map[string]any{"id": "did:example:x"}} }},
	{name: "two subjects that were signed", code: "credential.malformed", before: func(d, s map[string]any) {
		d["credentialSubject"] = []any{s, map[string]any{"id": "did:example:x", "number": "1"}}
	}},
	{name: "one subject in a list", code: "credential.malformed", after: func(d, s map[string]any) { d["credentialSubject"] = []any{s} }},
	{name: "a graph", code: "context.refused", after: func(d, _ map[string]any) { d["@graph"] = []any{} }},
	{name: "what is included", code: "context.refused", after: func(d, s map[string]any) {
		d["@included"] = []any{map[string]any{"id": s["id"], "number": "1"}}
	}},
	{name: "a member under its IRI", code: "context.refused", after: func(_, s map[string]any) { s[ownURI+"firstName"] = s["firstName"]; delete(s, "firstName") }},
	{name: "a member nested away", code: "context.refused", after: func(_, s map[string]any) {
		s["@nest"] = map[string]any{"firstName": s["firstName"]}
		delete(s, "firstName")
	}},
	{name: "a context in the subject", code: "context.refused", after: func(_, s map[string]any) { s["@context"] = map[string]any{"firstName": nil} }},
	{name: "a context that is an object", code: "context.refused", after: func(d, _ map[string]any) {
		d["@context"] = append(d["@context"].([]any), map[string]any{"number": ownURI + "firstName"})
	}},
	{name: "a vocabulary", code: "context.refused", after: func(d, _ map[string]any) {
		d["@context"] = append(d["@context"].([]any), map[string]any{"@vocab": ownURI})
	}},
	{name: "the context twice", code: "context.refused", after: func(d, _ map[string]any) { d["@context"] = append(d["@context"].([]any), peopleURI) }},
	{name: "the context first", code: "credential.malformed", after: func(d, _ map[string]any) { l := d["@context"].([]any); l[0], l[1] = l[1], l[0] }},
	{name: "a context that nobody lists", code: "context.refused", after: func(d, _ map[string]any) { d["@context"].([]any)[1] = "https://people.example/identity/v2" }},
	{name: "the framework's own context", code: "context.refused", after: func(d, _ map[string]any) {
		d["@context"] = append(d["@context"].([]any), campURI+"/1.0.0/context.jsonld")
	}},
	{name: "the reference to RFC 0103", code: "context.refused", after: func(d, _ map[string]any) { d["@context"] = append(d["@context"].([]any), vc.ProxyContext) }},
	{name: "no context", code: "context.refused", after: func(d, _ map[string]any) { d["@context"] = []any{vc.ContextV1} }},
	{name: "a type that no context defines", code: "context.refused", after: func(d, _ map[string]any) { d["type"] = append(d["type"].([]any), "King") }},
	{name: "a type under its IRI", code: "context.refused", after: func(d, _ map[string]any) { d["type"] = []any{"VerifiableCredential", ownURI + "IdentityCredential"} }},
	{name: "a subject of another type", code: "proof.invalid", after: func(_, s map[string]any) { s["type"] = "IdentityCredential" }},
	{name: "a subject that is a credential, too", code: "context.refused", before: func(_, s map[string]any) { s["type"] = "https://www.w3.org/2018/credentials#VerifiableCredential" }},
	{name: "a credential that is its own subject", code: "context.refused", before: func(d, s map[string]any) { d["id"] = s["id"] }},
	{name: "a date of the other model", code: "credential.malformed", after: func(d, _ map[string]any) { d["validUntil"] = "2099-01-01T00:00:00Z" }},
	{name: "a date of the other model, under 2.0", model: 2, code: "credential.malformed", after: func(d, _ map[string]any) { d["expirationDate"] = "2099-01-01T00:00:00Z" }},
	{name: "an issuer that is an object", code: "credential.malformed", after: func(d, _ map[string]any) { d["issuer"] = map[string]any{"id": d["issuer"]} }},
	{name: "a status that is not understood", code: "context.refused", after: func(d, _ map[string]any) { d["credentialStatus"] = map[string]any{"type": "RevocationList2020Status"} }},
	{name: "a name at the top", code: "context.refused", after: func(d, _ map[string]any) { d["name"] = "Identity" }},
}

// Each forgery is refused, whether the signature is kept or what was signed is odd.
func TestForgedIdentities(t *testing.T) {
	t.Parallel()
	s := newRegistry(t)
	mandate := s.mandate(t, s.laila, jwtForm)
	for _, c := range forgedIdentities {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			identity := attest(t, s.library, s.town, vc.FormatLD, identityUnder(s.laila.DID(), max(1, c.model), c.before))
			if c.after != nil {
				subject := identity["credentialSubject"].(map[string]any)
				c.after(identity, subject)
			}
			a := s.decide(t, named(), s.show(t, s.amina, jwtForm, mandate, identity))
			wantDeny(t, a, c.code)
			wantDeny(t, a, "proxied.insufficient")
			if !slices.ContainsFunc(a.Reasons, func(r policies.Reason) bool { return r.Code == c.code && strings.HasSuffix(r.Path, c.at) }) {
				t.Errorf("no reason at %s: %+v", c.at, a.Reasons)
			}
		})
	}
}

// What is signed can be written in some ways more.
func TestRespelledIdentities(t *testing.T) {
	t.Parallel()
	s := newRegistry(t)
	mandate := s.mandate(t, s.laila, jwtForm)
	for name, change := range map[string]func(d, s map[string]any){
		"types in another order":      func(d, _ map[string]any) { slices.Reverse(d["type"].([]any)) },
		"the suite's context earlier": func(d, _ map[string]any) { l := d["@context"].([]any); l[1], l[2] = l[2], l[1] },
		"the subject's type listed":   func(_, s map[string]any) { s["type"] = []any{s["type"]} },
		"numbers in another order":    func(_, s map[string]any) { slices.Reverse(s["training"].([]any)) },
	} {
		identity := attest(t, s.library, s.town, vc.FormatLD, identityUnder(s.laila.DID(), 1, func(_, subject map[string]any) {
			subject["training"] = []any{"first aid", 3.0, true}
		}))
		change(identity, identity["credentialSubject"].(map[string]any))
		if a := s.decide(t, named(), s.show(t, s.amina, jwtForm, mandate, identity)); a.Decision.Decision != "permit" {
			t.Errorf("%s: %+v", name, a.Reasons)
		}
	}
}

// By whom it must be, dates and status are asked as of any other.
func TestNoIdentityOverStatements(t *testing.T) {
	t.Parallel()
	s := newRegistry(t)
	mandate := s.mandate(t, s.laila, jwtForm)
	by := func(key *proof.Key, change func(d, s map[string]any)) map[string]any {
		return attest(t, s.library, key, vc.FormatLD, identityUnder(s.laila.DID(), 1, change))
	}
	broken := by(s.town, nil)
	broken["proof"].(map[string]any)["proofValue"] = by(s.town, func(_, s map[string]any) { s["firstName"] = "Leila" })["proof"].(map[string]any)["proofValue"]
	for name, c := range map[string]struct {
		code     string
		identity map[string]any
	}{
		"by a stranger":            {"issuer.refused", by(s.stranger, nil)},
		"by the delegator":         {"issuer.refused", by(s.laila, nil)},
		"by one for another":       {"issuer.unbound", by(s.town, nil)},
		"with another's signature": {"proof.invalid", broken},
		"expired":                  {"credential.expired", by(s.town, func(d, _ map[string]any) { d["expirationDate"] = "2026-11-20T10:00:00Z" })},
		"with another name":        {"proxied.mismatch", by(s.town, func(_, s map[string]any) { s["firstName"] = "Leila" })},
		"with two names":           {"proxied.mismatch", by(s.town, func(_, s map[string]any) { s["firstName"] = []any{"Laila", "Leila"} })},
		"with a status nowhere": {"status.unreachable", by(s.town, func(d, _ map[string]any) {
			d["@context"] = append(d["@context"].([]any), "https://w3id.org/vc/status-list/2021/v1")
			d["credentialStatus"] = map[string]any{
				"id": "https://x.example/1#4", "type": "StatusList2021Entry", "statusPurpose": "revocation", "statusListIndex": "4", "statusListCredential": "https://x.example/1",
			}
		})},
	} {
		if name == "by one for another" {
			c.identity["issuer"] = s.mallory.DID()
		}
		a := s.decide(t, named(), s.show(t, s.amina, jwtForm, mandate, c.identity))
		wantDeny(t, a, c.code)
		wantDeny(t, a, "proxied.insufficient")
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// A context means what the framework lists: nothing under another's listing, and
// what its digest says where two list others at one address.
func TestContextsAreAFrameworksOwn(t *testing.T) {
	t.Parallel()
	s := newRegistry(t)
	turned := strings.NewReplacer("terms#firstName", "terms#LAST", "terms#lastName", "terms#firstName").Replace(peopleTerms)
	turned = strings.Replace(turned, "terms#LAST", "terms#lastName", 1)
	identity := attest(t, s.library, s.town, vc.FormatLD, identityUnder(s.laila.DID(), 1, nil))
	sent := s.show(t, s.amina, jwtForm, s.mandate(t, s.laila, jwtForm), identity)
	over := s.sentOver(t, s.amina, s.overStatements(t, vc.FormatLD, 1), identity)
	wantPermit(t, s.decide(t, named(), sent))

	another := altered(t, nobodys, listing(t, peopleURI, turned)+towns)
	s.library = another
	wantDeny(t, s.decide(t, named(), sent), "proof.invalid")
	none := altered(t, nobodys, towns)
	s.library = none
	wantDeny(t, s.decide(t, named(), sent), "context.refused")
	car := replaced(t, nobodys, listing(t, peopleURI, peopleTerms)+nobodys)
	both, err := verifier.NewLibrary(append(none.All(), car.All()...)...)
	if err != nil {
		t.Fatal(err)
	}
	s.library = both
	wantDeny(t, s.decide(t, named(), sent), "context.refused")
	good := altered(t, nobodys, listing(t, peopleURI, peopleTerms)+towns)
	s.library, err = verifier.NewLibrary(append(good.All(), replaced(t, nobodys, listing(t, peopleURI, turned)+nobodys).All()...)...)
	if err != nil {
		t.Fatal(err)
	}
	wantPermit(t, s.decide(t, named(), sent))
	wantPermit(t, s.decide(t, named(), over))
	if _, ok := s.library.Context(peopleURI); ok {
		t.Error("a context that two frameworks list otherwise is one of the library")
	}
	if _, ok := good.Context(peopleURI); !ok {
		t.Error("a listed context is none of the library")
	}
}

// Over text a listed context may stand, too, and changes nothing.
func TestListedContextsOverText(t *testing.T) {
	t.Parallel()
	s := newRegistry(t)
	for _, format := range []string{vc.FormatVCJWT11, vc.FormatVCJOSE, vc.FormatJCS} {
		mandate := s.mandate(t, s.laila, format)
		under := func(context string) any {
			return signedBy(t, s.town, format, identityOf(s.laila.DID(), func(d, subject map[string]any) {
				d["@context"], subject["anything"] = []any{vc.ContextV1, context}, "else"
			}))
		}
		wantPermit(t, s.decide(t, named(), s.show(t, s.amina, format, mandate, under(peopleURI))))
		wantDeny(t, s.decide(t, named(), s.show(t, s.amina, format, mandate, under(peopleURI+"0"))), "context.refused")
	}
}

// A credential stands under several contexts, none of which gives a name or an IRI
// of another's.
func TestSeveralContexts(t *testing.T) {
	t.Parallel()
	const address, again, alias = "https://people.example/address/v1", "https://people.example/again/v1", "https://people.example/alias/v1"
	context := func(terms string) string { return `{"@context": {"@protected": true, ` + terms + `}}` }
	s := newRegistry(t, address, context(`"city": "`+ownURI+`city"`), again, context(`"firstName": "`+ownURI+`firstName"`), alias, context(`"given": "`+ownURI+`firstName"`))
	mandate := s.mandate(t, s.laila, jwtForm)
	decide := func(contexts []any, name string) *verifier.Answer {
		return s.decide(t, named(), s.show(t, s.amina, jwtForm, mandate, attest(t, s.library, s.town, vc.FormatLD, identityUnder(s.laila.DID(), 1, func(d, subject map[string]any) {
			if d["@context"], subject[name] = contexts, "N'Djamena"; name == "given" {
				delete(subject, "firstName")
			}
		}))))
	}
	wantPermit(t, decide([]any{vc.ContextV1, address, peopleURI}, "city"))
	wantDeny(t, decide([]any{vc.ContextV1, peopleURI}, "city"), "context.refused")
	wantDeny(t, decide([]any{vc.ContextV1, peopleURI, again}, "number"), "context.refused")
	wantDeny(t, decide([]any{vc.ContextV1, peopleURI, alias}, "given"), "context.refused")
}

// In a proxy credential listed contexts may stand after the framework's own, and
// give no member a place.
func TestListedContextsOfProxies(t *testing.T) {
	t.Parallel()
	s := newRegistry(t)
	q := named()
	q.Request.Proxied.ID = s.laila.DID()
	for _, model := range []int{1, 2} {
		wantPermit(t, s.decide(t, q, s.sentOver(t, s.amina, s.overStatements(t, vc.FormatLD, model, peopleURI))))
		wantDeny(t, s.decide(t, q, s.sentOver(t, s.amina, s.overStatements(t, vc.FormatLD, model, peopleURI, peopleURI))), "context.refused")
	}
	for name, change := range map[string]func(d, subject, holder, proxied map[string]any){
		"in the holder":      func(_, _, h, _ map[string]any) { h["height"] = 120.0 },
		"in the proxied":     func(_, _, _, p map[string]any) { p["height"] = 120.0 },
		"in the subject":     func(_, s, _, _ map[string]any) { s["height"] = 120.0 },
		"at the top":         func(d, _, _, _ map[string]any) { d["height"] = 120.0 },
		"as a type":          func(d, _, _, _ map[string]any) { d["type"] = append(d["type"].([]any), "IdentityCredential") },
		"as a holder's type": func(_, _, h, _ map[string]any) { h["type"] = "Person" },
	} {
		doc := s.overStatements(t, vc.FormatLD, 1, peopleURI).(map[string]any)
		delete(doc, "proof")
		subject := doc["credentialSubject"].(map[string]any)
		change(doc, subject, subject["holder"].(map[string]any), subject["proxied"].(map[string]any))
		wantDeny(t, s.decide(t, q, s.show(t, s.amina, jwtForm, attest(t, s.library, s.laila, vc.FormatLD, doc))), "context.refused")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	before := s.overStatements(t, vc.FormatLD, 1, peopleURI).(map[string]any)
	list := before["@context"].([]any)
	list[2], list[3] = list[3], list[2]
	wantDeny(t, s.decide(t, q, s.show(t, s.amina, jwtForm, before)), "context.refused")
}

// A title can be over statements, in mandates of every form, and be presented so.
func TestATitleOverStatements(t *testing.T) {
	t.Parallel()
	g := newMotorPool(t)
	g.library = relaxed(t, nobodys, listing(t, peopleURI, peopleTerms)+nobodys)
	title := func(by *proof.Key, format string, change func(d, s map[string]any)) any {
		return attest(t, g.library, by, format, titleOf(g.company, vin, func(d, s map[string]any) {
			d["@context"] = []any{vc.ContextV1, peopleURI}
			if change != nil {
				change(d, s)
			}
		}))
	}
	for _, form := range forms {
		for _, format := range []string{vc.FormatLD, proof.Ed25519Signature2018, proof.JsonWebSignature2020} {
			wantPermit(t, g.drive(t, g.show(t, g.office, form, g.mandate(t, g.company, form, owning(title(g.state, format, nil)), nil))))
		}
		wantDeny(t, g.drive(t, g.show(t, g.office, form, g.mandate(t, g.company, form, owning(title(g.thief, vc.FormatLD, nil)), nil))), "issuer.refused")
		forged := title(g.state, vc.FormatLD, func(_, s map[string]any) { s["vin"] = "1HGES26721L024786" }).(map[string]any)
		forged["credentialSubject"].(map[string]any)["vin"] = vin
		wantDeny(t, g.drive(t, g.show(t, g.office, form, g.mandate(t, g.company, form, owning(forged), nil))), "proof.invalid")
	}
	sent := title(g.state, vc.FormatLD, func(d, _ map[string]any) { d["id"] = "urn:title" })
	pair := referred("urn:title", statementsDigest(t, g.library, sent.(map[string]any)))
	pair[0].([]any)[0] = []any{"ownership"}
	c1 := g.mandate(t, g.company, jwtForm, pair, nil)
	wantPermit(t, g.drive(t, g.show(t, g.office, jwtForm, c1, sent)))
	g.library = relaxed(t)
	wantDeny(t, g.drive(t, g.show(t, g.office, jwtForm, c1, sent)), "context.refused")
}

// statementsDigest is the digest of a credential over statements.
func statementsDigest(t testing.TB, l *verifier.Library, c map[string]any) string {
	t.Helper()
	c = maps.Clone(c)
	delete(c, "proof")
	lines, err := (&proof.Verifier{Contexts: l.Context}).Statements(c)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(lines))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// What others say of a holder over statements counts alike.
func TestATrainingCountsOverStatements(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.library = altered(t, nobodys, listing(t, peopleURI, peopleTerms)+`
properties: [{name: training, issuers: [{by: registry, registry: towns}]}]`+nobodys)
	c := s.trained(t, jwtForm)
	of := func(said any) any {
		return attest(t, s.library, s.town, vc.FormatLD, map[string]any{
			"@context": []any{vc.ContextV1, peopleURI}, "type": []any{"VerifiableCredential"}, "issuanceDate": "2026-01-01T00:00:00Z",
			"credentialSubject": map[string]any{"id": s.amina.DID(), "training": said},
		})
	}
	wantPermit(t, s.decide(t, ask("routine-medical-care"), s.show(t, s.amina, jwtForm, c, of([]any{"first aid", "swimming"}))))
	wantDeny(t, s.decide(t, ask("routine-medical-care"), s.show(t, s.amina, jwtForm, c, of([]any{"sailing", "swimming"}))), "permission.ungranted")
}

// Of two versions of a name a credential counts for those that list what it is under.
func TestAnIdentityIsOfTheVersionsThatListIt(t *testing.T) {
	t.Parallel()
	s := newTownship(t)
	turned := strings.NewReplacer("terms#firstName", "terms#given").Replace(peopleTerms)
	older := altered(t, nobodys, listing(t, peopleURI, peopleTerms)+towns)
	for name, c := range map[string]struct {
		newer string
		want  string
	}{"lists the same": {listing(t, peopleURI, peopleTerms), "permit"}, "lists another": {listing(t, peopleURI, turned), "deny"}, "lists none": {"", "deny"}} {
		newer := altered(t, nobodys, c.newer+towns, "\nversion: 1.0.0", "\nversion: 1.1.0")
		all, err := verifier.NewLibrary(append(older.All(), newer.All()...)...)
		if err != nil {
			t.Fatal(err)
		}
		identity := attest(t, older, s.town, vc.FormatLD, identityUnder(s.laila.DID(), 1, nil))
		of := func(version string) any {
			return signedBy(t, s.laila, jwtForm, s.credential(s.amina, func(d, _, p map[string]any) {
				p["id"] = s.laila.DID()
				d["type"].([]any)[1] = "Proxy.G/" + camp + "/" + version + "/ChildGuardian"
			}))
		}
		s.library = all
		q := named()
		q.Request.Framework.Version = "1.1.0"
		newerOnly := s.decide(t, q, s.show(t, s.amina, jwtForm, of("1.1.0"), identity))
		bothNamed := s.decide(t, named(), s.show(t, s.amina, jwtForm, of("1.1.0"), of("1.0.0"), identity))
		if newerOnly.Decision.Decision != c.want || bothNamed.Decision.Decision != "permit" {
			t.Errorf("%s: got %s and %s\n%+v\n%+v", name, newerOnly.Decision.Decision, bothNamed.Decision.Decision, newerOnly.Reasons, bothNamed.Reasons)
		}
		if c.want == "deny" && bothNamed.Framework.Version != "1.0.0" {
			t.Errorf("%s: decided under %s", name, bothNamed.Framework.Version)
		}
	}
}

// A check of one credential, which grants nothing, knows what is listed.
func TestACheckOfAnIdentity(t *testing.T) {
	t.Parallel()
	s := newRegistry(t)
	s.verifier.Publish(map[string]*verifier.Library{clinic.Tenant: s.library})
	identity := attest(t, s.library, s.town, vc.FormatLD, identityUnder(s.laila.DID(), 1, nil))
	got, err := s.verifier.CheckCredential(t.Context(), clinic, identity)
	if err != nil || !got.Verified {
		t.Errorf("got %+v, %v", got, err)
	}
	odd := maps.Clone(identity)
	odd["@context"] = []any{vc.ContextV1, peopleURI + "0", odd["@context"].([]any)[2]}
	if got, err = s.verifier.CheckCredential(t.Context(), clinic, odd); err != nil || got.Verified {
		t.Errorf("under another context: %+v, %v", got, err)
	}
}

// So does what is said of a holder: the version that does not list the context hears
// nothing of it.
func TestATrainingIsOfTheVersionsThatListIt(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	const schools = "\nproperties: [{name: training, issuers: [{by: registry, registry: towns}]}]"
	older := altered(t, nobodys, listing(t, peopleURI, peopleTerms)+schools+nobodys)
	newer := altered(t, nobodys, schools+nobodys, "\nversion: 1.0.0", "\nversion: 1.1.0")
	var err error
	if s.library, err = verifier.NewLibrary(append(older.All(), newer.All()...)...); err != nil {
		t.Fatal(err)
	}
	training := attest(t, older, s.town, vc.FormatLD, map[string]any{
		"@context": []any{vc.ContextV1, peopleURI}, "type": []any{"VerifiableCredential"}, "issuanceDate": "2026-01-01T00:00:00Z",
		"credentialSubject": map[string]any{"id": s.amina.DID(), "training": []any{"first aid", "swimming"}},
	})
	of := func(version string) any {
		return signedBy(t, s.issuer, jwtForm, s.credential(s.amina, func(d, _, p map[string]any) {
			d["type"].([]any)[1] = "Proxy.G/" + camp + "/" + version + "/ChildGuardian"
			p["permissions"] = []any{map[string]any{"grant": []any{"routine-medical-care"}, "when": map[string]any{"training": []any{"first aid"}, "op": "contains"}}}
		}))
	}
	a := s.decide(t, ask("routine-medical-care"), s.show(t, s.amina, jwtForm, of("1.1.0"), of("1.0.0"), training))
	wantPermit(t, a)
	if a.Framework.Version != "1.0.0" {
		t.Errorf("decided under %s, which does not list the context", a.Framework.Version)
	}
}
