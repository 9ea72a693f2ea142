package proof

import (
	"testing"

	"github.com/procura-dev/procura/verifier/vc"
)

// A credential of no framework holds if all of it is signed and can be read in
// one way. Each forgery keeps the signature, or adds what no signature covers.
func TestGeneral(t *testing.T) {
	t.Parallel()
	const own, examples = "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33", "https://www.w3.org/ns/credentials/examples/v2"
	b := newLDBench(t)
	b.verifier.Contexts = exampleContexts
	b.issuer.Contexts = exampleContexts
	alumni := func(contexts ...any) map[string]any {
		subject := map[string]any{"id": "did:example:a"}
		if len(contexts) > 0 {
			subject["about"] = map[string]any{"id": own}
		}
		return map[string]any{
			"@context": append([]any{vc.ContextV2}, contexts...),
			"id":       own, "type": []any{"VerifiableCredential"}, "issuer": b.issuer.Key.DID(),
			"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2026-12-01T00:00:00Z", "name": "Alumni",
			"credentialSubject": subject,
		}
	}
	subject := func(doc map[string]any) map[string]any { return doc["credentialSubject"].(map[string]any) }
	for name, test := range map[string]struct {
		contexts []any
		change   func(doc map[string]any)
		want     string
	}{
		"as it is":           {nil, func(map[string]any) {}, ""},
		"with a vocabulary":  {[]any{examples}, func(map[string]any) {}, ""},
		"another value":      {nil, func(d map[string]any) { d["name"] = "Other" }, proofInvalid},
		"not defined":        {nil, func(d map[string]any) { d["extra"] = "x" }, contextRefused},
		"not defined, below": {nil, func(d map[string]any) { subject(d)["extra"] = "x" }, contextRefused},
		"null":               {nil, func(d map[string]any) { d["description"] = nil }, contextRefused},
		"another's context":  {nil, func(d map[string]any) { d["@context"] = []any{vc.ContextV2, "https://evil.example/v1"} }, contextRefused},
		"a context below": {nil, func(d map[string]any) {
			subject(d)["@context"] = map[string]any{}
		}, contextRefused},
		"a date under its IRI": {nil, func(d map[string]any) {
			d[cred+"validUntil"] = map[string]any{"@type": "http://www.w3.org/2001/XMLSchema#dateTime", "@value": d["validUntil"]}
			delete(d, "validUntil")
		}, contextRefused},
		"a date in a second place": {[]any{examples}, func(d map[string]any) {
			subject(d)["about"] = map[string]any{"id": own, "type": "VerifiableCredential", "validUntil": d["validUntil"]}
			delete(d, "validUntil")
		}, contextRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := b.issuer.addProof(vc.FormatLD, alumni(test.contexts...), map[string]any{"proofPurpose": "assertionMethod"})
			if err != nil {
				t.Fatal(err)
			}
			test.change(doc)
			got, err := b.verifier.General(t.Context(), vc.ParseCredential(doc), Terms{})
			if code := refusalCode(err); code != test.want || code == "" && got.Issuer != b.issuer.Key.DID() {
				t.Errorf("%+v, %v, want %q", got, err, test.want)
			}
		})
	}
}
