package proof

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// vectors are W3C's of "Data Integrity EdDSA Cryptosuites v1.0".
const vectors = "../../../shared/conformance/data-integrity/eddsa/eddsa-rdfc-2022"

// exampleContexts are what the vectors' documents need of two contexts that
// do not ship with the program.
func exampleContexts(url string) ([]byte, bool) {
	switch url {
	case "https://www.w3.org/ns/credentials/examples/v2":
		return []byte(`{"@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}}`), true
	case "https://w3id.org/citizenship/v4rc1":
		return []byte(citizenship), true
	}
	return nil, false
}

const citizenship = `{"@context": {"@protected": true, "@vocab": "https://w3id.org/citizenship#",
	"Person": {"@id": "https://schema.org/Person", "@context": {"@protected": true,
		"additionalName": "https://schema.org/additionalName",
		"birthCountry": "https://w3id.org/citizenship#birthCountry",
		"birthDate": {"@id": "https://schema.org/birthDate", "@type": "http://www.w3.org/2001/XMLSchema#dateTime"},
		"familyName": "https://schema.org/familyName",
		"gender": "https://schema.org/gender",
		"givenName": "https://schema.org/givenName",
		"image": {"@id": "https://schema.org/image", "@type": "@id"},
		"residentSince": {"@id": "https://w3id.org/citizenship#residentSince", "@type": "http://www.w3.org/2001/XMLSchema#dateTime"}}},
	"image": {"@id": "https://schema.org/image", "@type": "@id"},
	"identifier": "https://schema.org/identifier"}}`

func TestVectors(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(vectors); err != nil {
		t.Skip("the published vectors of eddsa-rdfc-2022 are not here")
	}
	for _, folder := range []string{"", "employ"} {
		t.Run(filepath.Join("eddsa-rdfc-2022", folder), func(t *testing.T) {
			t.Parallel()
			vector(t, filepath.Join(vectors, folder))
		})
	}
}

func vector(t *testing.T, folder string) {
	t.Helper()
	read := func(name string) string {
		raw, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	var doc map[string]any
	if err := json.Unmarshal([]byte(read("signedDataInt.json")), &doc); err != nil {
		t.Fatal(err)
	}
	d, refusal := readProof(doc, vc.CredentialMalformed)
	if refusal != nil {
		t.Fatal(refusal)
	}
	v := &Verifier{Contexts: exampleContexts}
	key, err := v.proofKey(t.Context(), d, "", issuerUnbound, did.Assertion)
	if err != nil {
		t.Fatal(err)
	}
	s, err := v.covered(doc, d.config)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(s.lines, ""), read("canonDocDataInt.txt"); got != want {
		t.Errorf("canonical document:\n%s\nwant\n%s", got, want)
	}
	if got, want := hex.EncodeToString(s.message), strings.TrimSpace(read("combinedHashDataInt.txt")); got != want {
		t.Errorf("combined hash %s, want %s", got, want)
	}
	if got, want := hex.EncodeToString(d.signature), strings.TrimSpace(read("sigHexDataInt.txt")); got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
	if !verifyEd25519(key.Public, s.message, d.signature) {
		t.Error("the vector's signature does not hold")
	}
}
