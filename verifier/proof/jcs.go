package proof

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"reflect"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// jcsPresentation checks a presentation with a proof over its JSON text,
// cheapest first.
func (v *Verifier) jcsPresentation(ctx context.Context, p *vc.Presentation, e Expect) (Presented, error) {
	proofs, r := readProofs(p.Doc, vc.PresentationMalformed, overText)
	if r != nil {
		return Presented{}, r
	}
	own, r := presentedBy(p, proofs, e)
	if r != nil {
		return Presented{}, r
	}
	if err := v.verifyAll(ctx, proofs, own, did.Authentication, overTextOf(p.Doc)); err != nil {
		return Presented{}, err
	}
	return own.presented(proofs), nil
}

// jcsCredential checks a credential with a proof over its JSON text, and reads
// it back from that text.
func (v *Verifier) jcsCredential(ctx context.Context, c *vc.Credential) (Issued, error) {
	issuer := vc.Issuer(c.Doc)
	if issuer == "" {
		return Issued{}, malformedAt("/issuer", "the credential names no issuer")
	}
	proofs, r := readProofs(c.Doc, vc.CredentialMalformed, overText)
	if r != nil {
		return Issued{}, r
	}
	own, r := v.issuedBy(issuer, proofs)
	if r != nil {
		return Issued{}, r
	}
	if err := v.verifyAll(ctx, proofs, own, did.Assertion, overTextOf(c.Doc)); err != nil {
		return Issued{}, err
	}
	text, err := own.text(without(c.Doc, "proof"))
	if err != nil {
		return Issued{}, err
	}
	doc, err := readText(text)
	if err != nil {
		return Issued{}, err
	}
	sum := sha256.Sum256([]byte(text))
	return own.issued(proofs, base64.RawURLEncoding.EncodeToString(sum[:]), doc), nil
}

// overTextOf returns what the signature of a document's proof covers ("Verify
// Proof" of eddsa-jcs-2022 and ecdsa-jcs-2019).
func overTextOf(doc map[string]any) func(*dataIntegrity) ([]byte, error) {
	return func(d *dataIntegrity) ([]byte, error) {
		text, err := d.text(d.withPrevious(doc))
		if err != nil {
			return nil, err
		}
		return coveredText(text, d.config, d.suite.hash)
	}
}

// text is the canonical text of a document under the contexts that the proof
// covers. The document is without its proofs, or has those that it follows.
func (d *dataIntegrity) text(doc map[string]any) (string, error) {
	doc, r := d.inContext(doc)
	if r != nil {
		return "", r
	}
	text, err := canonicalJSON(doc)
	if err != nil {
		return "", refuse(proofInvalid, "the document has no canonical text")
	}
	return text, nil
}

// inContext returns the document under the contexts that its proof covers: the
// proof's own, if it has any, with which those of the document begin. What the
// document adds to them is not signed.
func (d *dataIntegrity) inContext(doc map[string]any) (map[string]any, *vc.Refusal) {
	own, ok := d.config["@context"]
	if !ok {
		return doc, nil
	}
	begin, all := listOf(own), listOf(doc["@context"])
	if len(begin) == 0 || len(begin) > len(all) || !reflect.DeepEqual(begin, all[:len(begin)]) {
		return nil, refuse(proofInvalid, "the document's contexts do not begin with those of its proof")
	}
	doc = maps.Clone(doc)
	doc["@context"] = own
	return doc, nil
}

// coveredText is what a signature covers, of a document's canonical text and a
// proof's options ("Transformation", "Proof Configuration", "Hashing").
func coveredText(text string, config map[string]any, by crypto.Hash) (message []byte, err error) {
	options, err := canonicalJSON(config)
	if err != nil {
		return nil, err
	}
	for _, part := range []string{options, text} {
		h := by.New()
		write(h, part)
		message = h.Sum(message)
	}
	return message, nil
}

var errText = errors.New("the canonical text is no object")

// readText reads what was signed, so that nothing else is read: a minus zero
// has the canonical text of a zero.
func readText(text string) (map[string]any, error) {
	v, err := vc.ParseJSON([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("reading canonical text: %w", err)
	}
	doc, ok := v.(map[string]any)
	if !ok {
		return nil, errText
	}
	return doc, nil
}
