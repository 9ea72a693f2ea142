package proof

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// Sets and chains of proofs (W3C "Verifiable Credential Data Integrity 1.0",
// "Proof Sets", "Proof Chains", "Verify Proof Sets and Chains").
//
// Every proof must hold, for one purpose, or the document is refused: what one
// of them says could be a condition. One must be the issuer's or the holder's;
// the others are no facts, so that leaving them out changes nothing either.

// link finds the proofs that each proof covers, by their ids. One with a
// previousProof covers the document with those; the others cover it alone.
func link(proofs []*dataIntegrity) *vc.Refusal {
	byID := map[string]*dataIntegrity{}
	for i, d := range proofs {
		if slices.ContainsFunc(proofs[:i], func(o *dataIntegrity) bool { return reflect.DeepEqual(o.received, d.received) }) {
			return refuse(proofInvalid, "a proof stands twice")
		}
		id, ok := d.config["id"].(string)
		if _, twice := byID[id]; ok && twice {
			return refuse(proofInvalid, "two proofs have one id")
		}
		if ok {
			byID[id] = d
		}
	}
	for _, d := range proofs {
		if r := d.linkTo(byID, proofs); r != nil {
			return r
		}
	}
	way := map[*dataIntegrity]bool{}
	if slices.ContainsFunc(proofs, func(d *dataIntegrity) bool { return d.circular(way) }) {
		return refuse(proofInvalid, "proofs follow each other in a circle")
	}
	return nil
}

// linkTo keeps the order of all proofs, as the algorithm does: it is part of
// the text that a jcs proof covers.
func (d *dataIntegrity) linkTo(byID map[string]*dataIntegrity, all []*dataIntegrity) *vc.Refusal {
	v, ok := d.config["previousProof"]
	if !ok {
		return nil
	}
	named := map[*dataIntegrity]bool{}
	for _, id := range listOf(v) {
		text, _ := id.(string)
		p := byID[text]
		if p == nil {
			return refuse(proofInvalid, "a proof follows one that is not there")
		}
		named[p] = true
	}
	for _, p := range all {
		if named[p] {
			d.previous = append(d.previous, p)
		}
	}
	return nil
}

// circular reports whether what d follows leads back to a proof on the way. The
// way holds those that were looked at: true while they are on it. Each is looked
// at once, or eight proofs would take millions of steps.
func (d *dataIntegrity) circular(way map[*dataIntegrity]bool) bool {
	if on, been := way[d]; been {
		return on
	}
	way[d] = true
	if slices.ContainsFunc(d.previous, func(p *dataIntegrity) bool { return p.circular(way) }) {
		return true
	}
	way[d] = false
	return false
}

// withPrevious is a document with the proofs that one follows.
func (d *dataIntegrity) withPrevious(doc map[string]any) map[string]any {
	doc = without(doc, "proof")
	if len(d.previous) == 0 {
		return doc
	}
	list := make([]any, len(d.previous))
	for i, p := range d.previous {
		list[i] = p.received
	}
	doc["proof"] = list
	return doc
}

// ownOf returns the party's first proof. Where no party is named it is whoever
// signed, and nobody else.
func ownOf(proofs []*dataIntegrity, party, unbound string, purpose did.Purpose) (*dataIntegrity, *vc.Refusal) {
	if party == "" {
		party = did.Controller(proofs[0].method)
		for _, d := range proofs {
			if did.Controller(d.method) != party {
				return nil, refuse(unbound, "several signed, and none is named")
			}
		}
	}
	for _, d := range proofs {
		if d.config["proofPurpose"] != string(purpose) {
			return nil, refuse("proof.purpose", "the proof was not made for %s", string(purpose))
		}
	}
	for _, d := range proofs {
		if did.Controller(d.method) == party {
			return d, nil
		}
	}
	return nil, refuse(unbound, "the key that signed is not that of the party named")
}

// verifyAll checks the signature of every proof, own first: nothing that
// another names is looked up before it holds. cover returns what a proof's
// signature is over.
func (v *Verifier) verifyAll(
	ctx context.Context, proofs []*dataIntegrity, own *dataIntegrity, purpose did.Purpose,
	cover func(*dataIntegrity) ([]byte, error),
) error {
	if err := v.admits(ctx, did.Controller(own.method), purpose); err != nil {
		return err
	}
	ordered := append([]*dataIntegrity{own}, proofs...)
	for i, d := range ordered {
		if i > 0 && d == own {
			continue
		}
		if err := v.findKey(ctx, d, purpose); err != nil {
			return err
		}
		message, err := cover(d)
		if err != nil {
			return err
		}
		if !d.holds(message, v.memory(purpose)) {
			return refuse(proofInvalid, "the signature does not hold")
		}
	}
	return nil
}

// findKey finds the key that a proof names, and holds its type to it.
func (v *Verifier) findKey(ctx context.Context, d *dataIntegrity, purpose did.Purpose) error {
	key, err := v.resolve(ctx, d.method, purpose)
	if err != nil {
		return err
	}
	d.key, d.suite, d.expires = key, suiteOf(key), v.until(d.expires, key)
	if !d.suite.makes(d.config) || d.jws != nil && d.jws.alg != d.suite.names[0] {
		return refuse(algorithmRefused, "the proof's type, cryptosuite or algorithm is not that of the key")
	}
	return nil
}

// presentedBy checks what a presentation's proofs say of themselves, and finds
// the holder's. Each must answer the challenge: one that does not was made for
// something else.
func presentedBy(p *vc.Presentation, proofs []*dataIntegrity, e Expect) (*dataIntegrity, *vc.Refusal) {
	for _, d := range proofs {
		if r := d.answers(e); r != nil {
			return nil, r
		}
	}
	own, r := ownOf(proofs, p.Holder, holderUnbound, did.Authentication)
	if r != nil {
		return nil, r
	}
	for _, d := range proofs {
		// The policy judges the holder's own.
		if d != own && d.created.After(e.Now.Add(clockSkew)) {
			return nil, refuse("presentation.future", "a proof beside the holder's is of the future")
		}
	}
	return own, nil
}

func (d *dataIntegrity) presented(proofs []*dataIntegrity) Presented {
	return Presented{Holder: d.key.Controller, Key: d.key.Thumbprint(), SignedAt: d.created, ExpiresAt: soonest(proofs)}
}

// issuedBy checks what a credential's proofs say of themselves, and finds the
// issuer's.
func (v *Verifier) issuedBy(issuer string, proofs []*dataIntegrity) (*dataIntegrity, *vc.Refusal) {
	for _, d := range proofs {
		if r := d.timely(v.now()); r != nil {
			return nil, r
		}
	}
	return ownOf(proofs, issuer, issuerUnbound, did.Assertion)
}

// issued is what a credential's proofs show, once they hold.
func (d *dataIntegrity) issued(proofs []*dataIntegrity, digest string, doc map[string]any) Issued {
	return Issued{
		Issuer: d.key.Controller, Key: d.key.Thumbprint(), Digest: digest, Doc: doc, SignedAt: d.created, ExpiresAt: soonest(proofs),
	}
}

// soonest is when the first of some proofs expires; zero: none does.
func soonest(proofs []*dataIntegrity) (at time.Time) {
	for _, d := range proofs {
		if !d.expires.IsZero() && (at.IsZero() || d.expires.Before(at)) {
			at = d.expires
		}
	}
	return at
}
