package verifier

import (
	"context"
	"errors"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier/chain"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/vc"
)

// unlinked is the code where a credential is not by whom the one above it is for.
const unlinked = "chain.unlinked"

// A prover says that a credential of a chain, or a supporting one, whose type is
// zero, is what its issuer signed. A supporting one is written under the contexts that
// a release lists, and has one where it says of an issuer what it owns.
type prover func(ctx context.Context, n *chain.Node, written, r *Release, named vc.ProxyType) (proof.Issued, error)

// A lineage is a credential under way with all that is above it (semantics 6).
// What is above comes first: where nobody may issue at the root, what hangs below
// is not verified. Paths of its refusals lie below the presentation.
type lineage struct {
	*decider
	prove     prover
	release   *Release           // effective, and the same for all
	ancestors []facts.Credential // proved, each after those above it
	statuses  [][]status.Entry   // of each of them
	signed    map[*vc.Presentation]proof.Presented
}

// A link is one credential of it, proved and read.
type link struct {
	node   *chain.Node
	named  vc.ProxyType
	issued proof.Issued
	proxy  *vc.Proxy
	above  []int // those directly above it, in lineage.ancestors
	owned  []facts.Supporting
}

// climb proves n, after all that is above it.
func (l *lineage) climb(ctx context.Context, n *chain.Node) (*link, error) {
	written, r, named, err := l.recognise(n.Credential.Type())
	if err == nil && l.release != nil && l.release != r {
		err = &vc.Refusal{Code: "framework.mixed", Message: "a credential above is of another framework version"}
	}
	if err != nil {
		return nil, below(n, err)
	}
	l.release = r
	out := &link{node: n, named: named}
	parents := make([]*link, len(n.Parents))
	for i, p := range n.Parents {
		if parents[i], err = l.climb(ctx, p); err != nil {
			return nil, err
		}
	}
	titles, err := l.titles(ctx, n)
	if err != nil {
		return nil, err
	}
	if err = l.once(ctx, out, written, r); err == nil {
		err = out.linked()
	}
	if err != nil {
		return nil, below(n, err)
	}
	if err = l.entitle(ctx, out, titles); err != nil {
		return nil, err
	}
	if n.Digest != "" {
		l.last().referred = append(l.last().referred, l.last().Path+n.Path)
	}
	return out, l.hang(ctx, out, parents)
}

// A reading is what came of proving and reading one credential of a presentation.
type reading struct {
	issued proof.Issued
	proxy  *vc.Proxy
	err    error
}

// once proves and reads a credential, once in a presentation: others of it may
// refer to it, and it is presented itself.
func (l *lineage) once(ctx context.Context, k *link, written, r *Release) error {
	p := l.last()
	got, known := p.read[k.node.Credential]
	if !known {
		if got.issued, got.err = l.prove(ctx, k.node, written, r, k.named); got.err == nil {
			got.proxy, got.err = read(k.node.Credential, got.issued.Doc)
		}
		if p.read == nil {
			p.read = map[*vc.Credential]reading{}
		}
		p.read[k.node.Credential] = got
	}
	k.issued, k.proxy = got.issued, got.proxy
	return got.err
}

// linked holds what was signed against what was climbed by.
func (k *link) linked() error {
	if k.node.Digest != "" && k.node.Digest != k.issued.Digest {
		return &vc.Refusal{Code: chain.Missing, Message: "the credential of that id has another digest than the one referred to"}
	}
	if !chain.SameProvenance(k.node.Credential.Doc, k.issued.Doc) {
		return &vc.Refusal{Code: chain.Malformed, Message: "what was signed of those above is not what is shown"}
	}
	if k.proxy.Provenance != k.node.Provenance() {
		return &vc.Refusal{Code: chain.Malformed, Message: "the provenance of a credential stands beside its subject alone"}
	}
	return nil
}

// hang adds what is directly above k, each bound to its holder: by k's issuer
// who signed k, or by a presentation over k that the holder signed. One of them
// is k's issuer.
func (l *lineage) hang(ctx context.Context, k *link, parents []*link) error {
	issued := len(parents) == 0
	for _, p := range parents {
		holder := proof.Presented{Holder: k.issued.Issuer, Key: k.issued.Key}
		if p.node.Presentation != nil {
			var err error
			if holder, err = l.agreed(ctx, k, p.node.Presentation); err != nil {
				return below(p.node, err)
			}
		}
		issued = issued || holder.Holder == k.issued.Issuer
		c, err := l.ancestor(ctx, p, holder)
		if err != nil {
			return below(p.node, err)
		}
		entries, refusal := status.Entries(p.proxy.Status)
		if refusal != nil {
			return below(p.node, refusal)
		}
		k.above = append(k.above, len(l.ancestors))
		l.ancestors, l.statuses = append(l.ancestors, c), append(l.statuses, entries)
	}
	if !issued {
		return below(k.node, &vc.Refusal{Code: unlinked, Message: "the issuer holds none of the credentials above"})
	}
	return nil
}

// agreed checks the presentation of one who is above k: it is over k, and for k's
// issuer. It may be as old as k.
func (l *lineage) agreed(ctx context.Context, k *link, p *vc.Presentation) (proof.Presented, error) {
	if got, ok := l.signed[p]; ok {
		return got, nil
	}
	nonce, err := chain.Nonce(k.issued.Doc)
	if err != nil {
		return proof.Presented{}, err
	}
	got, err := l.provesBy(nobody, []*Release{l.release}).Presentation(ctx, p, proof.Expect{Nonce: nonce, Domain: k.issued.Issuer, Now: l.now})
	if err != nil {
		return got, err
	}
	if l.signed == nil {
		l.signed = map[*vc.Presentation]proof.Presented{}
	}
	l.signed[p] = got
	return got, nil
}

// ancestor is a credential above another as a fact, once it is found to be the
// holder's, and as its variant's schemas have it.
func (l *lineage) ancestor(ctx context.Context, p *link, holder proof.Presented) (facts.Credential, error) {
	if p.proxy.HolderID == "" || p.proxy.HolderID != holder.Holder {
		return facts.Credential{}, &vc.Refusal{Code: unlinked, Message: "the holder of the credential above is not the issuer of the one below, nor agreed to it"}
	}
	f, err := l.framework(ctx, l.release)
	if err != nil {
		return facts.Credential{}, err
	}
	if fell := check(f, p.named, p.proxy, holder.Holder, p.node.Credential.Format == vc.FormatLD); fell != nil {
		return facts.Credential{}, &vc.Refusal{Code: fell.Code, Message: fell.Message, Path: fell.Path}
	}
	c := credential(p.proxy, p.issued, l.last().Path+p.node.Path)
	c.ProvedUntil = earlier(p.issued.ExpiresAt, holder.ExpiresAt)
	c.HolderKey, c.Parents, c.Ownership = holder.Key, p.above, p.owned
	c.StampedAt = l.last().stampedAt(p.node)
	return c, nil
}

// proved proves a credential of a presentation that was signed.
func (d *decider) proved(ctx context.Context, n *chain.Node, written, r *Release, named vc.ProxyType) (proof.Issued, error) {
	if named.Name == "" {
		return d.provedSupporting(ctx, n.Credential, written, r)
	}
	proofs := d.provesBy(d.issuers(r, named.Variant), []*Release{r})
	proofs.MayIssue = d.mayIssue(r, named.Variant)
	switch {
	case n.Chained():
		proofs.MayIssue = d.mayAny(r, named.Variant, "chain")
	case len(n.Ownership) > 0:
		proofs.MayIssue = either(d.mayAny(r, named.Variant, "owner"), proofs.MayIssue)
	}
	issued, err := proofs.Credential(ctx, n.Credential, written.terms(named.Variant))
	if refusal, ok := errors.AsType[*vc.Refusal](err); ok && refusal.Code == "issuer.refused" && !n.Chained() {
		return issued, d.unchained(ctx, r, named.Variant, refusal)
	}
	return issued, err
}

// mayAny reports whether a variant may be issued by whom another credential lets do
// so, in one way: by anybody then, or by nobody.
func (d *decider) mayAny(r *Release, variant, by string) lister {
	return func(ctx context.Context, _ string) (bool, error) {
		f, err := d.framework(ctx, r)
		if err != nil {
			return false, err
		}
		counts := concerns(variant)
		for _, a := range f.Document.Issuers {
			if a.By == by && counts(a) {
				return true, nil
			}
		}
		return false, nil
	}
}

// unchained says of an issuer who is not listed that a chain would do.
func (d *decider) unchained(ctx context.Context, r *Release, variant string, refusal *vc.Refusal) error {
	chainable, err := d.mayAny(r, variant, "chain")(ctx, "")
	switch {
	case err != nil:
		return err
	case !chainable:
		return refusal
	}
	return &vc.Refusal{Code: chain.Missing, Message: "the issuer is not listed, and names no credential that lets it issue"}
}

// below places a refusal of n's credential below the presentation.
func below(n *chain.Node, err error) error {
	r, ok := errors.AsType[*vc.Refusal](err)
	if !ok {
		return err
	}
	return &vc.Refusal{Code: r.Code, Message: r.Message, Path: n.Path + r.Path}
}
