package proof

import (
	"context"
	"crypto"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mr-tron/base58"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// The cryptosuites (W3C "Data Integrity EdDSA Cryptosuites v1.0", "Data
// Integrity ECDSA Cryptosuites v1.0"), by what they cover: the document's
// statements, or its JSON text. The key says which of them, and which hash.
var (
	overStatements = []string{suiteEd25519.rdfc, suiteP256.rdfc}
	overText       = []string{suiteEd25519.jcs, suiteP256.jcs}
)

// Ed25519Signature2020 is the type of a proof over statements that names no
// cryptosuite (W3C "Data Integrity EdDSA Cryptosuites v1.0",
// "Ed25519Signature2020"), and a format to sign in.
const Ed25519Signature2020 = "Ed25519Signature2020"

// Cryptosuites names what proofs inside a document may be made with, as W3C
// VCALM does ("Query By Example", acceptedCryptosuites).
func Cryptosuites() []string {
	return slices.Concat(overStatements, overText, []string{Ed25519Signature2020})
}

const dataIntegrityProof = "DataIntegrityProof"

// A dataIntegrity is a Data Integrity proof as received, or one of its older
// types.
type dataIntegrity struct {
	config    map[string]any // its members but proofValue
	method    string
	signature []byte
	suite     *suite    // of the key, once it is found
	created   time.Time // zero: not stated
	expires   time.Time // zero: never
}

// readProof reads the one proof of a document, of one of the cryptosuites given.
// malformed is the code for a member of another shape.
func readProof(doc map[string]any, malformed string, suites []string) (*dataIntegrity, *vc.Refusal) {
	m, r := oneProof(doc, malformed)
	if r != nil {
		return nil, r
	}
	if !accepted(m, suites) {
		return nil, refuse(algorithmRefused, "a proof of this type or cryptosuite is not accepted here")
	}
	d := &dataIntegrity{config: maps.Clone(m)}
	delete(d.config, "proofValue")
	if r := checkOptions(d.config, malformed); r != nil {
		return nil, r
	}
	d.method, _ = m["verificationMethod"].(string)
	d.signature = proofValue(m["proofValue"])
	for name, to := range map[string]*time.Time{"created": &d.created, "expires": &d.expires} {
		if text, ok := m[name].(string); ok {
			at, ok := vc.Instant(text)
			if !ok {
				return nil, &vc.Refusal{Code: malformed, Message: name + " is no date-time with a zone", Path: "/proof/" + name}
			}
			*to = at.UTC()
		}
	}
	if d.method == "" || d.signature == nil {
		return nil, refuse(proofInvalid, "the proof names no key, or its value is no signature in base58btc")
	}
	return d, nil
}

// accepted reports a proof that names one of the cryptosuites, or a type that
// belongs beside them.
func accepted(proof map[string]any, suites []string) bool {
	name, named := proof["cryptosuite"]
	switch proof["type"] {
	case dataIntegrityProof:
		return slices.ContainsFunc(suites, func(s string) bool { return s == name })
	case Ed25519Signature2020:
		return !named && slices.Equal(suites, overStatements)
	}
	return false
}

// checkOptions holds a proof's members to their shapes. One that is not known
// could be a condition.
func checkOptions(config map[string]any, malformed string) *vc.Refusal {
	stranger := contextRefused
	if name, _ := config["cryptosuite"].(string); slices.Contains(overText, name) {
		stranger = proofInvalid
		config = maps.Clone(config)
		delete(config, "@context") // see inContext
	}
	r := proofPlace(config).check(config, "/proof")
	switch {
	case r == nil:
	case r.Code == vc.CredentialMalformed:
		r.Code = malformed
	case r.Code == contextRefused:
		r.Code = stranger
	}
	return r
}

func oneProof(doc map[string]any, malformed string) (map[string]any, *vc.Refusal) {
	v, ok := doc["proof"]
	if !ok {
		return nil, refuse(proofMissing, "there is no proof")
	}
	if list, ok := v.([]any); ok {
		switch len(list) {
		case 0:
			return nil, refuse(proofMissing, "there is no proof")
		case 1:
			v = list[0]
		default:
			return nil, refuse(proofInvalid, "there are several proofs: sets and chains of proofs are not read")
		}
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, &vc.Refusal{Code: malformed, Message: "the proof is no object", Path: "/proof"}
	}
	return m, nil
}

// proofValue reads multibase base58btc; one signature has one spelling.
func proofValue(v any) []byte {
	text, _ := v.(string)
	digits, ok := strings.CutPrefix(text, "z")
	if !ok || len(digits) > 150 {
		return nil
	}
	raw, err := base58.Decode(digits)
	if err != nil || len(raw) == 0 || base58.Encode(raw) != digits {
		return nil
	}
	return raw
}

// key finds the proof's key, which must be the party's, for the purpose.
func (v *Verifier) proofKey(ctx context.Context, d *dataIntegrity, party, unbound string, purpose did.Purpose) (*did.Key, error) {
	if d.config["proofPurpose"] != string(purpose) {
		return nil, refuse("proof.purpose", "the proof was not made for %s", string(purpose))
	}
	if party != "" && did.Controller(d.method) != party {
		return nil, refuse(unbound, "the key that signed is not that of the party named")
	}
	key, err := v.resolve(ctx, d.method, purpose)
	if err != nil {
		return nil, err
	}
	d.suite = suiteOf(key)
	if !d.suite.makes(d.config) {
		return nil, refuse(algorithmRefused, "the cryptosuite is not that of the key")
	}
	return key, nil
}

// makes reports whether keys of a suite make proofs of the type and cryptosuite.
func (s *suite) makes(config map[string]any) bool {
	if config["type"] == Ed25519Signature2020 {
		return s == suiteEd25519
	}
	name := config["cryptosuite"]
	return s != nil && (name == s.rdfc || name == s.jcs)
}

// timely checks the instants of a credential's proof.
func (d *dataIntegrity) timely(now time.Time) *vc.Refusal {
	switch {
	case !d.expires.IsZero() && !now.Before(d.expires):
		return refuse(proofExpired, "the credential's proof has expired")
	case d.created.After(now.Add(clockSkew)):
		return refuse("credential.not_yet_valid", "the credential's signature is of the future")
	}
	return nil
}

// answers checks that a proof was made over the challenge and for its domain,
// and has not expired.
func (d *dataIntegrity) answers(e Expect) *vc.Refusal {
	switch {
	case e.Nonce == "" || d.config["challenge"] != e.Nonce:
		return refuse(nonceMismatch, "the presentation is not over the nonce of this challenge")
	case e.Domain == "" || d.config["domain"] != e.Domain:
		return refuse(domainMismatch, "the presentation is not for the domain of this challenge alone")
	case !d.expires.IsZero() && !e.Now.Before(d.expires):
		return refuse(proofExpired, "the presentation's proof has expired")
	}
	return nil
}

// signed are a document's statements and what a signature over them covers.
type signed struct {
	statements []statement
	lines      []string // canonical N-Quads
	message    []byte   // hash of the proof's options, hash of the document
}

// covered canonicalises a document without its proof, and the proof's options
// with the document's context ("Transformation", "Proof Configuration",
// "Hashing" of eddsa-rdfc-2022 and ecdsa-rdfc-2019).
func (v *Verifier) covered(doc, config map[string]any, s *suite) (*signed, error) {
	kind, _ := config["type"].(string)
	doc, config = maps.Clone(doc), maps.Clone(config)
	delete(doc, "proof")
	config["@context"] = doc["@context"]
	options, err := v.canonical(config, s.hash)
	if err != nil {
		return nil, err
	}
	out, err := v.canonical(doc, s.hash)
	if err != nil {
		return nil, err
	}
	if _, err := options.heldAgainst(proofPlace(config), sec+kind, config); err != nil {
		return nil, err
	}
	out.message = append(options.hash(s.hash), out.hash(s.hash)...)
	return out, nil
}

// Statements returns what a document says as canonical N-Quads (RDFC-1.0), with
// its proof where it has one. Its @context must be a list of local URLs. That
// statements can be made says nothing of their being signed.
func (v *Verifier) Statements(doc map[string]any) (string, error) {
	s, err := v.canonical(doc, crypto.SHA256)
	if err != nil {
		return "", err
	}
	return strings.Join(s.lines, ""), nil
}

// canonical returns the statements of a document in canonical form (RDFC-1.0).
func (v *Verifier) canonical(doc map[string]any, by crypto.Hash) (*signed, error) {
	statements, err := v.dataset(doc)
	if err != nil {
		return nil, err
	}
	lines, err := canonicalize(statements, by)
	if err != nil {
		return nil, err
	}
	return &signed{statements: statements, lines: lines}, nil
}

func (s *signed) hash(by crypto.Hash) []byte {
	h := by.New()
	for _, line := range s.lines {
		write(h, line)
	}
	return h.Sum(nil)
}

func (s *signed) digest() string { return base64.RawURLEncoding.EncodeToString(s.hash(crypto.SHA256)) }

// heldAgainst reads the statements back, and holds the document as received
// against them.
func (s *signed) heldAgainst(p *place, rootType string, doc map[string]any) (map[string]any, error) {
	tree, err := readBack(p, rootType, s.statements)
	if err != nil {
		return nil, err
	}
	received := maps.Clone(doc)
	delete(received, "@context")
	delete(received, "proof")
	if !p.same(received, tree) {
		return nil, errReadback
	}
	return tree, nil
}
