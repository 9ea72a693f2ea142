package status

import (
	"bytes"
	"math"
	"strings"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// ParseList reads a list as it is served: a credential, as JSON or as a JWT, or
// a Status List Token. A *vc.Refusal says why it is none.
func ParseList(body []byte) (*List, error) {
	l, refusal := parseList(body)
	if refusal != nil {
		return nil, refusal
	}
	return l, nil
}

func parseList(body []byte) (*List, *vc.Refusal) {
	l, refusal := readList(bytes.TrimSpace(body))
	if refusal == nil && inner(l.tree()) > maxInner {
		return nil, refuse(Invalid, "the status list has more than %d objects and lists in it", maxInner)
	}
	return l, refusal
}

// maxInner bounds the objects and lists in one. They take some forty times as much
// memory as their text, which is what a list is counted by, and a list needs few.
const maxInner = 1000

// inner counts the objects and lists in a value, itself among them.
func inner(v any) (n int) {
	switch v := v.(type) {
	case map[string]any:
		n = 1
		for _, m := range v {
			n += inner(m)
		}
	case []any:
		n = 1
		for _, m := range v {
			n += inner(m)
		}
	}
	return n
}

// tree is all that is kept of what was served.
func (l *List) tree() map[string]any {
	switch {
	case l.token != nil:
		return l.token.Payload
	case l.credential.JWT != nil:
		return l.credential.JWT.Payload
	}
	return l.credential.Doc
}

func readList(body []byte) (*List, *vc.Refusal) {
	if bytes.HasPrefix(body, []byte("{")) {
		tree, err := vc.ParseJSON(body)
		if err != nil {
			return nil, refuse(Invalid, "the status list is %v", err)
		}
		return ofCredential(vc.ParseCredential(tree))
	}
	j, err := vc.ParseJWT(string(body))
	if err != nil {
		return nil, refuse(Invalid, "the status list is %v", err)
	}
	if j.Header["typ"] == proof.StatusType {
		return ofToken(j)
	}
	return ofCredential(vc.ParseCredential(string(body)))
}

// ofToken reads a Status List Token ("Status List Token in JWT Format"). Other
// claims than these mean nothing here, as the draft allows.
func ofToken(j *vc.JWT) (*List, *vc.Refusal) {
	kid, _ := j.Header["kid"].(string)
	c := &j.Claims
	l := &List{token: j, said: said{
		kind: Token, url: c.Subject, issuer: did.Controller(kid), signedAt: c.IssuedAt, validFrom: c.NotBefore, validUntil: c.Expires,
	}}
	list, _ := j.Payload["status_list"].(map[string]any)
	bits, ok := whole(list["bits"])
	text, isText := list["lst"].(string)
	ttl, timed := duration(j.Payload, "ttl", time.Second)
	l.size, l.encoded, l.ttl = bits, text, ttl
	switch {
	case c.Subject == "" || c.IssuedAt.IsZero():
		return nil, refuse(Invalid, "the status list lacks sub or iat")
	case c.Issuer != "" && c.Issuer != l.issuer:
		return nil, refuse(Invalid, "the status list is not signed by its iss")
	case !ok || !isText || bits != 1 && bits != 2 && bits != 4 && bits != 8:
		return nil, refuse(Invalid, "the status list has no status_list with bits of 1, 2, 4 or 8, and lst")
	case !timed:
		return nil, refuse(Invalid, "the ttl of the status list is no positive number")
	}
	return l, nil
}

// duration reads a number of units that is above 0, if there is one.
func duration(m map[string]any, name string, unit time.Duration) (time.Duration, bool) {
	v, given := m[name]
	if !given {
		return 0, true
	}
	n, ok := v.(float64)
	if !ok || n <= 0 {
		return 0, false
	}
	return time.Duration(math.Min(n*float64(unit), float64(maxLife))), true
}

// subjects are what a credential with a list is, and what its subject is.
var subjects = map[string]struct{ kind, subject string }{
	"BitstringStatusListCredential": {Bitstring, "BitstringStatusList"},
	"StatusList2021Credential":      {List2021, "StatusList2021"},
}

// ofCredential reads a BitstringStatusListCredential or its forerunner.
func ofCredential(c *vc.Credential) (*List, *vc.Refusal) {
	if c.Problem != nil {
		return nil, refuse(Invalid, "the status list: %s", c.Problem.Message)
	}
	l := &List{credential: c}
	l.url, _ = c.Doc["id"].(string)
	l.issuer = vc.Issuer(c.Doc)
	subject, _ := c.Doc["credentialSubject"].(map[string]any)
	for _, t := range texts(c.Doc["type"]) {
		if s, ok := subjects[t]; ok && len(texts(subject["type"])) == 1 && texts(subject["type"])[0] == s.subject {
			l.kind = s.kind
		}
	}
	if l.kind == "" {
		return nil, refuse(Invalid, "what lies at the address is no credential with a status list")
	}
	if refusal := l.dates(c); refusal != nil {
		return nil, refusal
	}
	if c.Format != vc.FormatLD { // else what has no term is not signed
		l.revokedAt, _ = subject["revokedAt"].(map[string]any)
	}
	return l, l.contents(subject)
}

func (l *List) contents(subject map[string]any) *vc.Refusal {
	var ok, timed bool
	l.purposes = texts(subject["statusPurpose"])
	l.encoded, ok = subject["encodedList"].(string)
	l.ttl, timed = duration(subject, "ttl", time.Millisecond)
	switch {
	case !ok || len(l.purposes) == 0:
		return refuse(Invalid, "the status list has no statusPurpose, or no encodedList")
	case !timed:
		return refuse(Invalid, "the ttl of the status list is no positive number")
	}
	if v, given := subject["statusSize"]; given {
		if l.size, ok = whole(v); !ok || l.size == 0 {
			return refuse(Invalid, "the statusSize of the status list is no whole number above 0")
		}
	}
	return nil
}

// texts are a string, or a list of strings; nil where it is neither.
func texts(v any) []string {
	if s, ok := v.(string); ok {
		return []string{s}
	}
	list, _ := v.([]any)
	out := make([]string, len(list))
	for i, item := range list {
		s, ok := item.(string)
		if !ok {
			return nil
		}
		out[i] = s
	}
	return out
}

// dates reads from when to when the list is valid, in the words of either data
// model. The stricter counts where both stand.
func (l *List) dates(c *vc.Credential) *vc.Refusal {
	for _, name := range []string{"validFrom", "issuanceDate", "validUntil", "expirationDate"} {
		v, given := c.Doc[name]
		if !given {
			continue
		}
		text, _ := v.(string)
		at, ok := vc.Instant(text)
		switch {
		case !ok:
			return refuse(Invalid, "%s of the status list is no date-time with a zone", name)
		case strings.HasSuffix(name, "From") || name == "issuanceDate":
			if at.After(l.validFrom) {
				l.validFrom = at
			}
		default:
			l.validUntil = earliest(l.validUntil, at)
		}
	}
	l.signedAt = l.validFrom
	if c.Format == vc.FormatVCJOSE { // of VC-JWT 1.1 it is validUntil
		l.validUntil = earliest(l.validUntil, c.JWT.Claims.Expires)
	}
	return nil
}
