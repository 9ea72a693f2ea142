package did

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
)

// Thumbprint returns the key's RFC 7638 thumbprint: base64url SHA-256 of the
// JWK's required members, in order of name, without white space.
func (k *Key) Thumbprint() string {
	var jwk []byte
	if p, ok := k.Public.(ed25519.PublicKey); ok {
		jwk = appendMember(append(jwk, `{"crv":"Ed25519","kty":"OKP","x":"`...), p)
	} else {
		c, point := pointOf(k.Public)
		if c == nil {
			return ""
		}
		jwk = append(append(jwk, `{"crv":"`...), c.name...)
		jwk = appendMember(append(jwk, `","kty":"EC","x":"`...), point[1:1+c.size])
		jwk = appendMember(append(jwk[:len(jwk)-1], `,"y":"`...), point[1+c.size:])
	}
	sum := sha256.Sum256(jwk)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func appendMember(jwk, value []byte) []byte {
	return append(base64.RawURLEncoding.AppendEncode(jwk, value), `"}`...)
}
