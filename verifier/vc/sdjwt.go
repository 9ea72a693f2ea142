package vc

import (
	"crypto"
	"strings"
)

// FormatSDJWT is an SD-JWT VC, which with its key binding is a presentation
// (RFC 9901; draft-ietf-oauth-sd-jwt-vc). Its typ has the same name.
const FormatSDJWT = "dc+sd-jwt"

// MediaSDJWT is its media type.
const MediaSDJWT = "application/" + FormatSDJWT

// typeKeyBinding is the typ of a key binding (RFC 9901, "Key Binding JWT").
const typeKeyBinding = "kb+jwt"

// Bounds of one SD-JWT, counted before anything of it is verified.
const (
	maxDisclosures = 256
	maxDigests     = 1024 // decoys included
)

// An SDJWT is a selective disclosure JWT, opened. Nothing of it is verified.
type SDJWT struct {
	Issued      *JWT           // the issuer's; its Payload has the digests
	Claims      map[string]any // its payload with what is disclosed in its place, without digests
	Disclosures []Disclosure   // in the order received
	Withheld    [][]string     // where in Claims digests stand that nothing discloses, as in Disclosure.Path
	Hash        crypto.Hash    // of digests and key binding
	Bound       []byte         // what a key binding is over: all up to the last ~
	Binding     *JWT           // the key binding; nil: none
	BoundDigest string         // the binding's sd_hash

	Confirmation Confirmation
}

// A Confirmation is the claim cnf: whose key binds (RFC 7800). At most one of
// its members is given; none without the claim.
type Confirmation struct {
	JWK map[string]any
	Kid string // a DID URL
}

// A Disclosure is one claim or list element that the holder shows.
type Disclosure struct {
	Text string   // as received: base64url
	Path []string // where it stands in Claims: names of members, places in lists
}

// hashes are those of disclosures, by their name in the registry "Named
// Information Hash Algorithm" (RFC 9901, "Hash Function Claim").
var hashes = map[string]crypto.Hash{"sha-256": crypto.SHA256, "sha-384": crypto.SHA384, "sha-512": crypto.SHA512}

// ParseSDJWT opens the compact serialization of an SD-JWT VC, with or without
// key binding: <JWT>~<disclosure>~…~[<key binding>]. What RFC 9901 rejects, in
// "Verification of the SD-JWT", is a *[Refusal], and so is every form that it
// does not define.
func ParseSDJWT(raw string) (*SDJWT, error) {
	s, w := parseSDJWT(raw)
	if w != nil {
		return nil, w.as(PresentationMalformed)
	}
	return s, nil
}

func parseSDJWT(raw string) (*SDJWT, *wrong) {
	count := strings.Count(raw, "~") - 1
	if count < 0 || count > maxDisclosures {
		return nil, faulty("", "an SD-JWT has at most %d disclosures, and a ~ after each part", maxDisclosures)
	}
	end := strings.LastIndexByte(raw, '~') + 1
	parts := strings.Split(raw[:end-1], "~")
	s := &SDJWT{Bound: []byte(raw[:end])}
	var w *wrong
	if s.Issued, w = parseJWT([]byte(parts[0])); w != nil {
		return nil, w
	}
	if w := s.header(); w != nil {
		return nil, w
	}
	if w := s.disclose(parts[1:]); w != nil {
		return nil, w
	}
	if w := s.confirm(); w != nil {
		return nil, w
	}
	if raw[end:] == "" {
		return s, nil
	}
	return s, s.bind(raw[end:])
}

// header checks what the issuer's JWT says of itself.
func (s *SDJWT) header() *wrong {
	if s.Issued.Header["typ"] != FormatSDJWT {
		return faulty("", "the issuer's JWT is not of the type %s", FormatSDJWT)
	}
	name, ok := s.Issued.Payload["_sd_alg"]
	if !ok {
		name = "sha-256"
	}
	text, _ := name.(string)
	if s.Hash, ok = hashes[text]; !ok {
		return faulty("/_sd_alg", "the hash algorithm is not one of sha-256, sha-384 and sha-512")
	}
	return nil
}

// confirm reads cnf. A method of confirmation that is not known, or a second
// one, would have to be confirmed as well.
func (s *SDJWT) confirm() *wrong {
	v, ok := s.Claims["cnf"]
	if !ok {
		return nil
	}
	m, _ := v.(map[string]any)
	jwk, isJWK := m["jwk"].(map[string]any)
	kid, isKid := m["kid"].(string)
	if len(m) != 1 || !isJWK && !isKid || isKid && !strings.HasPrefix(kid, "did:") {
		return faulty("/cnf", "cnf is not one jwk, or one kid that is a DID URL")
	}
	s.Confirmation = Confirmation{JWK: jwk, Kid: kid}
	return nil
}

// bind reads the key binding (RFC 9901, "Key Binding JWT": all four claims are
// required, and aud is one string).
func (s *SDJWT) bind(raw string) *wrong {
	j, w := parseJWT([]byte(raw))
	if w != nil {
		return w
	}
	aud, one := j.Payload["aud"].(string)
	sum, hashed := j.Payload["sd_hash"].(string)
	switch {
	case j.Header["typ"] != typeKeyBinding:
		return faulty("", "the key binding is not of the type %s", typeKeyBinding)
	case j.Claims.Nonce == "" || !one || aud == "" || j.Claims.IssuedAt.IsZero() || !hashed:
		return faulty("", "the key binding lacks nonce, aud (one string), iat or sd_hash")
	}
	s.Binding, s.BoundDigest = j, sum
	return nil
}

// sdPresentation reads an SD-JWT VC: a presentation of the one credential that
// it is.
func sdPresentation(raw string) (*Presentation, *wrong) {
	s, w := parseSDJWT(raw)
	if w != nil {
		return nil, w
	}
	c := &Credential{Format: FormatSDJWT, JWT: s.Issued, Doc: s.Claims, SDJWT: s}
	return &Presentation{Format: FormatSDJWT, JWT: s.Binding, Doc: s.Claims, SDJWT: s, Credentials: []*Credential{c}}, nil
}
