package vc

import (
	"regexp"
	"strings"
	"time"
)

// A Proxy is a proxy credential, read (semantics 3.1). What the credential
// does not say is zero; whether it had to is the framework's question.
type Proxy struct {
	Contexts          []string // references in @context, in order
	Type              ProxyType
	ID                string
	Issuer            string
	ValidFrom         string // RFC 3339, as written: issuanceDate, validFrom
	ValidUntil        string // RFC 3339, as written: expirationDate, validUntil
	TrustFrameworkURI string
	AuditURI          string
	AppealURI         string
	Status            map[string]any // credentialStatus, and the claim status of a token, as signed; what is absent is absent
	Provenance        bool           // says that it hangs below another credential
	Withheld          bool           // claims beside holder and proxied may be withheld

	Subject      string // JSON Pointer to what has holder and proxied: /credentialSubject, or empty
	HolderID     string
	HolderKey    bool // the credential names the holder's key: without HolderID the holder is known by that alone
	HolderType   string
	Roles        []string // at least one
	RationaleURI string
	Constraints  map[string]any // never nil
	Properties   map[string]any // every other member of holder; never nil
	HolderTree   map[string]any // holder as its schema sees it: nested, role a list

	ProxiedID   string
	ProxiedType string
	Rules       []any          // of permissions, as written; may be empty
	Attributes  map[string]any // every other member of proxied; never nil
	ProxiedTree map[string]any // proxied as its schema sees it: permissions a list
}

// TypeUncovered is the code for a bare proxy type under an RDF proof.
const TypeUncovered = "type.uncovered"

// ReadProxy reads a proxy credential whose proof holds; rdf says that the
// proof covers statements and not the JSON text. A *[Refusal] says why it
// cannot be read.
func ReadProxy(doc map[string]any, rdf bool) (*Proxy, error) {
	p, refusal := readProxy(doc, rdf)
	if refusal != nil {
		return nil, refusal
	}
	return p, nil
}

func readProxy(doc map[string]any, rdf bool) (*Proxy, *Refusal) {
	t, refusal := typeOf(doc)
	switch {
	case refusal != nil:
		return nil, refusal
	case t.Name == "" || !hasType(doc, "VerifiableCredential"):
		return nil, malformed("/type", "the credential is no proxy credential")
	case rdf && t.URI == "":
		return nil, &Refusal{Code: TypeUncovered, Message: "a bare proxy type is no part of what an RDF proof covers", Path: "/type"}
	}
	p := &Proxy{Type: t, Subject: "/credentialSubject"}
	if p.Contexts, refusal = contexts(doc); refusal != nil {
		return nil, refusal
	}
	if refusal = p.metadata(doc).as(CredentialMalformed); refusal != nil {
		return nil, refusal
	}
	if refusal = p.dates(doc).as(CredentialMalformed); refusal != nil {
		return nil, refusal
	}
	return p, p.subject(doc).as(CredentialMalformed)
}

// dotted refuses members of what stands beside the subject that are written
// dotted, as RFC 0103 writes those of the subject: who looks for
// credentialStatus would not find "credentialStatus.id".
func dotted(doc map[string]any) *wrong {
	for name := range doc {
		if first, _, ok := strings.Cut(name, "."); ok && beside[first] {
			return faulty("/"+pointer(name), "%s is not read dotted", first)
		}
	}
	return nil
}

// beside are the known members beside the subject.
var beside = map[string]bool{
	"id": true, "type": true, "issuer": true, "credentialStatus": true,
	"issuanceDate": true, "expirationDate": true, "validFrom": true, "validUntil": true,
	"trustFrameworkURI": true, "trustFramework": true, "auditURI": true, "appealURI": true,
	"provenanceProofs": true, "authorization": true, "delegationProof": true,
}

// metadata reads what stands beside the subject.
func (p *Proxy) metadata(doc map[string]any) (w *wrong) {
	if w = dotted(doc); w != nil {
		return w
	}
	if _, ok := doc["termsOfUse"]; ok {
		return faulty("/termsOfUse", "terms of use may restrict, and none is understood")
	}
	if p.ID, w = optionalText(doc, "id"); w != nil {
		return w
	}
	if p.Issuer, w = identity(doc, "issuer"); w != nil {
		return w
	}
	if p.TrustFrameworkURI, w = frameworkURI(doc); w != nil {
		return w
	}
	if p.AuditURI, w = uri(doc, "auditURI"); w != nil {
		return w
	}
	p.AppealURI, w = uri(doc, "appealURI")
	if v, ok := doc["credentialStatus"]; ok {
		p.Status = map[string]any{"credentialStatus": v}
	}
	p.Provenance = provenance(doc)
	return w
}

// ClaimStatus adds the claim status of a token (Token Status List, "Status Claim").
func (p *Proxy) ClaimStatus(claims map[string]any) {
	v, ok := claims["status"]
	if !ok {
		return
	}
	if p.Status == nil {
		p.Status = map[string]any{}
	}
	p.Status["status"] = v
}

// provenance reports a member that puts the credential into a chain (RFC 0104
// writes it in three ways).
func provenance(doc map[string]any) bool {
	for key := range doc {
		switch first, _, _ := strings.Cut(key, "."); first {
		case "provenanceProofs", "authorization", "delegationProof":
			return true
		}
	}
	return false
}

// uri reads a string that may be empty: "there is none".
func uri(doc map[string]any, name string) (string, *wrong) {
	v, ok := doc[name]
	if !ok {
		return "", nil
	}
	s, ok := v.(string)
	if !ok {
		return "", faulty("/"+name, "%s is no string", name)
	}
	return s, nil
}

// frameworkURI reads trustFrameworkURI, which RFC 0103 also calls trustFramework.
func frameworkURI(doc map[string]any) (string, *wrong) {
	long, w := uri(doc, "trustFrameworkURI")
	if w != nil {
		return "", w
	}
	short, w := uri(doc, "trustFramework")
	if w != nil {
		return "", w
	}
	_, both := doc["trustFrameworkURI"]
	if _, ok := doc["trustFramework"]; !ok {
		return long, nil
	}
	if both && long != short {
		return "", faulty("/trustFramework", "trustFramework and trustFrameworkURI differ")
	}
	return short, nil
}

// dates reads those of the credential's own model. Under a proof over RDF the
// model is not signed, so the other model's are refused, everywhere alike.
func (p *Proxy) dates(doc map[string]any) *wrong {
	from, until, others := "issuanceDate", "expirationDate", [2]string{"validFrom", "validUntil"}
	m, w := model(doc)
	if w != nil {
		return w
	}
	if m == 2 {
		from, until, others = "validFrom", "validUntil", [2]string{from, until}
	}
	for _, other := range others {
		if _, ok := doc[other]; ok {
			return faulty("/"+other, "%s is not of the credential's data model", other)
		}
	}
	if p.ValidFrom, w = date(doc, from); w != nil {
		return w
	}
	p.ValidUntil, w = date(doc, until)
	return w
}

func date(doc map[string]any, name string) (string, *wrong) {
	text, w := optionalText(doc, name)
	if w != nil || text == "" {
		return "", w
	}
	if _, ok := Instant(text); !ok {
		return "", faulty("/"+name, "%s is no date-time with a zone, of the years 1678 to 2261", name)
	}
	return text, nil
}

// dateTime is RFC 3339's date-time in upper case. Go's parsers take more: a
// comma before the fraction, hours of one digit.
var dateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// Instant reads a date-time. Years outside of what 64 bits of nanoseconds hold
// are refused, since facts carry instants so.
func Instant(text string) (time.Time, bool) {
	if !dateTime.MatchString(text) {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, text)
	return t, err == nil && t.Year() >= 1678 && t.Year() <= 2261
}
