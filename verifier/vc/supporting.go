package vc

import (
	"maps"
	"strings"
)

// A Supporting is a supporting credential, read: one without a proxy type, which
// says who or what its subject is (semantics 3.1). It grants nothing.
type Supporting struct {
	Issuer     string
	ValidFrom  string         // RFC 3339, as written; empty: not stated
	ValidUntil string         // alike
	Status     map[string]any // as in a [Proxy]
	Subject    string         // credentialSubject.id
	Attributes map[string]any // every other member of the subject, but its type; never nil
}

// ReadSupporting reads a supporting credential whose proof holds and is over its
// text. A *[Refusal] says why it cannot be read.
func ReadSupporting(c *Credential, signed map[string]any) (*Supporting, error) {
	if refusal := supporting(signed); refusal != nil {
		return nil, refusal
	}
	p := &Proxy{}
	if refusal := p.metadata(signed).as(CredentialMalformed); refusal != nil {
		return nil, refusal
	}
	if refusal := p.dates(signed).as(CredentialMalformed); refusal != nil {
		return nil, refusal
	}
	if p.Provenance {
		return nil, malformed("", "a supporting credential has no provenance")
	}
	if c.JWT != nil {
		p.ClaimStatus(c.JWT.Payload)
	}
	s := &Supporting{Issuer: p.Issuer, ValidFrom: p.ValidFrom, ValidUntil: p.ValidUntil, Status: p.Status}
	if refusal := s.subject(signed).as(CredentialMalformed); refusal != nil {
		return nil, refusal
	}
	return s, nil
}

// supporting refuses what is a proxy credential, or none at all.
func supporting(doc map[string]any) *Refusal {
	t, refusal := typeOf(doc)
	switch {
	case refusal != nil:
		return refusal
	case t.Name != "" || !hasType(doc, "VerifiableCredential"):
		return malformed("/type", "the credential is no supporting one")
	}
	return nil
}

// subject reads credentialSubject, which is one object with an id. Dotted names
// of it are refused: they would be read by nobody.
func (s *Supporting) subject(doc map[string]any) (w *wrong) {
	const name = "credentialSubject"
	for key := range doc {
		if strings.HasPrefix(key, name+".") {
			return faulty("/"+pointer(key), "the subject of a supporting credential is not read dotted")
		}
	}
	m, ok := doc[name].(map[string]any)
	if !ok {
		return faulty("/"+name, "the subject of a supporting credential is no object")
	}
	if s.Subject, w = optionalText(m, "id"); w != nil || s.Subject == "" {
		return faulty("/"+name+"/id", "the subject of a supporting credential has an id")
	}
	s.Attributes = maps.Clone(m)
	delete(s.Attributes, "id")
	delete(s.Attributes, "type")
	return nil
}
