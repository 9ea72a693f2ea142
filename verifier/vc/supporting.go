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

	Confirmation Confirmation // of an SD-JWT VC: whose key its issuer binds it to
}

// ReadSupporting reads a supporting credential whose proof holds and is over its
// text. A *[Refusal] says why it cannot be read.
func ReadSupporting(c *Credential, signed map[string]any) (*Supporting, error) {
	if c.SDJWT != nil {
		s, refusal := readSupportingSDJWT(c.SDJWT)
		if refusal != nil {
			return nil, refusal
		}
		return s, nil
	}
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

// registered are the claims of an SD-JWT VC that say nothing of its subject, and the
// names that are no attribute's in other forms.
var registered = []string{"iss", "iat", "nbf", "exp", "jti", "cnf", "status", "vct", "vct#integrity", "aka_vcts", "_sd_alg", "sub", "id", "type"}

// readSupportingSDJWT reads an SD-JWT VC without a proxy type: sub is its subject,
// and the claims that are not registered are its attributes. One of which a part is
// withheld is absent. What may be absent must be there where claims are withheld
// (semantics 3.2).
func readSupportingSDJWT(c *SDJWT) (*Supporting, *Refusal) {
	p := &Proxy{}
	if w := unread(c.Claims); w != nil {
		return nil, w.as(CredentialMalformed)
	}
	if w := p.claims(c); w != nil {
		return nil, w.as(CredentialMalformed)
	}
	subject, w := optionalText(c.Claims, "sub")
	switch {
	case w != nil || subject == "":
		return nil, malformed("/sub", "the subject of a supporting credential has an id")
	case p.Provenance:
		return nil, malformed("", "a supporting credential has no provenance")
	}
	s := &Supporting{
		Issuer: c.Issued.Claims.Issuer, ValidFrom: p.ValidFrom, ValidUntil: p.ValidUntil, Status: p.Status,
		Subject: subject, Attributes: maps.Clone(c.Claims), Confirmation: c.Confirmation,
	}
	for _, name := range registered {
		delete(s.Attributes, name)
	}
	for _, at := range c.Withheld {
		if len(at) == 0 && (p.ValidUntil == "" || p.Status == nil) {
			return nil, &Refusal{Code: DisclosureMissing, Message: "an end or a status may be withheld"}
		}
		if len(at) > 0 {
			delete(s.Attributes, at[0])
		}
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
