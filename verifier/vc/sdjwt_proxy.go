package vc

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// DisclosureMissing is the code for an SD-JWT VC that withholds what a
// presentation must disclose (semantics 3.2).
const DisclosureMissing = "disclosure.missing"

// Type returns the proxy type of a credential before anything of it is proved,
// as [TypeOf] does; of an SD-JWT VC that in vct.
func (c *Credential) Type() (ProxyType, error) {
	if c.SDJWT == nil {
		return TypeOf(c.Doc)
	}
	t, refusal := c.SDJWT.proxyType()
	if refusal != nil {
		return ProxyType{}, refusal
	}
	return t, nil
}

func (s *SDJWT) proxyType() (t ProxyType, refusal *Refusal) {
	vct, w := optionalText(s.Claims, "vct")
	switch {
	case w != nil || vct == "":
		return t, malformed("/vct", "vct is no string, or absent")
	case !isProxyType(vct):
		return t, nil
	}
	t, ok := parseType(vct)
	if !ok {
		return ProxyType{}, malformed("/vct", "the proxy type is not Proxy.<form>/<framework>/<version>/<variant>")
	}
	// Withheld, it is another refusal, by [ReadSDJWT].
	if uri, shown := s.Claims["trustFrameworkURI"]; shown && t.URI != "" && uri != t.URI {
		return ProxyType{}, malformed("/vct", "the proxy type is not under the credential's trustFrameworkURI")
	}
	return t, nil
}

// ReadSDJWT reads an SD-JWT VC whose proof holds as a proxy credential
// (semantics 3.1, last item; 3.2). A *[Refusal] says why it cannot be read.
func ReadSDJWT(s *SDJWT) (*Proxy, error) {
	p, refusal := readSDJWT(s)
	if refusal != nil {
		return nil, refusal
	}
	return p, nil
}

func readSDJWT(s *SDJWT) (*Proxy, *Refusal) {
	t, refusal := s.proxyType()
	switch {
	case refusal != nil:
		return nil, refusal
	case t.Name == "":
		return nil, malformed("/vct", "the credential is no proxy credential")
	}
	p := &Proxy{Type: t, Issuer: s.Issued.Claims.Issuer, HolderKey: s.Confirmation.JWK != nil}
	if w := unread(s.Claims); w != nil {
		return nil, w.as(CredentialMalformed)
	}
	if w := s.missing(); w != nil {
		return nil, w.as(DisclosureMissing)
	}
	if w := p.claims(s); w != nil {
		return nil, w.as(CredentialMalformed)
	}
	if w := p.parties(s); w != nil {
		return nil, w.as(CredentialMalformed)
	}
	p.forget(s.Withheld)
	return p, nil
}

// unread refuses claims that would be a second place for a fact, or a limit
// that is not understood: the members of a W3C credential, names written
// dotted or by an alias, of which one could be shown and another withheld; an
// audience; a second proxy type.
func unread(claims map[string]any) *wrong {
	for name := range claims {
		first, _, dotted := strings.Cut(name, ".")
		switch first {
		case "trustFrameworkURI", "auditURI", "appealURI", "holder", "proxied", "status":
			if !dotted {
				continue
			}
		case "provenanceProofs", "authorization", "delegationProof": // read as a chain
			continue
		case "@context", "credentialSubject", "vc", "vp", "termsOfUse", "aud":
		default:
			if !beside[first] {
				continue
			}
		}
		return faulty("/"+pointer(name), "an SD-JWT VC has no member of this name that is read")
	}
	others, ok := claims["aka_vcts"].([]any)
	if _, there := claims["aka_vcts"]; there && !ok {
		return faulty("/aka_vcts", "aka_vcts is no list")
	}
	for _, other := range others {
		if text, ok := other.(string); !ok || isProxyType(text) {
			return faulty("/aka_vcts", "aka_vcts is no list of strings, or has another proxy type")
		}
	}
	return nil
}

// demanded is what a presentation discloses, in the order of RFC 0103's list:
// claims, and members of holder and proxied (semantics 3.2).
var demanded = [][]string{
	{"trustFrameworkURI"}, {"auditURI"}, {"appealURI"},
	{"holder"}, {"holder", "type"}, {"holder", "role"}, {"holder", "rationaleURI"}, {"holder", "constraints"},
	{"proxied"}, {"proxied", "type"}, {"proxied", "permissions"},
}

// missing finds what is withheld and must be disclosed. Absent is withheld; a
// digest may remain in holder and proxied themselves, but not in what is
// demanded of them.
func (s *SDJWT) missing() *wrong {
	for _, path := range demanded {
		party, _ := s.Claims[path[0]].(map[string]any)
		_, shown := s.Claims[path[0]]
		if len(path) == 2 && party != nil {
			_, shown = party[path[1]]
		}
		if !shown || slices.ContainsFunc(s.Withheld, func(at []string) bool { return within(at, path) }) {
			return faulty("/"+strings.Join(path, "/"), "%s is not disclosed, or not whole", strings.Join(path, "."))
		}
	}
	return nil
}

// within reports a digest in what is demanded whole: not in a party itself.
func within(at, path []string) bool {
	if len(path) == 1 && (path[0] == "holder" || path[0] == "proxied") {
		return false
	}
	return len(at) >= len(path) && slices.Equal(at[:len(path)], path)
}

// claims reads what stands beside the parties. The issuer is iss; iat or nbf,
// and exp, are the dates.
func (p *Proxy) claims(s *SDJWT) (w *wrong) {
	if p.TrustFrameworkURI, w = uri(s.Claims, "trustFrameworkURI"); w != nil {
		return w
	}
	if p.AuditURI, w = uri(s.Claims, "auditURI"); w != nil {
		return w
	}
	if p.AppealURI, w = uri(s.Claims, "appealURI"); w != nil {
		return w
	}
	p.ClaimStatus(s.Claims)
	p.Provenance = provenance(s.Claims)
	c := &s.Issued.Claims
	from, begin := "iat", c.IssuedAt
	if !c.NotBefore.IsZero() {
		from, begin = "nbf", c.NotBefore
	}
	if c.IssuedAt.IsZero() {
		return faulty("/iat", "iat is absent")
	}
	if p.ValidFrom, w = claimed(from, begin); w != nil || c.Expires.IsZero() {
		return w
	}
	p.ValidUntil, w = claimed("exp", c.Expires)
	return w
}

// claimed writes a date down as a credential does.
func claimed(name string, at time.Time) (string, *wrong) {
	text := at.Format(time.RFC3339Nano)
	if _, ok := Instant(text); !ok {
		return "", faulty("/"+name, "%s is not of the years 1678 to 2261", name)
	}
	return text, nil
}

// parties reads holder and proxied as those of a credential's subject. An
// empty rationaleURI says that there is none.
func (p *Proxy) parties(s *SDJWT) *wrong {
	holder, isHolder := s.Claims["holder"].(map[string]any)
	proxied, isProxied := s.Claims["proxied"].(map[string]any)
	if !isHolder || !isProxied {
		return faulty("", "holder or proxied is no object")
	}
	for name := range holder {
		if first, _, dotted := strings.Cut(name, "."); first == "constraint" || dotted && first == "constraints" {
			return faulty("/holder/"+pointer(name), "constraints are read under this one name")
		}
	}
	if holder["rationaleURI"] == "" {
		holder = maps.Clone(holder)
		delete(holder, "rationaleURI")
	}
	if w := p.holder(holder).under("/holder"); w != nil {
		return w
	}
	if p.HolderID == "" {
		p.HolderID, _, _ = strings.Cut(s.Confirmation.Kid, "#")
	}
	return p.proxied(proxied).under("/proxied")
}

// forget takes back properties of the holder of which a part is withheld: a
// list shown in part has another size, and lacks members that a rule excludes.
func (p *Proxy) forget(withheld [][]string) {
	for _, at := range withheld {
		p.Withheld = p.Withheld || len(at) == 0
		if len(at) > 1 && at[0] == "holder" {
			delete(p.Properties, at[1])
		}
	}
}
