package vc

import (
	"fmt"
	"strings"
)

// maxCredentials bounds a presentation.
const maxCredentials = 64

// The base contexts of the two models, which come first of all contexts.
const (
	ContextV1 = "https://www.w3.org/2018/credentials/v1"
	ContextV2 = "https://www.w3.org/ns/credentials/v2"
)

// ParsePresentation reads a presentation of media type application/vp+jwt (a
// JWT, of VC-JWT 1.1 or VC-JOSE), application/vp (a JSON-LD object, or an
// EnvelopedVerifiablePresentation) or application/dc+sd-jwt. The caller bounds the size. What is wrong
// with one credential stands in its Problem; what is wrong with the
// presentation is the *[Refusal] returned.
func ParsePresentation(raw []byte, mediaType string) (*Presentation, error) {
	p, w := parsePresentation(raw, mediaType)
	if w != nil {
		return nil, w.as(PresentationMalformed)
	}
	return p, nil
}

func parsePresentation(raw []byte, mediaType string) (*Presentation, *wrong) {
	switch mediaType {
	case "application/vp+jwt":
		return jwtPresentation(raw)
	case MediaSDJWT:
		return sdPresentation(string(raw))
	case "application/vp":
		v, err := ParseJSON(raw)
		if err != nil {
			return nil, faulty("", "the presentation is %v", err)
		}
		if m, ok := v.(map[string]any); ok {
			return objectPresentation(m)
		}
		return nil, faulty("", "the presentation is no JSON object")
	}
	return nil, faulty("", "presentations of media type %q are not read", mediaType)
}

func jwtPresentation(raw []byte) (*Presentation, *wrong) {
	j, w := parseJWT(raw)
	if w != nil {
		return nil, w
	}
	if _, both := j.Payload["vc"]; both {
		return nil, faulty("/vc", "a credential is no presentation")
	}
	p := &Presentation{Format: FormatVPJOSE, JWT: j, Doc: j.Payload}
	if vp, ok := j.Payload["vp"]; ok {
		p.Format = FormatVPJWT11
		if p.Doc, ok = vp.(map[string]any); !ok {
			return nil, faulty("/vp", "vp is no object")
		}
	}
	if w := typed(j.Header, p.Format); w != nil {
		return nil, w
	}
	return p, p.read()
}

func objectPresentation(m map[string]any) (*Presentation, *wrong) {
	if enveloped(m, "EnvelopedVerifiablePresentation") {
		raw, w := envelope(m, "application/vp+jwt")
		if w != nil {
			return nil, w
		}
		p, w := jwtPresentation([]byte(raw))
		if w == nil && p.Format != FormatVPJOSE {
			w = faulty("/id", "what is enveloped is no vp+jwt")
		}
		return p, w
	}
	p := &Presentation{Format: inside(m), Doc: m}
	return p, p.read()
}

// read takes Doc apart.
func (p *Presentation) read() *wrong {
	model, w := model(p.Doc)
	switch {
	case w != nil:
		return w
	case !hasType(p.Doc, "VerifiablePresentation"):
		return faulty("/type", "the type is not that of a presentation")
	case !fits(p.Format, model):
		return faulty("/@context", "the data model does not fit the form of the JWT")
	}
	if p.Holder, w = identity(p.Doc, "holder"); w != nil {
		return w
	}
	if p.JWT != nil {
		if w := p.claims(&p.JWT.Claims); w != nil {
			return w
		}
	}
	return p.credentials()
}

// claims compares the JWT's claims with the same facts in the presentation.
func (p *Presentation) claims(c *Claims) *wrong {
	id, w := optionalText(p.Doc, "id")
	switch {
	case w != nil:
		return w
	case c.Issuer != "" && p.Holder != "" && c.Issuer != p.Holder:
		return faulty("/iss", "iss and holder differ")
	case c.ID != "" && id != "" && c.ID != id:
		return faulty("/jti", "jti and id differ")
	}
	if p.Holder == "" {
		p.Holder = c.Issuer
	}
	return nil
}

func (p *Presentation) credentials() *wrong {
	v, ok := p.Doc["verifiableCredential"]
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	if len(list) > maxCredentials {
		return faulty("/verifiableCredential", "more than %d credentials", maxCredentials)
	}
	p.Credentials = make([]*Credential, len(list))
	for i, item := range list {
		path := "/verifiableCredential"
		if ok {
			path = fmt.Sprintf("/verifiableCredential/%d", i)
		}
		p.Credentials[i] = p.credential(item)
		p.Credentials[i].Path = path
	}
	return nil
}

// credential reads one entry as the presentation's form allows it.
func (p *Presentation) credential(v any) *Credential {
	switch v := v.(type) {
	case string:
		if p.Format == FormatVPJWT11 {
			return compactCredential(v)
		}
	case map[string]any:
		if !enveloped(v, "EnvelopedVerifiableCredential") {
			return p.object(v)
		}
		if p.Format == FormatVPJOSE || p.Format == FormatJCS {
			return ParseEmbedded(v)
		}
	}
	return &Credential{Problem: malformed("", "no credential in a form that this presentation can hold")}
}

// object reads a credential with its proof inside. A presentation's proof over
// statements does not bind the text of what it holds, and the text is what a
// credential with a proof over text is read from.
func (p *Presentation) object(m map[string]any) *Credential {
	c := objectCredential(m)
	if p.Format == FormatLD && c.Format == FormatJCS {
		return &Credential{Problem: malformed("/proof", "a proof over text in a presentation with a proof over statements")}
	}
	return c
}

// typed checks the header's typ and cty. VC-JWT 1.1, "JOSE Header": typ, if
// present, is JWT. VC-JOSE names the media type; we demand it, since it keeps
// a credential from standing for a presentation.
func typed(header map[string]any, format string) *wrong {
	typ, ok := header["typ"]
	cty, inner := header["cty"]
	if format == FormatVPJWT11 || format == FormatVCJWT11 {
		if ok && typ != "JWT" || inner {
			return faulty("", "the JWT is of another type than its claims")
		}
		return nil
	}
	if typ != format && typ != "application/"+format {
		return faulty("", "the JWT is of another type than its claims, or of none")
	}
	if content := strings.TrimSuffix(format, "+jwt"); inner && cty != content && cty != "application/"+content {
		return faulty("", "the JWT's content type is not that of its claims")
	}
	return nil
}

// PresentationOf reads a presentation that stands inside another document: a
// string (JWT), or an object (JSON-LD).
func PresentationOf(v any) (*Presentation, error) {
	p, w := (*Presentation)(nil), faulty("", "neither a JWT nor an object")
	switch v := v.(type) {
	case string:
		p, w = jwtPresentation([]byte(v))
	case map[string]any:
		p, w = objectPresentation(v)
	}
	if w != nil {
		return nil, w.as(PresentationMalformed)
	}
	return p, nil
}
