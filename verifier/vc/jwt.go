package vc

import (
	"bytes"
	"encoding/base64"
	"math"
	"slices"
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
	j, w := parseJWT([]byte(raw))
	if w != nil {
		return nil, &SyntaxError{Why: w.why}
	}
	return j, nil
}

// parseJWT keeps raw, which is not to be changed.
func parseJWT(raw []byte) (*JWT, *wrong) {
	parts := bytes.SplitN(raw, []byte{'.'}, 4)
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
	signature, ok := decodeBase64(parts[2])
	if !ok {
		return nil, faulty("", "the signature is not strict base64url")
	}
	claims, w := readClaims(payload)
	if w != nil {
		return nil, w
	}
	signed := slices.Clip(raw[:len(parts[0])+1+len(parts[1])])
	return &JWT{Header: header, Payload: payload, Claims: claims, Signed: signed, Signature: signature}, nil
}

// part reads the header or the claims.
func part(text []byte) (map[string]any, *wrong) {
	raw, ok := decodeBase64(text)
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
func DecodeBase64(text string) ([]byte, bool) { return decodeBase64([]byte(text)) }

func decodeBase64(text []byte) ([]byte, bool) {
	if bytes.IndexByte(text, '\n') >= 0 || bytes.IndexByte(text, '\r') >= 0 {
		return nil, false
	}
	raw := make([]byte, strict.DecodedLen(len(text)))
	n, err := strict.Decode(raw, text)
	return raw[:n], err == nil
}

var (
	claimNames = [...]string{"iss", "sub", "jti", "nonce"}
	dateNames  = [...]string{"iat", "nbf", "exp"}
)

func readClaims(m map[string]any) (c Claims, w *wrong) {
	for i, to := range [...]*string{&c.Issuer, &c.Subject, &c.ID, &c.Nonce} {
		if *to, w = optionalText(m, claimNames[i]); w != nil {
			return c, w
		}
	}
	for i, to := range [...]*time.Time{&c.IssuedAt, &c.NotBefore, &c.Expires} {
		if *to, w = numericDate(m, dateNames[i]); w != nil {
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
