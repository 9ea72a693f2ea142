package verifier

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier/chain"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/vc"
)

// Bounds of supporting credentials: how many one presentation has, and how much
// one of their attributes says, in bytes. A longer one is absent.
const (
	maxSupporting = 8
	maxAttribute  = 4 << 10
)

// A supporting credential of the presentation taken last, proved and read.
type supporting struct {
	fact    facts.Supporting // without attributes, and when its proof expires
	under   []*Release       // for whose credentials it was read: these list what it stands under
	said    map[string]any
	entries []status.Entry
	expires time.Time // its own proof; zero: never

	confirmation vc.Confirmation // the key that must give it; none: the issuer asks for none
}

// support proves and reads a credential without a proxy type (semantics 3.1).
func (d *decider) support(ctx context.Context, c *vc.Credential, by prover) error {
	p := d.last()
	at := p.Path + c.Path
	if len(p.supporting) == maxSupporting {
		return d.out(&vc.Refusal{Code: "supporting.too_many", Message: "a presentation has too many supporting credentials"}, at)
	}
	s, err := d.supported(ctx, &chain.Node{Credential: c, Path: c.Path}, nil, by)
	if err == nil {
		err = s.givenBy(p.Holder, p.Key)
	}
	if err != nil {
		return d.out(err, at)
	}
	s.fact.ProvedUntil = earlier(s.expires, p.until)
	p.supporting = append(p.supporting, s)
	return nil
}

// supported proves and reads one of them: about somebody, or where there is a
// release what somebody owns. By whom it must be is asked before its signature is.
func (d *decider) supported(ctx context.Context, n *chain.Node, owning *Release, by prover) (s supporting, err error) {
	c := n.Credential
	issued, under, err := d.underOne(ctx, n, owning, by)
	if err != nil {
		return s, err
	}
	read, err := vc.ReadSupporting(c, issued.Doc)
	if err != nil {
		return s, err
	}
	entries, refusal := status.Entries(read.Status)
	if refusal != nil {
		return s, refusal
	}
	registries, err := d.registered(ctx, []string{issued.Issuer})
	return supporting{under: under, said: read.Attributes, entries: entries, expires: issued.ExpiresAt, confirmation: read.Confirmation, fact: facts.Supporting{
		Path: d.last().Path + n.Path, Digest: issued.Digest, Issuer: issued.Issuer, IssuerRegistries: append([]string{}, registries[issued.Issuer]...),
		ValidFrom: read.ValidFrom, ValidUntil: read.ValidUntil, Subject: read.Subject,
	}}, err
}

// givenBy holds a credential whose issuer names a key (cnf) to the party whose proof
// is over it here: an SD-JWT VC inside another document has no key binding of its own.
func (s supporting) givenBy(holder, key string) error {
	c, ok := s.confirmation, true
	switch {
	case c.JWK != nil:
		own, err := did.ReadJWK(c.JWK)
		ok = err == nil && own.Thumbprint() == key
	case c.Kid != "":
		ok = did.OnlyMethod(holder) == c.Kid
	}
	if ok {
		return nil
	}
	return &vc.Refusal{Code: "holder.unbound", Message: "the credential names the key of another than who gives it"}
}

// provedSupporting proves a credential by one of those who may say something of
// somebody under what its presentation names, or of the ownershipIssuers of a
// release. Others are out before their keys are looked up.
func (d *decider) provedSupporting(ctx context.Context, c *vc.Credential, written, owning *Release) (proof.Issued, error) {
	if c.SDJWT != nil && c.SDJWT.Binding != nil {
		return proof.Issued{}, &vc.Refusal{Code: "supporting.unsupported", Message: "a supporting credential that is an SD-JWT VC stands in a presentation"}
	}
	of := d.last().named
	listed := d.anyOf(of, tellers)
	if owning != nil {
		of = []*Release{owning}
		listed = d.anyOf(of, func(doc *trustframeworks.Document) []trustframeworks.Authority { return doc.OwnershipIssuers })
	}
	proofs := d.provesBy(listed, of)
	proofs.MayIssue = listed
	return proofs.Credential(ctx, c, written.supportingTerms())
}

// tellers are those that may say who a delegator is, or what a holder is like.
func tellers(doc *trustframeworks.Document) []trustframeworks.Authority {
	all := slices.Clone(doc.IdentityIssuers)
	for _, p := range doc.Properties {
		all = append(all, p.Issuers...)
	}
	if doc.UniquePerson != nil {
		all = append(all, doc.UniquePerson.Issuers...)
	}
	return all
}

// identify puts beside each root of the presentation taken last that is by its
// delegator what says who that is. Nothing is kept that the request does not ask
// for; where it names the delegator by id, that is nothing.
func (d *decider) identify() {
	p := d.last()
	if d.request.Proxied.ID != "" {
		return
	}
	for i := range p.Credentials {
		for _, c := range carriers(&p.Credentials[i]) {
			if len(c.Parents) > 0 || c.Issuer != c.Proxied.ID {
				continue
			}
			for _, s := range p.supporting {
				if s.fact.Subject == c.Proxied.ID && slices.Contains(s.under, p.versions[i]) {
					c.Identity = append(c.Identity, s.about(maps.Keys(d.request.Proxied.Attributes)))
				}
			}
		}
	}
}

// about is the fact with the attributes of these names.
func (s supporting) about(names iter.Seq[string]) facts.Supporting {
	fact := s.fact
	fact.Attributes = map[string]any{}
	for name := range names {
		switch v := s.said[name].(type) {
		case string:
			if len(v) <= maxAttribute {
				fact.Attributes[name] = strings.Clone(v)
			}
		case float64, bool:
			fact.Attributes[name] = v
		}
	}
	return fact
}

// supportingStatuses puts the facts about their status beside the supporting
// credentials of c.
func (p *presented) supportingStatuses(r *Release, c *facts.Credential, found finder) (err error) {
	for s := range c.Supports() {
		if s.Status, err = found.all(r, &facts.Credential{Issuer: s.Issuer}, p.entriesOf(s.Path), true); err != nil {
			return err
		}
	}
	return nil
}

func (p *presented) entriesOf(path string) []status.Entry {
	for _, s := range slices.Concat(p.supporting, p.titles) {
		if s.fact.Path == path {
			return s.entries
		}
	}
	return nil
}
