package proof

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mr-tron/base58"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// vectors are W3C's of "Data Integrity EdDSA Cryptosuites v1.0" and "Data
// Integrity ECDSA Cryptosuites v1.0".
const (
	conformance = "../../../shared/conformance"
	vectors     = conformance + "/data-integrity"
)

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

// The folders of vectors, with the ends of their files' names.
var vectorFolders = []struct{ folder, end, keys string }{
	{"eddsa/eddsa-rdfc-2022", "DataInt", "eddsa/keyPair.json"},
	{"eddsa/eddsa-rdfc-2022/employ", "DataInt", "eddsa/keyPair.json"},
	{"eddsa/eddsa-jcs-2022", "JCS", "eddsa/keyPair.json"},
	{"eddsa/Ed25519Signature2020", "EdSig", "eddsa/keyPair.json"},
	{"ecdsa/ecdsa-rdfc-2019-p256", "ECDSAP256", "ecdsa/p256KeyPair.json"},
	{"ecdsa/ecdsa-rdfc-2019-p256/employ", "ECDSAP256", "ecdsa/p256KeyPair.json"},
	{"ecdsa/ecdsa-rdfc-2019-p384", "ECDSAP384", "ecdsa/p384KeyPair.json"},
	{"ecdsa/ecdsa-rdfc-2019-p384/employ", "ECDSAP384", "ecdsa/p384KeyPair.json"},
	{"ecdsa/ecdsa-jcs-2019-p256", "JCSECDSAP256", "ecdsa/p256KeyPair.json"},
	{"ecdsa/ecdsa-jcs-2019-p384", "JCSECDSAP384", "ecdsa/p384KeyPair.json"},
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectorFolders {
		t.Run(v.folder, func(t *testing.T) {
			t.Parallel()
			needsVectors(t)
			vector(t, v.folder, v.end, v.keys)
		})
	}
}

// needsVectors skips where the folder of all published vectors is not there. One
// that is there and lacks a file is a failure.
func needsVectors(t *testing.T) {
	t.Helper()
	_, err := os.Stat(conformance)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("SKIPPED, NOT TESTED: %s is not here", conformance)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func readVector(t *testing.T, path ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(append([]string{vectors}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func vector(t *testing.T, folder, end, keys string) {
	t.Helper()
	parsed, err := vc.ParseJSON([]byte(readVector(t, folder, "signed"+end+".json")))
	if err != nil {
		t.Fatal(err)
	}
	doc := parsed.(map[string]any)
	suites := overStatements
	if vc.ParseCredential(doc).Format == vc.FormatJCS {
		suites = overText
	}
	proofs, refusal := readProofs(doc, vc.CredentialMalformed, suites)
	if refusal != nil {
		t.Fatal(refusal)
	}
	v, d := &Verifier{Contexts: exampleContexts}, proofs[0]
	if err := v.findKey(t.Context(), d, did.Assertion); err != nil {
		t.Fatal(err)
	}
	canonical, message := vectorText(t, v, doc, d)
	if want := readVector(t, folder, "canonDoc"+end+".txt"); canonical != want {
		t.Errorf("canonical document:\n%s\nwant\n%s", canonical, want)
	}
	if got, want := hex.EncodeToString(message), strings.TrimSpace(readVector(t, folder, "combinedHash"+end+".txt")); got != want {
		t.Errorf("combined hash %s, want %s", got, want)
	}
	if got, want := hex.EncodeToString(d.signature), strings.TrimSpace(readVector(t, folder, "sigHex"+end+".txt")); got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
	if !d.holds(message, nil) {
		t.Error("the vector's signature does not hold")
	}
	signer := vectorKey(t, keys)
	if signer.ID != d.key.ID {
		t.Fatalf("the vector is signed by %s, and the pair is of %s", d.key.ID, signer.ID)
	}
	if again, err := d.suite.sign(signer.private, message); err != nil || !bytes.Equal(again, d.signature) {
		t.Errorf("signed again: %x, %v", again, err)
	}
}

func vectorText(t *testing.T, v *Verifier, doc map[string]any, d *dataIntegrity) (canonical string, message []byte) {
	t.Helper()
	var err error
	if d.config["cryptosuite"] == d.suite.jcs {
		if canonical, err = d.text(without(doc, "proof")); err == nil {
			message, err = overTextOf(doc)(d)
		}
	} else if c := v.covers(doc); err == nil {
		if message, err = c.message(d); err == nil {
			canonical = strings.Join(c.by[hashOf(d.config, d.suite)].lines, "")
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return canonical, message
}

// vectorKey reads a pair of Multikeys.
func vectorKey(t *testing.T, path string) *Key {
	t.Helper()
	var pair struct{ PrivateKeyMultibase, SecretKeyMultibase string }
	if err := json.Unmarshal([]byte(readVector(t, path)), &pair); err != nil {
		t.Fatal(err)
	}
	raw, err := base58.Decode((pair.PrivateKeyMultibase + pair.SecretKeyMultibase)[1:])
	if err != nil {
		t.Fatal(err)
	}
	var private crypto.Signer = ed25519.NewKeyFromSeed(raw[2:34])
	if curve := map[byte]elliptic.Curve{0x86: elliptic.P256(), 0x87: elliptic.P384()}[raw[0]]; curve != nil {
		if private, err = ecdsa.ParseRawPrivateKey(curve, raw[2:]); err != nil {
			t.Fatal(err)
		}
	}
	key, err := newKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
