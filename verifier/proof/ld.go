package proof

import (
	"cmp"
	"context"
	"crypto"
	"errors"
	"maps"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// ldPresentation checks a presentation with a Data Integrity proof, cheapest
// first. Its credentials are in its statements, but each is proved by itself.
func (v *Verifier) ldPresentation(ctx context.Context, p *vc.Presentation, e Expect) (Presented, error) {
	doc := p.Doc
	place := presentationPlace()
	if r := cmp.Or(pinned(doc, noMore), bounded(doc, maxPresentationValues)); r != nil {
		return Presented{}, r
	}
	if r := place.check(unproved(doc), ""); r != nil {
		return Presented{}, presentationRefusal(r)
	}
	proofs, r := readProofs(doc, vc.PresentationMalformed, overStatements)
	if r != nil {
		return Presented{}, r
	}
	own, r := presentedBy(p, proofs, e)
	if r = cmp.Or(r, bounded(doc, maxPresentationValues/runs(proofs))); r != nil {
		return Presented{}, r
	}
	c := v.covers(doc)
	if err := v.verifyAll(ctx, proofs, own, did.Authentication, c.message); err != nil {
		return Presented{}, err
	}
	if _, err := c.facts(place, "VerifiablePresentation"); err != nil {
		return Presented{}, uncovered(err)
	}
	return own.presented(proofs), nil
}

// ldCredential checks a proxy or supporting credential with a Data Integrity proof,
// and reads it back from its signed statements.
func (v *Verifier) ldCredential(ctx context.Context, c *vc.Credential, t Terms) (Issued, error) {
	doc, issuer := c.Doc, vc.Issuer(c.Doc)
	v = v.under(t)
	if r := bounded(doc, maxCredentialValues); r != nil {
		return Issued{}, r
	}
	place, r := closed(doc, t)
	if r != nil {
		return Issued{}, r
	}
	if issuer == "" {
		return Issued{}, malformedAt("/issuer", "the credential names no issuer")
	}
	proofs, r := readProofs(doc, vc.CredentialMalformed, overStatements)
	if r != nil {
		return Issued{}, r
	}
	own, r := v.issuedBy(issuer, proofs)
	if r = cmp.Or(r, bounded(doc, maxCredentialValues/runs(proofs))); r != nil {
		return Issued{}, r
	}
	covered := v.covers(doc)
	if err := v.verifyAll(ctx, proofs, own, did.Assertion, covered.message); err != nil {
		return Issued{}, err
	}
	return covered.issued(place, own, proofs)
}

// closed is rules 1 to 3 of semantics 3.6, by the kind of credential.
func closed(doc map[string]any, t Terms) (*place, *vc.Refusal) {
	if t.URI != "" {
		p := credentialPlace(modelOf(doc), t)
		return p, closedCredential(p, doc, t)
	}
	p, r := supportingPlace(doc, t)
	if r == nil {
		r = closedSupporting(p, doc, t)
	}
	return p, r
}

// closedCredential is rules 1 to 3 of semantics 3.6 for a proxy credential. What is
// listed may stand there, and gives no further member a place.
func closedCredential(p *place, doc map[string]any, t Terms) *vc.Refusal {
	if r := pinned(doc, t.lists, vc.IsProxyContext, func(u string) bool { return u == t.ContextURI }); r != nil {
		return r
	}
	if r := p.check(unproved(doc), ""); r != nil {
		return r
	}
	subject, _ := doc["credentialSubject"].(map[string]any)
	if kind := listOf(subject["type"]); len(kind) != 1 || kind[0] != t.Variant+"Subject" {
		return refuseAt("/credentialSubject/type", "the subject's type is not that of the variant")
	}
	return nil
}

// facts are what the document says, read back from its statements. They are
// made with SHA-256, whatever the key: of one credential there is one digest.
func (c *covered) facts(p *place, rootType string) (map[string]any, error) {
	s, err := c.alone(crypto.SHA256)
	if err != nil {
		return nil, err
	}
	return s.heldAgainst(p, cred+rootType, c.doc)
}

func (c *covered) issued(p *place, own *dataIntegrity, proofs []*dataIntegrity) (Issued, error) {
	tree, err := c.facts(p, "VerifiableCredential")
	if err != nil {
		return Issued{}, uncovered(err)
	}
	tree["@context"] = c.doc["@context"] // pinned
	return own.issued(proofs, c.by[crypto.SHA256].digest(), tree), nil
}

// unproved is a document without @context and proof, which have checks of
// their own.
func unproved(doc map[string]any) map[string]any {
	doc = maps.Clone(doc)
	delete(doc, "@context")
	delete(doc, "proof")
	return doc
}

// presentationRefusal gives a member's refusal the code of a presentation.
func presentationRefusal(r *vc.Refusal) *vc.Refusal {
	if r.Code == vc.CredentialMalformed {
		r.Code = vc.PresentationMalformed
	}
	return r
}

// uncovered is the refusal of a document whose statements cannot be made, or
// say something else than its members. The cause may quote the document, so it
// stays here.
func uncovered(err error) error {
	switch {
	case errors.Is(err, errNotLocal):
		return refuseAt("/@context", "a context is not local")
	case errors.Is(err, errReadback), errors.Is(err, errBomb):
		return refuse(contextRefused, "%v", err)
	}
	return refuse(contextRefused, "the document's statements cannot be made")
}
