package proof

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mr-tron/base58"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// A dataIntegrity is a Data Integrity proof as received, or one of its older
// types.
type dataIntegrity struct {
	received map[string]any // the proof, whole
	config   map[string]any // its members but that of the signature
	path     string         // JSON Pointer below the document: /proof, /proof/1
	method   string

	signature []byte
	jws       *detached // of older types that have one; nil: none

	created  time.Time        // zero: not stated
	expires  time.Time        // zero: never
	previous []*dataIntegrity // the proofs that it covers besides the document

	key   *did.Key // once it is found
	suite *suite   // of the key
}

// maxProofs bounds the proofs of a document.
const maxProofs = 8

// readProofs reads the proofs of a document, each of one of the cryptosuites
// given. malformed is the code for a member of another shape.
func readProofs(doc map[string]any, malformed string, suites []string) ([]*dataIntegrity, *vc.Refusal) {
	v, ok := doc["proof"]
	list, several := v.([]any)
	switch {
	case !ok, several && len(list) == 0:
		return nil, refuse(proofMissing, "there is no proof")
	case len(list) > maxProofs:
		return nil, refuse(proofInvalid, "there are more than %d proofs", maxProofs)
	}
	var out []*dataIntegrity
	for i, v := range listOf(v) {
		path := "/proof"
		if several {
			path += "/" + strconv.Itoa(i)
		}
		d, r := readProof(v, path, malformed, suites)
		if r != nil {
			return nil, r
		}
		out = append(out, d)
	}
	return out, link(out)
}

// readProof reads one proof.
func readProof(v any, path, malformed string, suites []string) (*dataIntegrity, *vc.Refusal) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, &vc.Refusal{Code: malformed, Message: "the proof is no object", Path: path}
	}
	if !accepted(m, suites) {
		return nil, refuse(algorithmRefused, "a proof of this type or cryptosuite is not accepted here")
	}
	d := &dataIntegrity{received: m, config: maps.Clone(m), path: path}
	delete(d.config, signatureMember(m))
	if r := d.checkOptions(malformed); r != nil {
		return nil, r
	}
	d.method, _ = m["verificationMethod"].(string)
	if r := d.readDates(malformed); r != nil {
		return nil, r
	}
	if d.readSignature(); d.method == "" || d.signature == nil {
		return nil, refuse(proofInvalid, "the proof names no key, or its value is no signature as its type has it")
	}
	return d, nil
}

// readDates reads the instants. Older types with a JWS must say when they were
// made (CCG "Linked Data Proofs", "Proof").
func (d *dataIntegrity) readDates(malformed string) *vc.Refusal {
	for name, to := range map[string]*time.Time{"created": &d.created, "expires": &d.expires} {
		text, ok := d.config[name].(string)
		if !ok {
			continue
		}
		at, ok := vc.Instant(text)
		if !ok {
			return &vc.Refusal{Code: malformed, Message: name + " is no date-time with a zone", Path: d.path + "/" + name}
		}
		*to = at.UTC()
	}
	if d.created.IsZero() && signatureMember(d.config) == "jws" {
		return &vc.Refusal{Code: malformed, Message: "the proof does not say when it was made", Path: d.path + "/created"}
	}
	return nil
}

func (d *dataIntegrity) readSignature() {
	if signatureMember(d.config) == "proofValue" {
		d.signature = proofValue(d.received["proofValue"])
		return
	}
	if jws, ok := readDetached(d.received["jws"]); ok {
		d.signature, d.jws = jws.signature, &jws
	}
}

// checkOptions holds a proof's members to their shapes. One that is not known
// could be a condition.
func (d *dataIntegrity) checkOptions(malformed string) *vc.Refusal {
	stranger, config := contextRefused, d.config
	if name, _ := config["cryptosuite"].(string); slices.Contains(overText, name) {
		stranger = proofInvalid
		config = maps.Clone(config)
		delete(config, "@context") // see inContext
	}
	r := proofPlace(config).check(config, d.path)
	switch {
	case r == nil:
	case r.Code == vc.CredentialMalformed:
		r.Code = malformed
	case r.Code == contextRefused:
		r.Code = stranger
	}
	return r
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

// holds reports whether a proof's signature is one over the message, or is
// remembered to be.
func (d *dataIntegrity) holds(message []byte, memory *Signatures) bool {
	if d.jws != nil {
		message = d.jws.over(message)
	}
	return memory.held(d.key, d.suite, message, d.signature)
}
