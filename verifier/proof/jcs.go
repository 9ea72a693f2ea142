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
	d, r := readProof(p.Doc, vc.PresentationMalformed, overText)
	if r != nil {
		return Presented{}, r
	}
	if r := d.answers(e); r != nil {
		return Presented{}, r
	}
	key, err := v.proofKey(ctx, d, p.Holder, holderUnbound, did.Authentication)
	if err != nil {
		return Presented{}, err
	}
	if _, err := d.text(p.Doc, key); err != nil {
		return Presented{}, err
	}
	return Presented{Holder: key.Controller, Key: key.Thumbprint(), SignedAt: d.created, ExpiresAt: d.expires}, nil
}

// jcsCredential checks a credential with a proof over its JSON text, and reads
// it back from that text.
func (v *Verifier) jcsCredential(ctx context.Context, c *vc.Credential) (Issued, error) {
	issuer := vc.Issuer(c.Doc)
	if issuer == "" {
		return Issued{}, malformedAt("/issuer", "the credential names no issuer")
	}
	d, r := readProof(c.Doc, vc.CredentialMalformed, overText)
	if r != nil {
		return Issued{}, r
	}
	if r := d.timely(v.now()); r != nil {
		return Issued{}, r
	}
	key, err := v.proofKey(ctx, d, issuer, issuerUnbound, did.Assertion)
	if err != nil {
		return Issued{}, err
	}
	text, err := d.text(c.Doc, key)
	if err != nil {
		return Issued{}, err
	}
	doc, err := readText(text)
	if err != nil {
		return Issued{}, err
	}
	sum := sha256.Sum256([]byte(text))
	return Issued{
		Issuer: key.Controller, Key: key.Thumbprint(), Doc: doc, ExpiresAt: d.expires,
		Digest: base64.RawURLEncoding.EncodeToString(sum[:]),
	}, nil
}

// text returns a document's canonical text, without its proof, once its
// signature holds ("Verify Proof" of eddsa-jcs-2022 and ecdsa-jcs-2019).
func (d *dataIntegrity) text(doc map[string]any, key *did.Key) (string, error) {
	doc, r := d.inContext(doc)
	if r != nil {
		return "", r
	}
	text, message, err := coveredText(doc, d.config, d.suite.hash)
	if err != nil {
		return "", refuse(proofInvalid, "the document has no canonical text")
	}
	if !d.suite.verify(key.Public, message, d.signature) {
		return "", refuse(proofInvalid, "the signature does not hold")
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

// coveredText returns the canonical text of a document without its proof, and
// what a signature covers ("Transformation", "Proof Configuration", "Hashing").
func coveredText(doc, config map[string]any, by crypto.Hash) (text string, message []byte, err error) {
	doc = maps.Clone(doc)
	delete(doc, "proof")
	options, err := canonicalJSON(config)
	if err != nil {
		return "", nil, err
	}
	if text, err = canonicalJSON(doc); err != nil {
		return "", nil, err
	}
	for _, part := range []string{options, text} {
		h := by.New()
		write(h, part)
		message = h.Sum(message)
	}
	return text, message, nil
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
