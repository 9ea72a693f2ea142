package proof

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"strings"
	"time"

	"github.com/mr-tron/base58"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// The one cryptosuite here (W3C "Data Integrity EdDSA Cryptosuites v1.0",
// "eddsa-rdfc-2022").
const suiteRDFC = "eddsa-rdfc-2022"

// A dataIntegrity is a Data Integrity proof as received.
type dataIntegrity struct {
	config    map[string]any // its members but proofValue
	method    string
	signature []byte
	created   time.Time // zero: not stated
	expires   time.Time // zero: never
}

// readProof reads the one proof of a document. malformed is the code for a
// member of another shape.
func readProof(doc map[string]any, malformed string) (*dataIntegrity, *vc.Refusal) {
	m, r := oneProof(doc, malformed)
	if r != nil {
		return nil, r
	}
	if m["type"] != "DataIntegrityProof" || m["cryptosuite"] != suiteRDFC {
		return nil, refuse(algorithmRefused, "proofs other than DataIntegrityProof with %s are not accepted", suiteRDFC)
	}
	d := &dataIntegrity{config: maps.Clone(m)}
	delete(d.config, "proofValue")
	if r := proofPlace().check(d.config, "/proof"); r != nil {
		if r.Code == vc.CredentialMalformed {
			r.Code = malformed
		}
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
		return nil, refuse(proofInvalid, "the proof names no key, or its value is no signature of 64 bytes in base58btc")
	}
	return d, nil
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
	if !ok || len(digits) > 100 {
		return nil
	}
	raw, err := base58.Decode(digits)
	if err != nil || len(raw) != ed25519.SignatureSize || base58.Encode(raw) != digits {
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
	if suiteOf(key) != suiteEd25519 {
		return nil, refuse(algorithmRefused, "the cryptosuite is not that of the key")
	}
	return key, nil
}

// signed are a document's statements and what a signature over them covers.
type signed struct {
	statements []statement
	lines      []string // canonical N-Quads
	message    []byte   // hash of the proof's options, hash of the document
}

// covered canonicalises a document without its proof, and the proof's options
// with the document's context ("Transformation", "Proof Configuration",
// "Hashing" of eddsa-rdfc-2022).
func (v *Verifier) covered(doc, config map[string]any) (*signed, error) {
	doc, config = maps.Clone(doc), maps.Clone(config)
	delete(doc, "proof")
	config["@context"] = doc["@context"]
	options, err := v.canonical(config)
	if err != nil {
		return nil, err
	}
	s, err := v.canonical(doc)
	if err != nil {
		return nil, err
	}
	if _, err := options.heldAgainst(proofPlace(), sec+"DataIntegrityProof", config); err != nil {
		return nil, err
	}
	s.message = append(options.hash(), s.hash()...)
	return s, nil
}

// Statements returns what a document says as canonical N-Quads (RDFC-1.0), with
// its proof where it has one. Its @context must be a list of local URLs. That
// statements can be made says nothing of their being signed.
func (v *Verifier) Statements(doc map[string]any) (string, error) {
	s, err := v.canonical(doc)
	if err != nil {
		return "", err
	}
	return strings.Join(s.lines, ""), nil
}

// canonical returns the statements of a document in canonical form (RDFC-1.0).
func (v *Verifier) canonical(doc map[string]any) (*signed, error) {
	statements, err := v.dataset(doc)
	if err != nil {
		return nil, err
	}
	lines, err := canonicalize(statements)
	if err != nil {
		return nil, err
	}
	return &signed{statements: statements, lines: lines}, nil
}

func (s *signed) hash() []byte {
	h := sha256.New()
	for _, line := range s.lines {
		write(h, line)
	}
	return h.Sum(nil)
}

func (s *signed) digest() string { return base64.RawURLEncoding.EncodeToString(s.hash()) }

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
