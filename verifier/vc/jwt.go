package vc

import (
	"encoding/base64"
	"math"
	"strings"
	"time"
)

// Claims are the registered claims of a JWT (RFC 7519, "Registered Claim
// Names"; nonce as OpenID Connect has it). Their shapes are checked; an absent
// one is zero.
type Claims struct {
	Issuer, Subject, ID, Nonce string
	Audience                   []string
	IssuedAt, NotBefore        time.Time
	Expires                    time.Time // exclusive
}

// ParseJWT reads the compact serialization of a JWS with JSON claims. The
// signature may be empty, which no proof holds for.
func ParseJWT(raw string) (*JWT, error) {
	j, w := parseJWT(raw)
	if w != nil {
		return nil, &SyntaxError{Why: w.why}
	}
	return j, nil
}

func parseJWT(raw string) (*JWT, *wrong) {
	parts := strings.SplitN(raw, ".", 4)
	if len(parts) != 3 {
		return nil, faulty("", "a JWT has three parts")
	}
	header, w := part(parts[0])
	if w != nil {
		return nil, w
	}
	payload, w := part(parts[1])
	if w != nil {
		return nil, w
	}
	signature, ok := DecodeBase64(parts[2])
	if !ok {
		return nil, faulty("", "the signature is not strict base64url")
	}
	claims, w := readClaims(payload)
	if w != nil {
		return nil, w
	}
	signed := []byte(raw[:len(parts[0])+1+len(parts[1])])
	return &JWT{Header: header, Payload: payload, Claims: claims, Signed: signed, Signature: signature}, nil
}

// part reads the header or the claims.
func part(text string) (map[string]any, *wrong) {
	raw, ok := DecodeBase64(text)
	if !ok {
		return nil, faulty("", "a part of the JWT is not strict base64url")
	}
	v, err := ParseJSON(raw)
	if err != nil {
		return nil, faulty("", "a part of the JWT is %v", err)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, faulty("", "a part of the JWT is no JSON object")
	}
	return m, nil
}

// strict refuses stray bits at the end. Go still skips line breaks.
var strict = base64.RawURLEncoding.Strict()

// DecodeBase64 reads base64url without padding, white space or stray bits: one
// value has one spelling.
func DecodeBase64(text string) ([]byte, bool) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	raw, err := strict.DecodeString(text)
	return raw, err == nil
}

func readClaims(m map[string]any) (c Claims, w *wrong) {
	for name, to := range map[string]*string{"iss": &c.Issuer, "sub": &c.Subject, "jti": &c.ID, "nonce": &c.Nonce} {
		if *to, w = optionalText(m, name); w != nil {
			return c, w
		}
	}
	for name, to := range map[string]*time.Time{"iat": &c.IssuedAt, "nbf": &c.NotBefore, "exp": &c.Expires} {
		if *to, w = numericDate(m, name); w != nil {
			return c, w
		}
	}
	c.Audience, w = audience(m)
	return c, w
}

// optionalText reads a string that is not empty, if there is one.
func optionalText(m map[string]any, name string) (string, *wrong) {
	v, ok := m[name]
	if !ok {
		return "", nil
	}
	s, ok := v.(string)
	if !ok || s == "" {
		return "", faulty("/"+name, "%s is no string, or empty", name)
	}
	return s, nil
}

// maxDate is the last second of the year 9999.
const maxDate = 253402300799

// numericDate reads seconds since 1970 (RFC 7519, "NumericDate") to the
// microsecond, which a double holds.
func numericDate(m map[string]any, name string) (time.Time, *wrong) {
	v, ok := m[name]
	if !ok {
		return time.Time{}, nil
	}
	f, ok := v.(float64)
	if !ok || f < 0 || f > maxDate {
		return time.Time{}, faulty("/"+name, "%s is no number of seconds since 1970", name)
	}
	whole, part := math.Modf(f)
	return time.Unix(int64(whole), int64(math.Round(part*1e6))*1000).UTC(), nil
}

func audience(m map[string]any) ([]string, *wrong) {
	switch v := m["aud"].(type) {
	case string:
		return []string{v}, nil
	case []any:
		out := make([]string, len(v))
		for i, item := range v {
			s, ok := item.(string)
			if !ok {
				return nil, faulty("/aud", "aud is no string and no list of strings")
			}
			out[i] = s
		}
		return out, nil
	}
	if _, there := m["aud"]; there {
		return nil, faulty("/aud", "aud is no string and no list of strings")
	}
	return nil, nil
}
