package facts

import (
	"iter"
	"slices"

	"github.com/procura-dev/procura/policies/sgl"
)

// A Supporting is a credential that says who its subject is, of a presentation
// beside the proxy credential that it supports, or what its subject owns, of the
// proxy credential itself (semantics 3.1, 3.3). Its proof held; it grants nothing.
// Attributes are those that the request asks for; of what is owned besides those by
// which the variant identifies it; of a holder those that the framework names among
// its properties, and what tells people apart.
type Supporting struct {
	Path             string             `json:"path"`             // JSON Pointer into the request
	Digest           string             `json:"digest"`           // base64url SHA-256 of what the signature covers
	Issuer           string             `json:"issuer"`           // the DID that signed
	IssuerRegistries []string           `json:"issuerRegistries"` // sorted
	ValidFrom        string             `json:"validFrom,omitempty"`
	ValidUntil       string             `json:"validUntil,omitempty"`
	ProvedUntil      string             `json:"provedUntil,omitempty"` // when the first of the two proofs, its own and the presentation's, expires
	Subject          string             `json:"subject"`
	Attributes       map[string]any     `json:"attributes"`
	Status           []Status           `json:"status,omitempty"` // one per place where its status is to be looked up
	Derived          *SupportingDerived `json:"derived,omitempty"`
}

// SupportingDerived holds what follows from a supporting credential.
type SupportingDerived struct {
	ValidFrom   *int64            `json:"validFrom,omitempty"`
	ValidUntil  *int64            `json:"validUntil,omitempty"`
	ProvedUntil *int64            `json:"provedUntil,omitempty"`
	Attributes  map[string]string `json:"attributes"`           // attribute → SHA-256 hex of its canonical text, as the variant of what it supports matches it
	Properties  map[string]any    `json:"properties,omitempty"` // of a holder, as SGL has them: NFKC name → typed value
	Problem     string            `json:"problem,omitempty"`    // dates that cannot be read: it never counts
}

// Supports are the supporting credentials of c, of every kind.
func (c *Credential) Supports() iter.Seq[*Supporting] {
	return func(yield func(*Supporting) bool) {
		for _, all := range [][]Supporting{c.Identity, c.Ownership, c.About} {
			for i := range all {
				if !yield(&all[i]) {
					return
				}
			}
		}
	}
}

// deriveSupports derives the supporting credentials of c.
func (c *Credential) deriveSupports(fw Framework) {
	for s := range c.Supports() {
		deriveStatus(s.Status)
		d := &SupportingDerived{
			ValidFrom: optional(s.ValidFrom), ValidUntil: optional(s.ValidUntil), ProvedUntil: optional(s.ProvedUntil),
			Attributes: disclosed(s.Attributes, fw.match[c.Variant]),
		}
		if unread(s.ValidFrom, d.ValidFrom) || unread(s.ValidUntil, d.ValidUntil) || unread(s.ProvedUntil, d.ProvedUntil) {
			d.Problem = "a date of this credential is no RFC 3339 instant between 1678 and 2262"
		}
		s.Derived = d
	}
	for i := range c.About {
		c.About[i].Derived.Properties = sgl.Properties(c.About[i].Attributes)
	}
}

// strip removes what was derived, after a copy.
func (s *Supporting) strip() {
	s.Derived, s.Status = nil, slices.Clone(s.Status)
	for i := range s.Status {
		s.Status[i].Derived = nil
	}
}

// entitled reports whether another than the issuer says what it owns. Whether that
// one may, and whether it is what c is about, the policy decides.
func (c *Credential) entitled() bool {
	return slices.ContainsFunc(c.Ownership, func(s Supporting) bool {
		return s.Subject == c.Issuer && s.Issuer != s.Subject
	})
}

// vouched reports whether another than the issuer says who it is. Whether that
// one may, the policy decides.
func (c *Credential) vouched() bool {
	return slices.ContainsFunc(c.Identity, func(s Supporting) bool {
		return s.Subject == c.Proxied.ID && s.Issuer != s.Subject
	})
}
