package proof_test

import (
	"testing"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// terms is a context of a framework's, for members that the W3C's does not define.
const terms = `{"@context": {"Permit": "https://example.org/Permit", "level": "https://example.org/level", "holder": {"@id": "https://example.org/holder", "@type": "@id"},
	"givenName": "https://example.org/givenName", "familyName": "https://example.org/familyName", "address": {"@id": "https://example.org/address"}, "city": "https://example.org/city"}}`

func TestFrame(t *testing.T) {
	t.Parallel()
	v := &proof.Verifier{Contexts: func(url string) ([]byte, bool) { return []byte(terms), url == "https://example.org/terms" }}
	const contexts = `"@context": ["https://www.w3.org/ns/credentials/v2", "https://example.org/terms"]`
	const doc = `{` + contexts + `, "id": "urn:example:permit", "type": ["VerifiableCredential", "Permit"], "issuer": "did:example:issuer", "validFrom": "2026-01-01T00:00:00Z",
		"credentialSubject": {"id": "did:example:ann", "givenName": "Ann", "familyName": "Lee", "level": 3, "address": {"city": "Bern"}},
		"proof": {"type": "DataIntegrityProof", "proofValue": "z"}}`
	for name, test := range map[string]struct {
		frame       string
		fits, whole bool
	}{
		"by type":               {`"type": "Permit"`, true, true},
		"by both types":         {`"type": ["VerifiableCredential", "Permit"]`, true, true},
		"by another type":       {`"type": "https://example.org/Passport"`, false, false},
		"of its subject":        {`"givenName": {}`, false, false},
		"by id":                 {`"id": "urn:example:permit"`, true, true},
		"by another id":         {`"id": "urn:example:other"`, false, false},
		"by what it has":        {`"type": ["Permit", "VerifiableCredential"], "credentialSubject": {"givenName": {}}`, true, true},
		"by what it has not":    {`"type": ["Permit", "VerifiableCredential"], "credentialSubject": {"city": {}}`, false, false},
		"at the top":            {`"type": ["Permit", "VerifiableCredential"], "credentialStatus": {}`, false, false},
		"by value":              {`"type": ["Permit", "VerifiableCredential"], "credentialSubject": {"givenName": "Ann"}`, true, true},
		"by another value":      {`"type": ["Permit", "VerifiableCredential"], "credentialSubject": {"givenName": "Bob"}`, false, false},
		"a part":                {`"type": ["Permit", "VerifiableCredential"], "@explicit": true, "issuer": {}`, true, false},
		"a part of the subject": {`"type": ["Permit", "VerifiableCredential"], "credentialSubject": {"@explicit": true, "givenName": {}}`, true, false},
		"all, one by one":       {`"type": ["Permit", "VerifiableCredential"], "@explicit": true, "issuer": {}, "validFrom": {}, "credentialSubject": {"@explicit": true, "givenName": {}, "familyName": {}, "level": {}, "address": {}}`, true, true},
		"without requireAll":    {`"type": ["Permit", "VerifiableCredential"], "@requireAll": false, "credentialStatus": {}`, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fits, whole, err := v.Frame(read(t, doc), read(t, `{`+contexts+`, `+test.frame+`}`))
			if err != nil || fits != test.fits || whole != test.whole {
				t.Errorf("fits %v, whole %v, %v; want %v and %v", fits, whole, err, test.fits, test.whole)
			}
		})
	}
	said := read(t, doc)
	said["nickname"] = "which no context defines: no frame has it"
	if fits, whole, err := v.Frame(said, read(t, `{`+contexts+`, "type": "Permit"}`)); !fits || whole || err != nil {
		t.Errorf("a member that is in no statement: fits %v, whole %v, %v", fits, whole, err)
	}
	for name, frame := range map[string]string{
		"of no context":       `{"type": "Permit"}`,
		"of a strange one":    `{"@context": ["https://example.org/strange"], "type": "Permit"}`,
		"of one inside":       `{"@context": [{"Permit": "https://example.org/Permit"}], "type": "Permit"}`,
		"that defaults":       `{` + contexts + `, "type": "VerifiableCredential", "credentialStatus": {"@default": "none"}}`,
		"that omits":          `{` + contexts + `, "type": "VerifiableCredential", "credentialStatus": {"@omitDefault": true}}`,
		"that reverses":       `{` + contexts + `, "type": "VerifiableCredential", "@reverse": {"issuer": {}}}`,
		"of a scoped member":  `{` + contexts + `, "type": "Permit", "credentialSubject": {"givenName": {}}}`,
		"of an unknown one":   `{` + contexts + `, "type": "VerifiableCredential", "nickname": {}}`,
		"of a wrong embed":    `{` + contexts + `, "type": "Permit", "@embed": "@sometimes"}`,
		"of a wrong explicit": `{` + contexts + `, "type": "Permit", "@explicit": {"a": 1}}`,
	} {
		if fits, whole, err := v.Frame(read(t, doc), read(t, frame)); err == nil && (fits || whole) {
			t.Errorf("%s: fits %v, whole %v", name, fits, whole)
		}
	}
}

func read(t *testing.T, text string) map[string]any {
	t.Helper()
	v, err := vc.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}

func FuzzFrame(f *testing.F) {
	f.Add([]byte(`{"@context": ["https://www.w3.org/ns/credentials/v2"], "type": "VerifiableCredential", "@explicit": true, "credentialSubject": {"@default": [{}], "@embed": "@always"}}`))
	f.Add([]byte(`{"@context": ["https://www.w3.org/ns/credentials/v2"], "@requireAll": false, "id": [], "issuer": {"@type": []}}`))
	doc := []byte(`{"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"], "issuer": "did:example:issuer", "credentialSubject": {"id": "did:example:ann", "name": "Ann"}}`)
	v := &proof.Verifier{}
	f.Fuzz(func(t *testing.T, raw []byte) {
		frame, err := vc.ParseJSON(raw)
		m, ok := frame.(map[string]any)
		if err != nil || !ok {
			return
		}
		tree, err := vc.ParseJSON(doc)
		if err != nil {
			t.Fatal(err)
		}
		if fits, whole, err := v.Frame(tree.(map[string]any), m); whole && !fits || err != nil && fits {
			t.Errorf("fits %v, whole %v, %v", fits, whole, err)
		}
	})
}
