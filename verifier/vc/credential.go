package vc

import (
	"maps"
	"strings"
	"time"
)

// Issuer returns the identifier of a credential's issuer; empty where there is
// none, or where it has another shape.
func Issuer(doc map[string]any) string {
	id, _ := identity(doc, "issuer")
	return id
}

// ParseCredential reads a credential that stands alone: a string (JWT), or an
// object (JSON-LD). Its Problem, if any, says why it cannot be read.
func ParseCredential(v any) *Credential {
	switch v := v.(type) {
	case string:
		return jwtOrProblem(v)
	case map[string]any:
		if enveloped(v, "EnvelopedVerifiableCredential") {
			return envelopedCredential(v)
		}
		return objectCredential(v)
	}
	return &Credential{Problem: malformed("", "neither a JWT nor an object")}
}

// ParseEmbedded reads a credential that stands inside another document: as
// [ParseCredential] does, and an SD-JWT VC without a key binding.
func ParseEmbedded(v any) *Credential {
	if text, ok := v.(string); ok {
		return compactCredential(text)
	}
	if m, ok := v.(map[string]any); ok && enveloped(m, "EnvelopedVerifiableCredential") {
		if raw, w := envelope(m, MediaSDJWT); w == nil {
			return embeddedSDJWT(raw)
		}
	}
	return ParseCredential(v)
}

// compactCredential reads a JWT, or an SD-JWT VC.
func compactCredential(raw string) *Credential {
	if strings.Contains(raw, "~") {
		return embeddedSDJWT(raw)
	}
	return jwtOrProblem(raw)
}

// embeddedSDJWT reads an SD-JWT VC that supports another credential. A key binding
// is for whom a presentation is made, and a proxy credential proves nothing without
// one.
func embeddedSDJWT(raw string) *Credential {
	s, w := parseSDJWT(raw)
	if w != nil {
		return &Credential{Problem: w.as(CredentialMalformed)}
	}
	t, refusal := s.proxyType()
	switch {
	case refusal == nil && s.Binding != nil:
		refusal = malformed("", "an SD-JWT VC with a key binding stands alone")
	case refusal == nil && t.Name != "":
		refusal = malformed("/vct", "an SD-JWT VC that is a proxy credential is presented with its key binding")
	}
	if refusal != nil {
		return &Credential{Problem: refusal}
	}
	return &Credential{Format: FormatSDJWT, JWT: s.Issued, Doc: s.Claims, SDJWT: s}
}

func objectCredential(m map[string]any) *Credential {
	c := &Credential{Format: inside(m), Doc: m}
	c.Problem = c.check().as(CredentialMalformed)
	return c
}

func envelopedCredential(m map[string]any) *Credential {
	raw, w := envelope(m, "application/vc+jwt")
	if w != nil {
		return &Credential{Problem: w.as(CredentialMalformed)}
	}
	c := jwtOrProblem(raw)
	if c.Problem == nil && c.Format != FormatVCJOSE {
		c.Problem = malformed("/id", "what is enveloped is no vc+jwt")
	}
	return c
}

func jwtOrProblem(raw string) *Credential {
	c, w := jwtCredential(raw)
	if w != nil {
		return &Credential{Problem: w.as(CredentialMalformed)}
	}
	return c
}

func jwtCredential(raw string) (*Credential, *wrong) {
	j, w := parseJWT([]byte(raw))
	if w != nil {
		return nil, w
	}
	if _, both := j.Payload["vp"]; both {
		return nil, faulty("/vp", "a presentation is no credential")
	}
	c := &Credential{Format: FormatVCJOSE, JWT: j, Doc: j.Payload}
	if inner, ok := j.Payload["vc"]; ok {
		c.Format = FormatVCJWT11
		if c.Doc, ok = inner.(map[string]any); !ok {
			return nil, faulty("/vc", "vc is no object")
		}
	}
	if w := typed(j.Header, c.Format); w != nil {
		return nil, w
	}
	if w := c.check(); w != nil {
		return nil, w
	}
	return c, c.claims()
}

// check holds what every credential is: of a known model, and a credential.
func (c *Credential) check() *wrong {
	model, w := model(c.Doc)
	switch {
	case w != nil:
		return w
	case !hasType(c.Doc, "VerifiableCredential"):
		return faulty("/type", "the type is not that of a credential")
	case !fits(c.Format, model):
		return faulty("/@context", "the data model does not fit the form of the JWT")
	}
	return nil
}

// claims holds the JWT's claims against the same facts in the credential:
// present and different is malformed. VC-JWT 1.1, "JWT Decoding": what the
// credential lacks is filled in. In VC-JOSE the claims are the credential, and
// nbf and exp are about the signature: nothing is filled in.
func (c *Credential) claims() *wrong {
	doc, claims := maps.Clone(c.Doc), &c.JWT.Claims
	issuer, w := identity(doc, "issuer")
	if w == nil {
		w = fill(doc, "issuer", issuer, "iss", claims.Issuer)
	}
	if w == nil {
		w = fillID(doc, claims.ID)
	}
	if w == nil {
		w = fillSubject(doc, claims.Subject)
	}
	if w != nil || c.Format == FormatVCJOSE {
		return w
	}
	c.Doc = doc
	if w = fillDate(doc, "issuanceDate", "nbf", claims.NotBefore); w != nil {
		return w
	}
	return fillDate(doc, "expirationDate", "exp", claims.Expires)
}

// fill gives a member the claim's value where the credential does not say it.
func fill(doc map[string]any, name, said, claim, value string) *wrong {
	switch {
	case value == "":
		return nil
	case said == "":
		doc[name] = value
	case said != value:
		return faulty("/"+name, "%s and %s differ", claim, name)
	}
	return nil
}

func fillID(doc map[string]any, jti string) *wrong {
	id, w := optionalText(doc, "id")
	if w != nil {
		return w
	}
	return fill(doc, "id", id, "jti", jti)
}

// fillSubject holds sub against credentialSubject.id, nested or dotted. A
// subject of another shape is left to the reader.
func fillSubject(doc map[string]any, sub string) *wrong {
	const dotted = "credentialSubject.id"
	if v, ok := doc[dotted]; ok && sub != "" && v != sub {
		return faulty("/"+dotted, "sub and credentialSubject.id differ")
	}
	subject, ok := doc["credentialSubject"].(map[string]any)
	if sub == "" || !ok {
		return nil
	}
	v, ok := subject["id"]
	if ok && v != sub {
		return faulty("/credentialSubject/id", "sub and credentialSubject.id differ")
	}
	if _, twice := doc[dotted]; !ok && !twice {
		subject = maps.Clone(subject)
		subject["id"] = sub
		doc["credentialSubject"] = subject
	}
	return nil
}

func fillDate(doc map[string]any, name, claim string, at time.Time) *wrong {
	v, ok := doc[name]
	if at.IsZero() {
		return nil
	}
	if !ok {
		doc[name] = at.Format(time.RFC3339Nano)
		return nil
	}
	text, _ := v.(string)
	said, ok := Instant(text)
	if !ok {
		return faulty("/"+name, "%s is no date-time with a zone", name)
	}
	if !said.Equal(at) {
		return faulty("/"+name, "%s and %s differ", claim, name)
	}
	return nil
}
