package proof

import (
	"crypto"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/piprate/json-gold/ld"

	"github.com/procura-dev/procura/verifier/vc"
)

// A forgery changes a signed credential. Most keep every signed statement, and
// show a reader of members something else.
type forgery struct {
	name  string
	model int
	keeps bool             // the statements, as a JSON-LD processor makes them
	sign  func(d document) // before signing; nil: as it stands
	forge func(d document) // after it
	want  string           // the code; "": accepted, and read as it was signed
}

// A document gives the tests short ways into a credential.
type document map[string]any

func (d document) subject() document { return d["credentialSubject"].(map[string]any) }
func (d document) holder() document  { return d.subject()["holder"].(map[string]any) }
func (d document) proxied() document { return d.subject()["proxied"].(map[string]any) }
func (d document) proof() document   { return d["proof"].(map[string]any) }

// move takes members away and returns them.
func (d document) move(names ...string) map[string]any {
	out := map[string]any{}
	for _, n := range names {
		out[n] = d[n]
		delete(d, n)
	}
	return out
}

// wrap replaces a member by what a function makes of it.
func (d document) wrap(name string, f func(any) any) { d[name] = f(d[name]) }

func value(v any) any    { return map[string]any{"@value": v} }
func listed(v any) any   { return []any{v} }
func reversed(v any) any { l := slices.Clone(v.([]any)); slices.Reverse(l); return l }
func typedAs(t string) func(any) any {
	return func(v any) any {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return map[string]any{"@value": strings.Trim(string(text), `"`), "@type": t}
	}
}

// rename spells a member in another way.
func (d document) rename(from, to string) { d[to] = d[from]; delete(d, from) }

func addContext(c any) func(document) {
	return func(d document) { d["@context"] = append(d["@context"].([]any), c) }
}

func statuses(d document) {
	entry := func(index, purpose string) map[string]any {
		return map[string]any{"type": "StatusList2021Entry", "statusPurpose": purpose,
			"statusListIndex": index, "statusListCredential": "https://status.example/" + purpose}
	}
	addContext(contextStatus2021)(d)
	d["credentialStatus"] = []any{entry("4", "revocation"), entry("9", "suspension")}
}

func sameIDs(d document) {
	statuses(d)
	for _, e := range d["credentialStatus"].([]any) {
		e.(map[string]any)["id"] = "https://status.example/entry"
	}
}

// bareModel leaves out what only VCDM 2.0 has.
func bareModel(d document) { d.move("name", "description") }

var forgeries = []forgery{
	// Order and lists of one: the same thing said.
	{name: "roles in another order", keeps: true, forge: func(d document) { d.holder().wrap("role", reversed) }},
	{name: "types in another order", keeps: true, forge: func(d document) { d.wrap("type", reversed) }},
	{name: "values in another order", keeps: true, forge: func(d document) { d.holder().wrap("languages", reversed) }},
	{name: "suite's context elsewhere", keeps: true, forge: func(d document) {
		d["@context"] = []any{vc.ContextV1, contextDataIntegrity, vc.ProxyContext, campContext}
	}},
	{name: "one role in a list", keeps: true, sign: func(d document) { d.holder()["role"] = "parent" },
		forge: func(d document) { d.holder().wrap("role", listed) }},
	{name: "holder's type in a list", keeps: true, forge: func(d document) { d.holder().wrap("type", listed) }},
	{name: "status entries in another order", keeps: true, sign: statuses, forge: func(d document) { d.wrap("credentialStatus", reversed) }},
	{name: "proof in a list", keeps: true, forge: func(d document) { d.wrap("proof", listed) }},
	{name: "reference to RFC 0103 in another spelling", keeps: true, forge: func(d document) {
		d["@context"].([]any)[1] = "https://github.com/hyperledger/aries-rfcs/concepts/0103-indirect-identity-control"
	}},

	// Contexts.
	{name: "framework's context before the RFC's", keeps: true, want: contextRefused, forge: func(d document) {
		d["@context"] = []any{vc.ContextV1, campContext, vc.ProxyContext, contextDataIntegrity}
	}},
	{name: "a context twice", want: contextRefused, forge: addContext(campContext)},
	{name: "the RFC's context twice, in two spellings", keeps: true, want: contextRefused, forge: addContext(
		"https://github.com/hyperledger/aries-rfcs/concepts/0103-indirect-identity-control")},
	{name: "an empty context object", keeps: true, want: contextRefused, forge: addContext(map[string]any{})},
	{name: "a prefix", keeps: true, want: contextRefused, forge: addContext(map[string]any{"camp": campURI + "#"})},
	{name: "a vocabulary for what is undefined", keeps: true, want: contextRefused, forge: addContext(map[string]any{"@vocab": "urn:x#"})},
	{name: "a context that is not local", want: contextRefused, forge: addContext("https://attacker.example/context")},
	{name: "the VC context of both models", want: contextRefused, forge: addContext(vc.ContextV2)},
	{name: "a context inside holder", keeps: true, want: contextRefused, forge: func(d document) {
		d.holder()["@context"] = map[string]any{"rank": "urn:x:rank"}
	}},
	{name: "a context inside holder that hides roles", want: contextRefused, forge: func(d document) {
		d.holder()["@context"] = map[string]any{"role": nil}
	}},
	{name: "no context of the framework", want: contextRefused, forge: func(d document) {
		d["@context"] = []any{vc.ContextV1, vc.ProxyContext, contextDataIntegrity}
	}},
	{name: "contexts in a list within the list", want: contextRefused, forge: func(d document) {
		d["@context"] = []any{vc.ContextV1, vc.ProxyContext, []any{campContext, contextDataIntegrity}}
	}},

	// Other ways to write a value.
	{name: "number as value object", keeps: true, want: contextRefused, forge: func(d document) { d.holder().wrap("level", value) }},
	{name: "number as typed text", keeps: true, want: contextRefused, forge: func(d document) { d.holder().wrap("level", typedAs(xsdInteger)) }},
	{name: "boolean as typed text", keeps: true, want: contextRefused, forge: func(d document) { d.holder().wrap("vetted", typedAs(xsdBoolean)) }},
	{name: "text as value object", keeps: true, want: contextRefused, forge: func(d document) { d.holder().wrap("name", value) }},
	{name: "text as typed value", keeps: true, want: contextRefused, forge: func(d document) { d.holder().wrap("name", typedAs(xsdString)) }},
	{name: "text as set", keeps: true, want: contextRefused, forge: func(d document) {
		d.holder().wrap("name", func(v any) any { return map[string]any{"@set": []any{v}} })
	}},
	{name: "a number in a list of one", keeps: true, want: contextRefused, forge: func(d document) { d.holder().wrap("level", listed) }},
	{name: "text in a list of one", keeps: true, want: contextRefused, forge: func(d document) { d.proxied().wrap("name", listed) }},
	{name: "a value twice", keeps: true, want: contextRefused, forge: func(d document) {
		d.holder()["languages"] = []any{"ar", "en", "so", "ar"}
	}},
	{name: "a list within a list", keeps: true, want: contextRefused, forge: func(d document) {
		d.holder()["languages"] = []any{"ar", []any{"en", "so"}}
	}},
	{name: "null among values", keeps: true, want: contextRefused, forge: func(d document) {
		d.holder()["languages"] = []any{"ar", nil, "en", "so"}
	}},
	{name: "date as typed value", keeps: true, want: vc.CredentialMalformed, forge: func(d document) {
		d.wrap("expirationDate", typedAs(xsdDateTime))
	}},
	{name: "IRI as object", keeps: true, want: vc.CredentialMalformed, forge: func(d document) {
		d.holder().wrap("rationaleURI", func(v any) any { return map[string]any{"id": v} })
	}},
	{name: "IRI in a list", keeps: true, want: vc.CredentialMalformed, forge: func(d document) { d.holder().wrap("rationaleURI", listed) }},
	{name: "issuer as object", keeps: true, want: vc.CredentialMalformed, forge: func(d document) {
		d.wrap("issuer", func(v any) any { return map[string]any{"id": v, "title": "Ministry"} })
	}},
	{name: "issuer in a list", keeps: true, want: vc.CredentialMalformed, forge: func(d document) { d.wrap("issuer", listed) }},
	{name: "auditURI in a list", keeps: true, want: vc.CredentialMalformed, forge: func(d document) { d.wrap("auditURI", listed) }},
	{name: "holder's type as IRI", keeps: true, want: contextRefused, forge: func(d document) { d.holder()["type"] = campURI + "#Guardian" }},
	{name: "subject's type as IRI", want: contextRefused, forge: func(d document) {
		d.subject()["type"] = campURI + "#ChildGuardianSubject"
	}},
	{name: "minus zero", keeps: true, want: contextRefused, sign: func(d document) { d.holder()["level"] = 0.0 },
		forge: func(d document) { d.holder()["level"] = json.Number("-0") }},

	// Hidden by what JSON-LD drops.
	{name: "null member", keeps: true, want: contextRefused, forge: func(d document) { d.proxied()["photo"] = nil }},
	{name: "empty list", keeps: true, want: contextRefused, forge: func(d document) { d.proxied()["photo"] = []any{} }},
	{name: "undefined member at the top", keeps: true, want: contextRefused, forge: func(d document) { d["permissions"] = []any{"all"} }},
	{name: "undefined member of the subject", keeps: true, want: contextRefused, forge: func(d document) { d.subject()["role"] = "king" }},
	{name: "member of the holder in proxied", keeps: true, want: contextRefused, forge: func(d document) { d.proxied()["role"] = "king" }},
	{name: "undefined member of the holder", keeps: true, want: contextRefused, forge: func(d document) { d.holder()["rank"] = "king" }},
	{name: "dotted role at the top", keeps: true, want: contextRefused, forge: func(d document) { d["credentialSubject.holder.role"] = "king" }},
	{name: "dotted role in the subject", keeps: true, want: contextRefused, forge: func(d document) { d.subject()["holder.role"] = "king" }},
	{name: "dotted member of constraints", keeps: true, want: contextRefused, forge: func(d document) { d.holder()["constraints.endTime"] = "2099-01-01" }},
	{name: "constraint for constraints", keeps: true, want: contextRefused, forge: func(d document) { d.holder()["constraint"] = map[string]any{} }},
	{name: "trustFramework", keeps: true, want: contextRefused, forge: func(d document) { d["trustFramework"] = campURI }},
	{name: "authorization, unsigned", keeps: true, want: contextRefused, forge: func(d document) { d["authorization"] = "x" }},
	{name: "issuanceDate under 2.0", model: 2, keeps: true, want: vc.CredentialMalformed, forge: func(d document) { d["issuanceDate"] = "2020-01-01T00:00:00Z" }},
	{name: "validUntil under 1.1", keeps: true, want: vc.CredentialMalformed,
		sign:  func(d document) { d["validUntil"] = "2099-01-01T00:00:00Z" },
		forge: func(document) {}},
	// json-gold signs it as a relative IRI, jsonld.js drops it.
	{name: "bare proxy type beside the signed one", want: vc.TypeUncovered, forge: func(d document) {
		d["type"] = append(d["type"].([]any), "Proxy.D/Other/1.0/King")
	}},
	{name: "undefined type", want: contextRefused, forge: func(d document) { d["type"] = append(d["type"].([]any), "King") }},

	// Keywords and other names for members.
	{name: "@type for type", keeps: true, want: contextRefused, forge: func(d document) { d.holder().rename("type", "@type") }},
	{name: "@id for id", keeps: true, want: contextRefused, forge: func(d document) { d.holder().rename("id", "@id") }},
	{name: "@id of the credential", keeps: true, want: contextRefused, forge: func(d document) { d.rename("id", "@id") }},
	{name: "IRI for role", keeps: true, want: contextRefused, forge: func(d document) { d.holder().rename("role", campURI+"#holder-role") }},
	{name: "a role by name and one by IRI", keeps: true, want: contextRefused, forge: func(d document) {
		d.holder()["role"], d.holder()[campURI+"#holder-role"] = "parent", "teacher"
	}},
	{name: "constraints hidden under their IRI", keeps: true, want: contextRefused, forge: func(d document) {
		d.holder().wrap("constraints", func(v any) any { return map[string]any{"@type": "@json", "@value": v} })
		d.holder().rename("constraints", campURI+"#holder-constraints")
	}},
	{name: "compact IRI for issuer", keeps: true, want: contextRefused, forge: func(d document) {
		d.wrap("issuer", func(v any) any { return map[string]any{"id": v} })
		d.rename("issuer", "cred:issuer")
	}},
	{name: "compact IRI for expirationDate", keeps: true, want: contextRefused, forge: func(d document) {
		d.wrap("expirationDate", typedAs(xsdDateTime))
		d.rename("expirationDate", "cred:expirationDate")
	}},
	{name: "compact IRI as id", keeps: true, want: contextRefused,
		sign:  func(d document) { d["id"] = sec + "guardianship" },
		forge: func(d document) { d["id"] = "sec:guardianship" }},
	{name: "index", keeps: true, want: contextRefused, forge: func(d document) { d.holder()["@index"] = "parent" }},
	{name: "constraints nested away", keeps: true, want: contextRefused, forge: func(d document) {
		h := d.holder()
		h["@nest"] = h.move("constraints")
	}},
	{name: "roles nested in a list", keeps: true, want: contextRefused, forge: func(d document) {
		h := d.holder()
		h["@nest"] = []any{map[string]any{"role": "parent"}, map[string]any{"role": "teacher"}}
		h.move("role")
	}},
	{name: "expiry included elsewhere", keeps: true, want: contextRefused, forge: func(d document) {
		expires := d.move("expirationDate")
		expires["id"], expires["type"] = d["id"], "VerifiableCredential"
		d["@included"] = []any{expires}
	}},
	{name: "in a graph", keeps: true, want: vc.CredentialMalformed, forge: func(d document) {
		inner := maps.Clone(map[string]any(d))
		delete(inner, "@context")
		delete(inner, "proof")
		for k := range inner {
			delete(d, k)
		}
		d["@graph"] = []any{inner}
	}},
	{name: "subject by @reverse", keeps: true, want: contextRefused, forge: func(d document) {
		s := d.subject()
		delete(d, "credentialSubject")
		s["@reverse"] = map[string]any{cred + "credentialSubject": map[string]any{"@id": d["id"]}}
		d["@included"] = []any{map[string]any(s)}
	}},

	// Nodes split, doubled, named.
	{name: "holder in two halves", keeps: true, want: vc.CredentialMalformed, forge: func(d document) {
		rest := d.holder().move("constraints", "rationaleURI")
		rest["id"] = d.holder()["id"]
		d.subject()["holder"] = []any{map[string]any(d.holder()), rest}
	}},
	{name: "subject in an array", keeps: true, want: vc.CredentialMalformed, forge: func(d document) { d.wrap("credentialSubject", listed) }},
	{name: "holder in an array", keeps: true, want: vc.CredentialMalformed, forge: func(d document) { d.subject().wrap("holder", listed) }},
	{name: "proxied only named", want: vc.CredentialMalformed, forge: func(d document) { d.subject()["proxied"] = "urn:x:mia" }},
	{name: "blank id for the subject", keeps: true, want: contextRefused, forge: func(d document) { d.subject()["id"] = "_:subject" }},
	{name: "blank id for proxied", keeps: true, want: contextRefused, forge: func(d document) { d.proxied()["id"] = "_:mia" }},
	{name: "relative id", want: contextRefused, forge: func(d document) { d.proxied()["id"] = "mia" }},
	{name: "relative id, signed", want: contextRefused, sign: nil, forge: func(d document) { d["id"] = "#it" }},
	{name: "empty id", want: vc.CredentialMalformed, forge: func(d document) { d.proxied()["id"] = 5.0 }},
	{name: "holder within holder", keeps: true, want: contextRefused, forge: func(d document) {
		d.holder()["holder"] = map[string]any{"role": "king"}
	}},
	{name: "holder at the top", want: contextRefused, forge: func(d document) { d["holder"] = d.holder()["id"] }},
	{name: "status entries of one id", keeps: true, want: contextRefused, sign: sameIDs, forge: func(document) {}},
	{name: "status indexes swapped between entries of one id", keeps: true, want: contextRefused, sign: sameIDs, forge: func(d document) {
		l := d["credentialStatus"].([]any)
		a, b := document(l[0].(map[string]any)), document(l[1].(map[string]any))
		a["statusListIndex"], b["statusListIndex"] = b["statusListIndex"], a["statusListIndex"]
	}},
	{name: "status entry twice", keeps: true, want: contextRefused,
		sign: func(d document) {
			statuses(d)
			for _, e := range d["credentialStatus"].([]any) {
				e.(map[string]any)["id"] = "https://status.example/" + e.(map[string]any)["statusListIndex"].(string)
			}
		},
		forge: func(d document) {
			l := d["credentialStatus"].([]any)
			d["credentialStatus"] = append(l, l[0])
		}},
	{name: "status with two lists", keeps: true, want: vc.CredentialMalformed,
		sign: func(d document) {
			statuses(d)
			e := document(d["credentialStatus"].([]any)[0].(map[string]any))
			e["statusListIndex"] = []any{"4", "5"}
		}, forge: func(document) {}},

	// The model is not signed.
	{name: "2.0 read as 1.1", model: 2, keeps: true, want: vc.CredentialMalformed, sign: bareModel, forge: func(d document) {
		d["@context"] = []any{vc.ContextV1, vc.ProxyContext, campContext, contextDataIntegrity}
	}},
	{name: "1.1 read as 2.0", want: vc.CredentialMalformed, forge: func(d document) {
		d["@context"] = []any{vc.ContextV2, vc.ProxyContext, campContext}
	}},

	// The proof's own members.
	{name: "unknown member of the proof", keeps: true, want: contextRefused, forge: func(d document) { d.proof()["role"] = "king" }},
	{name: "context in the proof", keeps: true, want: contextRefused, forge: func(d document) { d.proof()["@context"] = d["@context"] }},
	{name: "expires in a list", keeps: true, want: vc.CredentialMalformed,
		forge: func(d document) { d.proof()["expires"] = []any{"2026-11-30T00:00:00Z"} }},
	{name: "created as value object", keeps: true, want: vc.CredentialMalformed, forge: func(d document) { d.proof().wrap("created", typedAs(xsdDateTime)) }},
	{name: "purpose as IRI", keeps: true, want: contextRefused, forge: func(d document) { d.proof()["proofPurpose"] = sec + "assertionMethod" }},
	{name: "method as object", keeps: true, want: vc.CredentialMalformed, forge: func(d document) {
		d.proof().wrap("verificationMethod", func(v any) any { return map[string]any{"id": v} })
	}},
	{name: "previous proof", keeps: true, want: proofInvalid, forge: func(d document) { d.proof()["previousProof"] = "urn:x:y" }},
	{name: "blank id of the proof", keeps: true, want: contextRefused, forge: func(d document) { d.proof()["id"] = "_:p" }},
}

func TestForgeries(t *testing.T) {
	t.Parallel()
	b, kept := newLDBench(t), 0
	for _, f := range forgeries {
		if f.keeps {
			kept++
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			b.forge(t, f)
		})
	}
	if kept < 40 {
		t.Errorf("%d forgeries keep the statements, want 40", kept)
	}
}

func (b *ldBench) forge(t *testing.T, f forgery) {
	t.Helper()
	doc := b.credential(max(f.model, 1))
	if f.sign != nil {
		f.sign(doc)
	}
	made, err := b.issuer.Credential(t.Context(), doc, vc.FormatLD)
	refusedAtOnce := err != nil // we do not sign what we would refuse; others do
	if refusedAtOnce {
		made = b.signedByOthers(t, doc)
	}
	original := clone(t, made.(map[string]any))
	forged := clone(t, original)
	f.forge(forged)
	if a, b := b.statements(t, original), b.statements(t, forged); f.keeps != (a == b) {
		t.Errorf("keeps the statements: %v; before\n%s\nafter\n%s", a == b, a, b)
	}
	b.readsBack(t, max(f.model, 1), original, forged)
	got, err := b.check(t, forged)
	if code := refusalCode(err); code != f.want {
		t.Fatalf("got %q (%v), want %q", code, err, f.want)
	}
	if err != nil {
		return
	}
	want, err := b.check(t, original)
	if err != nil {
		t.Fatal(err)
	}
	if !credentialPlace(max(f.model, 1), campTerms).same(unproved(got.Doc), unproved(want.Doc)) || got.Digest != want.Digest {
		t.Errorf("read as %v, signed was %v", got.Doc, want.Doc)
	}
}

// readsBack holds rule 4 alone, without the closed shape: what canonicalises
// and is read back at all is what was signed.
func (b *ldBench) readsBack(t *testing.T, model int, original, forged map[string]any) {
	t.Helper()
	place := credentialPlace(model, campTerms)
	read := func(doc map[string]any) (map[string]any, error) {
		s, err := b.verifier.canonical(unproofed(doc), crypto.SHA256)
		if err != nil {
			return nil, err
		}
		return s.heldAgainst(place, cred+"VerifiableCredential", doc)
	}
	got, err := read(forged)
	if err != nil {
		return
	}
	if s, err := b.verifier.canonical(unproofed(original), crypto.SHA256); err != nil || !slices.Equal(s.lines, b.lines(t, forged)) {
		return // another document: its signature does not hold
	}
	if want, err := read(original); err == nil && !place.same(want, got) {
		t.Errorf("reading back alone takes %v for %v", got, want)
	}
}

func (b *ldBench) lines(t *testing.T, doc map[string]any) []string {
	t.Helper()
	s, err := b.verifier.canonical(unproofed(doc), crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return s.lines
}

// signedByOthers signs statements without asking whether they are read back.
func (b *ldBench) signedByOthers(t *testing.T, doc map[string]any) map[string]any {
	t.Helper()
	out := withSuite(vc.FormatLD, doc)
	proof, err := b.issuer.proofOf(vc.FormatLD, out, map[string]any{"proofPurpose": "assertionMethod"})
	if err != nil {
		t.Fatal(err)
	}
	out["proof"] = proof
	return out
}

// statements are those that a processor makes which knows all of JSON-LD, and
// drops what it does not know.
func (b *ldBench) statements(t *testing.T, doc map[string]any) string {
	t.Helper()
	doc = clone(t, doc)
	delete(doc, "proof")
	opts := jsonLD()
	opts.DocumentLoader = localLoader{b.verifier}
	opts.Format = "application/n-quads"
	opts.Algorithm = ld.AlgorithmURDNA2015
	out, err := ld.NewJsonLdProcessor().Normalize(doc, opts)
	if err != nil {
		return "error: " + err.Error()
	}
	return out.(string)
}

type localLoader struct{ v *Verifier }

func (l localLoader) LoadDocument(url string) (*ld.RemoteDocument, error) {
	sources, _, err := l.v.load([]string{url})
	if err != nil {
		return nil, err
	}
	context, err := sources[0].context()
	return &ld.RemoteDocument{DocumentURL: url, Document: map[string]any{"@context": context}}, err
}
