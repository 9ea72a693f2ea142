package proof

import (
	"crypto"
	"maps"
	"slices"

	"github.com/procura-dev/procura/verifier/vc"
)

// The cryptosuites (W3C "Data Integrity EdDSA Cryptosuites v1.0", "Data
// Integrity ECDSA Cryptosuites v1.0"), by what they cover: the document's
// statements, or its JSON text. The key says which of them, and which hash.
var (
	overStatements = []string{suiteEd25519.rdfc, suiteP256.rdfc}
	overText       = []string{suiteEd25519.jcs, suiteP256.jcs}
)

// The types of a proof over statements that name no cryptosuite, each a format
// to sign in too: "Ed25519Signature2020" of W3C "Data Integrity EdDSA
// Cryptosuites v1.0"; CCG "Ed25519 Signature 2018"; W3C "JSON Web Signatures
// for Data Integrity Proofs" of 2023.
const (
	Ed25519Signature2020 = "Ed25519Signature2020"
	Ed25519Signature2018 = "Ed25519Signature2018"
	JsonWebSignature2020 = "JsonWebSignature2020"
)

const dataIntegrityProof = "DataIntegrityProof"

// An olderType is a type of proof without a cryptosuite.
type olderType struct {
	context string   // of the suite
	inV1    bool     // the VC context of 1.1 defines it too, and bears no second definition
	member  string   // that holds the signature: proofValue, or jws (detached.go)
	suites  []*suite // whose keys make it
}

var olderTypes = map[string]*olderType{
	Ed25519Signature2020: {contextEd25519of2020, false, "proofValue", []*suite{suiteEd25519}},
	Ed25519Signature2018: {contextEd25519of2018, true, "jws", []*suite{suiteEd25519}},
	JsonWebSignature2020: {contextJWS2020, false, "jws", suites},
}

// Cryptosuites names what proofs inside a document may be made with, as W3C
// VCALM does ("Query By Example", acceptedCryptosuites).
func Cryptosuites() []string { return append(slices.Concat(overStatements, overText), OlderTypes()...) }

// OlderTypes are those types, by name.
func OlderTypes() []string { return slices.Sorted(maps.Keys(olderTypes)) }

// CoversStatements reports a format to sign in whose proof is over statements:
// what JSON-LD drops it does not cover.
func CoversStatements(format string) bool { return format == vc.FormatLD || olderTypes[format] != nil }

// older returns what a proof's type stands for; nil for a cryptosuite's, or for
// none.
func older(config map[string]any) *olderType {
	kind, _ := config["type"].(string)
	return olderTypes[kind]
}

// accepted reports a proof that names one of the cryptosuites, or a type that
// belongs beside them.
func accepted(proof map[string]any, suites []string) bool {
	name, named := proof["cryptosuite"]
	if proof["type"] == dataIntegrityProof {
		return slices.ContainsFunc(suites, func(s string) bool { return s == name })
	}
	return older(proof) != nil && !named && slices.Equal(suites, overStatements)
}

// makes reports whether keys of a suite make proofs of the type and cryptosuite.
func (s *suite) makes(config map[string]any) bool {
	if o := older(config); o != nil {
		return slices.Contains(o.suites, s)
	}
	name, _ := config["cryptosuite"].(string)
	return s != nil && name != "" && (name == s.rdfc || name == s.jcs)
}

// signatureMember is the member of a proof that holds its signature.
func signatureMember(config map[string]any) string {
	if o := older(config); o != nil {
		return o.member
	}
	return "proofValue"
}

// hashOf is the hash of what a proof's signature covers. The JWS of an older
// type hashes once more, by the algorithm of its key.
func hashOf(config map[string]any, s *suite) crypto.Hash {
	if older(config) != nil {
		return crypto.SHA256
	}
	return s.hash
}
